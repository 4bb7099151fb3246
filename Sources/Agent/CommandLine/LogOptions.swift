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
            "entity", "KIND[:ID]", es: "Sobre esto, como «factura» o «factura:001-001-000000123».",
            en: "About this, such as \"factura\" or \"factura:001-001-000000123\"."),
        .option(
            "contact", "KIND[:ID]", es: "Para esta clase de persona, o esta: «cliente:C-0042».",
            en: "For this kind of person, or this one: \"cliente:C-0042\"."),
        .option(
            "origin", "WAY", es: "Que entraron así: command, sendmail, smtp, http, event, agent.",
            en: "That came in so: command, sendmail, smtp, http, event, agent."),
        .option("device", "DEVICE", es: "De este equipo.", en: "Of this device."),
        .option("branch", "ID", es: "Solo de esta sucursal.", en: "Only of this branch."),
        .option("account", "ID", es: "Solo de esta cuenta.", en: "Only of this account."),
        .option(
            "since", "TIME", es: "Desde: 2026-11-21, con hora UTC, o hace 7d, 12h, 30m.",
            en: "Since: 2026-11-21, with a time in UTC, or 7d, 12h, 30m ago."),
        .option("until", "TIME", es: "Antes de, igual que --since.", en: "Before, like --since."),
    ]

    private let filter: LogFilter
    private let user: UserID?
    private let message: MailReference?
    private let device: DeviceReference?
    private let since: TypedTime?
    private let until: TypedTime?

    init(reading arguments: inout Arguments) throws(UsageError) {
        var filter = LogFilter()
        user = try arguments.identifier("user")
        let words = try arguments.options("status")
        filter.type = try arguments.option("type")
        filter.address = try arguments.address("to")?.text
        message = try arguments.mail("message")
        filter.entity = try arguments.option("entity")
        device = try arguments.option("device").map { DeviceReference(text: $0) }
        filter.branch = try arguments.identifier("branch")
        filter.account = try arguments.identifier("account")
        if let text = try arguments.option("origin") {
            guard let way = MailSource.Way(rawValue: text) else {
                throw arguments.error(
                    es: "--origin no conoce «\(text)». Hay: \(Self.ways).",
                    en: "--origin does not know “\(text)”. There are: \(Self.ways).")
            }
            filter.way = way
        }
        if let text = try arguments.option("contact") {
            let contact = MailContact(text)
            guard let kind = contact?.kind ?? MailContact.Kind(rawValue: text) else {
                throw arguments.contactError("--contact")
            }
            (filter.contactKind, filter.contactID) = (kind, contact?.id)
        }
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

    /// Whether only lines that say certain things are wanted.
    var hasWords: Bool { !filter.words.isEmpty }

    /// Which lines, of those the caller may see.
    ///
    /// - Throws: ``OutboxError`` if somebody else's lines are asked for.
    func filter(for access: OutboxAccess) async throws -> LogFilter {
        var filter = filter
        filter.users = try access.listed(user)
        let now = access.replica.environment.now()
        filter.since = since?.moment(at: now)
        filter.until = until?.moment(at: now)
        if let device {
            filter.device = try await access.replica.read {
                try device.find(in: $0.membership).card.id
            }
        }
        if let message {
            filter.message = try await access.replica.read {
                try access.find(message, in: $0.outbox).mail.message
            }
        }
        return filter
    }

    private static let ways = MailSource.Way.allCases.map(\.rawValue).joined(separator: ", ")
    private static let list = LogWord.allCases.map(\.rawValue).sorted().joined(separator: ", ")
}

extension Arguments {
    /// Reads `--contact KIND:ID`.
    mutating func contact() throws(UsageError) -> MailContact? {
        guard let text = try option("contact") else { return nil }
        guard let contact = MailContact(text) else { throw contactError("--contact") }
        return contact
    }

    /// Says how a contact is written.
    func contactError(_ place: String) -> UsageError {
        error(
            es: "\(place) se escribe como «cliente:C-0042». Clases: \(MailContact.kinds).",
            en: "\(place) is written as \"cliente:C-0042\". Kinds: \(MailContact.kinds).")
    }
}
