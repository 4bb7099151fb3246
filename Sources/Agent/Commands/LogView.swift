import Outbox
import SyncCore

/// How one line of the log is shown.
struct LogView: Sendable {
    let line: LogLine
    let address: String?
    let user: String?
    /// The name of the device that wrote it.
    let device: String

    init(_ line: LogLine, address: String?, user: String?, names: [DeviceID: String]) {
        self.line = line
        self.address = address
        self.user = user
        device = names[line.device] ?? String(line.device.description.prefix(8))
    }

    /// The word for what happened, as people read it.
    var state: LocalizedText {
        switch line.word {
        case "queued": LocalizedText(es: "en cola", en: "queued")
        case "sent": LocalizedText(es: "enviado", en: "sent")
        case "claimed": LocalizedText(es: "enviando", en: "sending")
        case "data_begun": LocalizedText(es: "entregando", en: "handing over")
        case "in_doubt": LocalizedText(es: "incierto", en: "unknown")
        case "refused_for_now", "not_sent": LocalizedText(es: "reintento", en: "deferred")
        case "failed": LocalizedText(es: "fallido", en: "failed")
        case "route_failed": LocalizedText(es: "ruta cortada", en: "route blocked")
        case "route_reached": LocalizedText(es: "ruta libre", en: "route open")
        case "cancelled": LocalizedText(es: "cancelado", en: "cancelled")
        default: LocalizedText(es: line.word, en: line.word)
        }
    }

    /// What a person wants to know beyond the state.
    private var message: String? { line.detail.text ?? line.detail.reply ?? line.detail.note }

    /// The line for programs, with the names that auditors know.
    var json: JSONValue {
        [
            "time": .string(line.time.timestamp.description), "event": .string(line.word),
            "estado": .string(state.es), "enviado_por": .string(device),
            "sucursal": .string(line.scope.text),
            "message_id": .optional(line.message?.description),
            "number": line.delivery.map { .integer(Int64($0.recipient + 1)) } ?? .null,
            "correo_destino": .optional(address), "usuario": .optional(user),
            "actor": .string(line.actor),
            "attempt": line.attempt.map { .integer(Int64($0)) } ?? .null,
            "account": .optional(line.detail.account?.text),
            "credential": .optional(line.detail.credential),
            "reason": .optional(line.detail.reason), "from": .optional(line.detail.from),
            "host": .optional(line.detail.host),
            "port": line.detail.port.map { .integer(Int64($0)) } ?? .null,
            "security": .optional(line.detail.security), "cause": .optional(line.detail.cause),
            "reply": .optional(line.detail.reply), "mensaje": .optional(line.detail.text),
            "note": .optional(line.detail.note), "requested": .boolean(line.isRequest),
            "milliseconds": line.detail.milliseconds.map { .integer(Int64($0)) } ?? .null,
        ]
    }

    /// A table of lines, oldest first.
    static func table(_ views: [LogView], in language: Language) -> Table {
        var table = Table(
            [
                .whole(es: "Hora (UTC)", en: "Time (UTC)"), .words(es: "Equipo", en: "Device"),
                .words(es: "Estado", en: "State"), .whole(es: "Correo", en: "Mail"),
                .words(es: "Destinatario", en: "Recipient"), .words(es: "Ruta", en: "Route"),
                .words(es: "Mensaje", en: "Message"),
            ], empty: LocalizedText(es: "El registro está vacío.", en: "The log is empty."))
        for view in views {
            let route = view.line.detail.host.map { host in
                "\(host):\(view.line.detail.port.map(String.init) ?? "")"
            }
            let words = [view.line.detail.cause, view.message].compactMap(\.self)
            table.add([
                OutboxView.time(view.line.time.timestamp),
                view.device, view.state.text(in: language), view.line.message?.short ?? "",
                view.address ?? "", route ?? "", words.joined(separator: " "),
            ])
        }
        return table
    }
}
