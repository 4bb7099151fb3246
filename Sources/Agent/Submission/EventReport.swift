import Outbox
import SyncCore

/// What a program reports: that something happened, to which a mail belongs.
struct EventReport: Sendable {
    /// The program's own name of this one happening: reported again, it sends nothing more.
    let id: String
    let event: EventName
    /// The stage that was reached, such as `Cotización Enviada`.
    let stage: String?
    /// Who did it: the mail is sent in his name.
    let actor: UserID
    /// Recipients, attachments and the like.
    var message: APIMessage

    private static let own: Set<String> = ["id", "event", "stage", "actor"]
    private static let foreign: Set<String> = ["as", "type", "key"]
    /// How long the program's name of a happening may be.
    static let idByteCountMaximum = 100

    init(id: String, event: EventName, stage: String?, actor: UserID, message: APIMessage) {
        self.id = id
        self.event = event
        self.stage = stage
        self.actor = actor
        self.message = message
    }

    /// Reads what a program sent.
    ///
    /// - Throws: ``APIError``, or ``MessageError`` about an address or a file.
    init(_ body: [UInt8]) throws {
        let value = try APIMessage.object(body)
        guard case .object(let members) = value else { throw APIError(.notAnObject) }
        func text(_ key: String) throws(APIError) -> String? {
            switch value[key] {
            case nil, .null?: return nil
            case .string(let text)?: return text
            default: throw APIError(.badMember(key))
            }
        }
        guard let id = try text("id"), Self.isID(id) else { throw APIError(.badMember("id")) }
        guard let event = try text("event").flatMap({ EventName($0) }) else {
            throw APIError(.badMember("event"))
        }
        guard let actor = try text("actor").flatMap({ UserID($0) }) else {
            throw APIError(.badMember("actor"))
        }
        var rest: JSONValue.KeyValuePairs = [:]
        for pair in members.pairs where !Self.own.contains(pair.key) {
            // The rule says what type it is, and the event's own name is its key.
            guard !Self.foreign.contains(pair.key) else {
                throw APIError(.unknownMember(pair.key))
            }
            rest.append(pair.key, pair.value)
        }
        self.init(
            id: id, event: event, stage: try text("stage"), actor: actor,
            message: try APIMessage(.object(rest), needsText: false))
    }

    /// Whether a text can name a happening.
    static func isID(_ text: String) -> Bool {
        (1...idByteCountMaximum).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// The mail that a rule makes of it.
    ///
    /// - Throws: ``APIError`` if neither says what it is to say.
    func mail(by rule: EventRule) throws(APIError) -> APIMessage {
        func filled(_ text: String) -> String {
            EventRule.filled(text, entity: message.entity, stage: stage, actor: actor)
        }
        var mail = message
        mail.way = .event
        mail.user = actor
        mail.type = rule.type
        mail.key = "event \(event.text) \(id) \(rule.name)"
        if mail.subject.isEmpty { mail.subject = rule.subject.map(filled) ?? "" }
        if mail.text == nil, mail.html == nil { mail.text = rule.text.map(filled) }
        guard mail.text != nil || mail.html != nil else { throw APIError(.badMember("text")) }
        return mail
    }
}

/// A mail that an event became.
struct EventMail: Sendable {
    let rule: String
    let receipt: SubmissionReceipt
    let header: MessageIDHeader

    /// For programs.
    var json: JSONValue {
        [
            "rule": .string(rule), "id": .string(receipt.message.description),
            "message_id": .string("<\(header.text)>"), "state": "queued",
            "duplicate": .boolean(receipt.isRepetition),
        ]
    }
}

extension SubmissionDesk {
    /// Queues the mails that the rules make of an event, and returns when they are stored.
    ///
    /// Reported again under the same name, it is answered with the mails of the first time.
    ///
    /// - Returns: One for each rule that fits; none if the organisation has no such rule.
    func take(_ event: EventReport, from caller: MailCaller) async throws -> [EventMail] {
        let rules = try await engine.workspace().replica.read { transaction in
            try transaction.config.rules(for: event.event)
        }
        // All of them can be made, or none is queued.
        let mails = try rules.filter { $0.fits(stage: event.stage) }
            .map { (rule: $0.name, mail: try event.mail(by: $0)) }
        var taken: [EventMail] = []
        for (rule, mail) in mails {
            let (receipt, header) = try await take(mail, from: caller)
            taken.append(EventMail(rule: rule, receipt: receipt, header: header))
        }
        return taken
    }
}
