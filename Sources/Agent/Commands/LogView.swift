import Outbox
import SyncCore

/// How one line of the log is shown.
struct LogView: Sendable {
    let line: LogLine
    let address: String?
    let user: String?
    /// What else is known of the mail it is about.
    let mail: LineMail
    /// The device that wrote it.
    private let author: LocalizedText
    /// Whether its record says more than this version reads.
    private let hasUnknownParts: Bool

    /// The name of the device that wrote it, for programs.
    var device: String { author.en }

    init(
        _ line: LogLine, address: String?, user: String?, mail: LineMail = LineMail(),
        in membership: Membership, hasUnknownParts: Bool = false
    ) {
        self.hasUnknownParts = hasUnknownParts
        self.line = line
        self.address = address
        self.user = user
        self.mail = mail
        author = membership.shownName(of: line.device)
    }

    /// What happened, as people read it.
    var state: LocalizedText { line.word.name }

    /// What to do about an attempt that did not end well.
    var remedy: LocalizedText? { AttemptRemedy(of: line.detail)?.text }

    /// The same, with a mark where the ledger in custody was only asked.
    private var mark: LocalizedText {
        line.isRequest
            ? LocalizedText(es: "\(state.es) (solicitada)", en: "\(state.en) (requested)") : state
    }

    /// What a person wants to know beyond the state.
    private var message: LocalizedText {
        let detail = line.detail
        let cause = detail.cause.map(AttemptCause.name(ofCode:))
        let words = sentence ?? (detail.reply ?? note).map { LocalizedText(es: $0, en: $0) }
        let unknown = hasUnknownParts && line.word != .unknownKind ? Self.unknown : nil
        let parts = [isRefusal ? Self.refusal : nil, cause, words, unknown].compactMap(\.self)
        return LocalizedText(
            es: parts.map(\.es).joined(separator: " "), en: parts.map(\.en).joined(separator: " "))
    }

    private static let unknown = LocalizedText(
        es: "(dice más de lo que esta versión conoce)",
        en: "(says more than this version knows)")
    private static let refusal = LocalizedText(es: "solicitud rechazada:", en: "request refused:")

    /// Why a person decided so; what an acknowledgement is about is for programs.
    private var note: String? { line.word == .acknowledged ? nil : line.detail.note }

    /// Whether the line answers a request by declining it.
    private var isRefusal: Bool {
        line.word == .note && line.detail.reason == DeliveryReport.refusedReason
    }

    /// The sentence about a sent mail; records hold the Spanish one.
    private var sentence: LocalizedText? {
        guard let text = line.detail.text else { return nil }
        let own = line.detail.credential.flatMap(SenderCredential.init).flatMap { credential in
            line.detail.from.map(credential.logText(from:))
        }
        if own?.es == text { return own }
        return KeyReport.sentence(text) ?? LocalizedText(es: text, en: text)
    }

    /// The line for programs, with the names that auditors know.
    var json: JSONValue {
        [
            "time": .string(line.time.timestamp.description), "event": .string(line.word.rawValue),
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
            "note": .optional(line.detail.note), "unknown": .boolean(hasUnknownParts),
            "requested": .boolean(line.isRequest),
            "milliseconds": line.detail.milliseconds.map { .integer(Int64($0)) } ?? .null,
            "tipo": .optional(mail.type), "entidad": .optional(mail.entity),
            "destinatario_tipo": .optional(mail.contact?.kind.rawValue),
            "destinatario_id": .optional(mail.contact?.id),
            "origen_tipo": .optional(mail.way?.spanish), "remedio": .optional(remedy?.es),
            "remedy": .optional(remedy?.en),
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
            table.add([
                OutboxView.time(view.line.time.timestamp),
                view.author.text(in: language), view.mark.text(in: language),
                view.line.message?.short ?? "", view.address ?? "", route ?? "",
                view.message.text(in: language),
            ])
        }
        return table
    }
}
