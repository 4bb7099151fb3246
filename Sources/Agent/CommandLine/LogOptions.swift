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

    /// The words that the log knows.
    static let words: Set<String> = [
        "queued", "claimed", "data_begun", "sent", "failed", "refused_for_now", "not_sent",
        "in_doubt", "allowed_again", "declared_sent", "cancelled", "offered", "returned", "held",
        "released", "suspected", "cleared", "note", "route_failed", "route_reached",
    ]

    private let filter: LogFilter
    private let user: UserID?
    private let message: MailReference?
    private let since: LogTime?
    private let until: LogTime?

    init(reading arguments: inout Arguments) throws(UsageError) {
        var filter = LogFilter()
        user = try arguments.identifier("user")
        filter.words = try arguments.options("status")
        filter.type = try arguments.option("type")
        filter.address = try arguments.address("to")?.text
        message = try arguments.option("message").map { MailReference(text: $0) }
        since = try arguments.time("since")
        until = try arguments.time("until")
        self.filter = filter
        for word in filter.words where !Self.words.contains(word) {
            throw arguments.error(
                es: "--status no conoce «\(word)». Hay: \(Self.list).",
                en: "--status does not know “\(word)”. There are: \(Self.list).")
        }
    }

    /// Which lines, of those the caller may see.
    ///
    /// - Parameters:
    ///   - own: The users whose mail the caller may see; nothing means all.
    ///   - replica: The replica.
    /// - Returns: The filter.
    /// - Throws: ``SendRefusal`` if somebody else's lines are asked for.
    func filter(for own: [UserID]?, of replica: Replica) async throws -> LogFilter {
        var filter = filter
        if let user, let own, !own.contains(user) { throw SendRefusal(.notDelegated(user)) }
        filter.users = user.map { [$0] } ?? own ?? []
        let now = replica.environment.now()
        filter.since = since?.moment(at: now)
        filter.until = until?.moment(at: now)
        if let message {
            filter.message = try await replica.read {
                try message.find(in: $0, of: own).mail.message
            }
        }
        return filter
    }

    private static let list = words.sorted().joined(separator: ", ")
}

/// A moment as a person types it: a day, a time of day, or so long ago.
enum LogTime: Sendable {
    case moment(Timestamp)
    case ago(Duration)

    init?(_ text: String) {
        if let moment = Timestamp(text) {
            self = .moment(moment)
            return
        }
        let seconds: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ seconds[$0] }), text.utf8.count <= 6,
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(text.dropLast()), count > 0
        else { return nil }
        self = .ago(.seconds(count * unit))
    }

    func moment(at now: Timestamp) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .ago(let duration): now.advanced(by: .zero - duration)
        }
    }
}

extension Arguments {
    /// Reads an option that is a moment.
    fileprivate mutating func time(_ option: String) throws(UsageError) -> LogTime? {
        guard let text = try self.option(option) else { return nil }
        guard let time = LogTime(text) else {
            throw error(
                es: "--\(option) debe ser como 2026-11-21, 2026-11-21T09:30Z, 7d, 12h o 30m.",
                en: "--\(option) must be like 2026-11-21, 2026-11-21T09:30Z, 7d, 12h or 30m.")
        }
        return time
    }
}
