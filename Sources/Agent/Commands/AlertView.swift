import Outbox
import SyncCore

/// How alerts are shown.
enum AlertView {
    /// One alert for programs.
    static func json(_ alert: MailAlert) -> JSONValue {
        let failure = alert.reason == .waiting ? nil : alert.delivery.lastFailure
        let remedy = remedy(of: alert)
        return [
            "id": .string(alert.mail.mail.message.description),
            "number": .integer(Int64(alert.delivery.record.delivery.recipient + 1)),
            "reason": .string(alert.reason.rawValue),
            "recipient": .optional(alert.delivery.address),
            "subject": .optional(alert.mail.subject), "user": .string(alert.mail.mail.user.text),
            "type": .string(alert.mail.mail.type), "entity": .optional(alert.mail.mail.entity),
            "created": .string(alert.mail.mail.time.timestamp.description),
            "attempts": .integer(Int64(alert.delivery.record.attempts.count)),
            "cause": .optional(failure?.cause), "reply": .optional(failure?.reply),
            "es": .string(alert.reason.name.es), "en": .string(alert.reason.name.en),
            "remedio": .string(remedy.es), "remedy": .string(remedy.en),
        ]
    }

    /// A row for each alert.
    static func table(_ alerts: [MailAlert], in language: Language) -> Table {
        var table = Table(
            [
                .whole(es: "Correo", en: "Mail"), .whole(es: "Hora (UTC)", en: "Time (UTC)"),
                .words(es: "Para", en: "To"), .words(es: "Asunto", en: "Subject"),
                .words(es: "Qué pasa", en: "What is wrong"),
                .words(es: "Qué hacer", en: "What to do"),
            ], empty: LocalizedText(es: "No hay avisos.", en: "There are no alerts."))
        for alert in alerts {
            table.add([
                alert.mail.mail.message.short,
                OutboxView.time(alert.mail.mail.time.timestamp), alert.delivery.address ?? "—",
                alert.mail.subject ?? "—", what(alert).text(in: language),
                remedy(of: alert).text(in: language),
            ])
        }
        return table
    }

    /// What is wrong, with what the server said.
    static func what(_ alert: MailAlert) -> LocalizedText {
        let failure = alert.reason == .waiting ? nil : alert.delivery.lastFailure
        let cause =
            failure?.cause.map(AttemptCause.name(ofCode:))
            ?? failure?.reply.map { LocalizedText(es: $0, en: $0) }
        return LocalizedText(
            es: alert.reason.name.es + (cause.map { ": \($0.es)" } ?? ""),
            en: alert.reason.name.en + (cause.map { ": \($0.en)" } ?? ""))
    }

    /// The one thing to do.
    static func remedy(of alert: MailAlert) -> LocalizedText {
        let name = alert.mail.mail.message.short
        switch alert.reason {
        case .waiting:
            return LocalizedText(
                es: "«syncmail doctor» dice qué lo impide.",
                en: "“syncmail doctor” says what is in the way.")
        case .inDoubt:
            return LocalizedText(
                es: "Averigüe si llegó: «syncmail outbox resolve \(name) --sent» o «--resend».",
                en: "Find out whether it arrived: “syncmail outbox resolve \(name) --sent” or "
                    + "“--resend”.")
        case .failed:
            return alert.delivery.lastFailure.flatMap { AttemptRemedy(of: $0) }?.text
                ?? LocalizedText(
                    es: "«syncmail outbox retry \(name)» lo intenta otra vez.",
                    en: "“syncmail outbox retry \(name)” tries again.")
        }
    }

    /// One line that tells how many there are; nothing if there are none.
    static func notice(_ count: AlertCount) -> LocalizedText? {
        guard count.total > 0 else { return nil }
        let parts = [
            count.troubled > 0
                ? LocalizedText(
                    es: "\(count.troubled) envío(s) suyo(s) no salieron o están en duda",
                    en: "\(count.troubled) of your deliveries failed or are in doubt") : nil,
            count.waiting > 0
                ? LocalizedText(
                    es: "\(count.waiting) espera(n) desde hace más de 10 minutos",
                    en: "\(count.waiting) wait for more than 10 minutes") : nil,
        ].compactMap(\.self)
        return LocalizedText(
            es: parts.map(\.es).joined(separator: "; ") + ". «syncmail alert list» los enumera.",
            en: parts.map(\.en).joined(separator: "; ") + ". “syncmail alert list” lists them.")
    }
}
