import Outbox
import SyncCore

/// The options with which commands choose lines of the log.
struct LogOptions: Sendable {
    static let help: [OptionHelp] = [
        .option("user", "USER", es: "De esta persona.", en: "Of this person."),
        .option(
            "status", "WORD", isRepeatable: true,
            es: "Qué pasó, como sent, failed o queued.",
            en: "What happened, such as sent, failed or queued."),
        .option("type", "TYPE", es: "Correos de este tipo.", en: "Mails of this type."),
        .option("to", "ADDRESS", es: "A este destinatario.", en: "To this recipient."),
        .option("message", "ID", es: "Sobre este correo.", en: "About this mail."),
        .option(
            "since", "TIME", es: "Desde: 2026-11-21, con hora UTC, o hace 7d, 12h, 30m.",
            en: "Since: 2026-11-21, with a time in UTC, or 7d, 12h, 30m ago."),
        .option("until", "TIME", es: "Antes de, igual que --since.", en: "Before, like --since."),
    ]

    private let filter: LogFilter
    private let user: UserID?
    private let message: MailReference?
    private let since: TypedTime?
    private let until: TypedTime?

    init(reading arguments: inout Arguments) throws(UsageError) {
        var filter = LogFilter()
        user = try arguments.identifier("user")
        let words = try arguments.options("status")
        filter.type = try arguments.option("type")
        filter.address = try arguments.address("to")?.text
        message = try arguments.mail("message")
        since = try arguments.time("since")
        until = try arguments.time("until")
        for text in words {
            guard let word = LogWord(rawValue: text) else {
                throw arguments.error(
                    es: "--status no conoce «\(text)». Hay: \(Self.list).",
                    en: "--status does not know “\(text)”. There are: \(Self.list).")
            }
            filter.words.append(word)
        }
        self.filter = filter
    }

    /// Which lines, of those the caller may see.
    ///
    /// - Throws: ``OutboxError`` if somebody else's lines are asked for.
    func filter(for access: OutboxAccess) async throws -> LogFilter {
        var filter = filter
        filter.users = try access.listed(user)
        let now = access.replica.environment.now()
        filter.since = since?.moment(at: now)
        filter.until = until?.moment(at: now)
        if let message {
            filter.message = try await access.replica.read {
                try access.find(message, in: $0.outbox).mail.message
            }
        }
        return filter
    }

    private static let list = LogWord.allCases.map(\.rawValue).sorted().joined(separator: ", ")
}
