import Outbox
import SyncCore

extension WaitingMail {
    /// The lines for people; none when nothing waits.
    var lines: [LocalizedText] {
        var lines: [LocalizedText] = []
        if count > 0 {
            let since = oldest.map { " \($0)" } ?? ""
            lines.append(
                LocalizedText(
                    es: "Correos por salir: \(count), el más antiguo desde\(since)",
                    en: "Mail to leave: \(count), the oldest since\(since)"))
        }
        if undecidedCount > 0 {
            lines.append(
                LocalizedText(
                    es: "Correos que esperan una decisión: \(undecidedCount) («syncmail outbox "
                        + "list --state unknown», «--state held»)",
                    en: "Mail that waits for a decision: \(undecidedCount) ('syncmail outbox "
                        + "list --state unknown', '--state held')"))
        }
        return lines
    }
}
