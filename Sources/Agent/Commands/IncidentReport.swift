import Outbox
import SyncCore

/// What happened to the mail of a device, as a page for whoever has to know: date, state,
/// severity, what was tried, cause and action, in Markdown.
struct IncidentReport: Sendable {
    /// How bad it is, by what it does to mail.
    enum Severity: String, Sendable {
        case none
        case low
        case medium
        case high

        var name: LocalizedText {
            switch self {
            case .none: LocalizedText(es: "Ninguna", en: "None")
            case .low:
                LocalizedText(
                    es: "Baja (el correo sale por otra ruta)",
                    en: "Low (mail leaves by another route)")
            case .medium:
                LocalizedText(
                    es: "Media (no se puede enviar; nada espera)",
                    en: "Medium (nothing can be sent; nothing waits)")
            case .high:
                LocalizedText(
                    es: "Alta (bloqueo total de notificaciones)",
                    en: "High (all notifications are blocked)")
            }
        }
    }

    let examination: NetworkExamination
    let waiting: WaitingMail
    let device: String
    let time: Timestamp

    var severity: Severity {
        switch (examination.diagnosis.canSend, waiting.count) {
        case (true, _): examination.diagnosis.findings.isEmpty ? .none : .low
        case (false, 0): .medium
        case (false, _): .high
        }
    }

    /// Whether mail can leave now, whatever was wrong.
    var isResolved: Bool { examination.diagnosis.canSend }

    /// The value for programs.
    var json: JSONValue {
        [
            "time": .string(time.description), "device": .string(device),
            "state": .string(isResolved ? "resolved" : "open"),
            "severity": .string(severity.rawValue),
            "waiting": .integer(Int64(waiting.count)),
            "oldest_waiting": .optional(waiting.oldest?.description),
        ]
    }

    /// The page.
    func text(in language: Language) -> String {
        func say(_ es: String, _ en: String) -> String {
            LocalizedText(es: es, en: en).text(in: language)
        }
        let state =
            isResolved
            ? say("Resuelto (hay una ruta que funciona)", "Resolved (a route works)")
            : say("Abierto", "Open")
        var lines = [
            say("# Incidente de correo", "# Mail incident"), "",
            say("- Fecha: \(time)", "- Date: \(time)"),
            say("- Equipo: \(device)", "- Device: \(device)"),
            say("- Estado: \(state)", "- State: \(state)"),
            say("- Severidad: ", "- Severity: ") + severity.name.text(in: language),
            say("- Correos que esperan: \(waiting.count)", "- Mail waiting: \(waiting.count)")
                + (waiting.oldest.map { say(", desde \($0)", ", since \($0)") } ?? ""), "",
            say("## Pruebas", "## Tests"), "", "```",
            examination.table(in: language).text(in: language, width: nil), "```", "",
            say("## Diagnóstico", "## Diagnosis"), "",
        ]
        lines += examination.lines.map { "- " + $0.text(in: language) }
        return lines.joined(separator: "\n")
    }
}
