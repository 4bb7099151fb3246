package import SyncCore

/// The mails that this replica knows of, and their deliveries.
package struct OutboxStore {
    let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// How many bytes of a mail's content one row holds.
    package static let partByteCount = 256 * 1024

    /// What this device alone knows of a mail that was queued on it.
    package struct OwnMail: Hashable, Sendable {
        /// The place in the queue of this device.
        package let number: Int
        package let message: MessageID
        package let subject: String
        package let replyName: String?
        package let replyAddress: String?
        /// The hash of the rendered bytes.
        package let content: Digest
        /// Whether only a server with SMTPUTF8 can take the headers.
        package let isInternational: Bool
        package let terms: MailTerms
        /// The address that a signed mail must be sent from.
        package let signedAs: String?
    }

    /// The mail that was queued first by a submission, or by its user under its key.
    func message(submittedAs mail: MailSubmission) throws -> MessageID? {
        try connection.first(
            "SELECT message FROM own_mail WHERE submission = ?1 OR (user = ?2 AND key = ?3) "
                + "ORDER BY submission = ?1 DESC LIMIT 1",
            .bytes(mail.submission.bytes), .text(mail.user.text), .optionalText(mail.key)
        ) { MessageID(bytes: $0.bytes(0)) } ?? nil
    }

    /// Stores what the record of a queued mail does not hold.
    func addOwn(_ mail: MailSubmission) throws {
        let content = mail.rendered.sha256
        try connection.run(
            """
            INSERT INTO own_mail (message, submission, user, key, subject, reply_name,
                reply_address, content, is_international, not_before, byte_count,
                attachment_byte_count, signed_as, priority, expires)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .bytes(mail.message.bytes), .bytes(mail.submission.bytes), .text(mail.user.text),
            .optionalText(mail.key), .text(mail.subject), .optionalText(mail.replyTo?.name),
            .optionalText(mail.replyTo?.address.text), .bytes(content.bytes),
            .boolean(mail.rendered.needsSMTPUTF8), .integer(mail.terms.notBefore.milliseconds),
            .integer(mail.rendered.bytes.count), .integer(mail.rendered.attachmentByteCount),
            .optionalText(mail.signedAs?.text), .integer(Int(mail.terms.priority.rawValue)),
            .optionalInteger(mail.terms.expires?.milliseconds))
        let bytes = mail.rendered.bytes
        try countContent(bytes.count, attachments: mail.rendered.attachmentByteCount)
        for (part, start) in stride(from: 0, to: bytes.count, by: Self.partByteCount).enumerated() {
            let end = min(start + Self.partByteCount, bytes.count)
            try connection.run(
                "INSERT INTO content_part (content, part, bytes) VALUES (?, ?, ?) "
                    + "ON CONFLICT DO NOTHING",
                .bytes(content.bytes), .integer(part), .bytes(Array(bytes[start..<end])))
        }
    }

    /// What this device alone knows of a mail, if it was queued here.
    package func ownMail(_ message: MessageID) throws -> OwnMail? {
        try connection.first(
            Self.ownSelect + "WHERE message = ?", .bytes(message.bytes), body: Self.ownMail)
    }

    /// One part of a mail's content, or nothing behind the last.
    package func contentPart(_ content: Digest, _ part: Int) throws -> [UInt8]? {
        try connection.first(
            "SELECT bytes FROM content_part WHERE content = ? AND part = ?",
            .bytes(content.bytes), .integer(part)
        ) { $0.bytes(0) }
    }

    /// A mail's whole content, checked against its hash.
    ///
    /// - Throws: ``CodingError`` if it is not, or no longer, here.
    package func content(_ hash: Digest) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var part = 0
        while let next = try contentPart(hash, part) {
            bytes += next
            part += 1
        }
        guard part > 0, Digest(of: bytes) == hash else {
            throw CodingError(.missing, in: "content of a mail")
        }
        return bytes
    }

    /// One delivery, if anything is known of it.
    package func delivery(_ id: DeliveryID) throws -> DeliveryRecord? {
        try connection.first(
            "SELECT record FROM delivery WHERE message = ? AND recipient = ?",
            .bytes(id.message.bytes), .integer(id.recipient)
        ) { try DeliveryRecord(canonicalBytes: $0.bytes(0)) }
    }

    /// The deliveries of a mail, in their order.
    package func deliveries(of message: MessageID) throws -> [DeliveryRecord] {
        try connection.rows(
            "SELECT record FROM delivery WHERE message = ? ORDER BY recipient",
            .bytes(message.bytes)
        ) { try DeliveryRecord(canonicalBytes: $0.bytes(0)) }
    }

    /// The address a delivery goes to, if it is known.
    package func address(of id: DeliveryID) throws -> String? {
        try connection.first(
            "SELECT address FROM delivery WHERE message = ? AND recipient = ?",
            .bytes(id.message.bytes), .integer(id.recipient)
        ) { $0.optionalText(0) } ?? nil
    }

    /// Replaces what is known of a delivery, and drops the requests that it answers.
    ///
    /// - Parameters:
    ///   - record: What is known now.
    ///   - address: The recipient, when it is heard of for the first time.
    ///   - number: The place in this device's queue, when it is given out.
    ///   - priority: Whether it goes before others, when that is heard of for the first time.
    /// - Throws: ``StorageError``.
    package func save(
        _ record: DeliveryRecord, address: String? = nil, number: Int? = nil,
        priority: MailPriority? = nil
    ) throws {
        let id = record.delivery
        try connection.run(
            """
            INSERT INTO delivery
                (message, recipient, address, number, custody, state, due, record, expires,
                    priority)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, coalesce(?10, 1))
            ON CONFLICT (message, recipient) DO UPDATE SET
                address = coalesce(excluded.address, address),
                number = coalesce(excluded.number, number), custody = excluded.custody,
                state = excluded.state, due = excluded.due, record = excluded.record,
                expires = excluded.expires, priority = coalesce(?10, priority)
            """,
            .bytes(id.message.bytes), .integer(id.recipient), .optionalText(address),
            .optionalInteger(number), .integer(record.custody.rawValue), .text(record.state.word),
            .integer(record.state.due.milliseconds), .bytes(record.canonicalBytes),
            .optionalInteger(record.custody == .origin ? record.lapseTime?.milliseconds : nil),
            .optionalInteger(priority.map { Int($0.rawValue) }))
        for request in try requests(about: id)
        where record.state.isFinal || record.facts.contains(request) {
            try removeRequest(request, about: id)
        }
        try noteAlert(record)
    }

    /// The deliveries of this device's queue, in custody here, that stand in some states and
    /// may go on: the urgent ones first, and of those the ones that never waited.
    ///
    /// - Parameters:
    ///   - states: Words of ``LedgerState/word``.
    ///   - now: What waits for a later time is left out.
    ///   - accounts: What waits for the lease of another account is left out.
    ///   - limit: How many, of each state.
    /// - Returns: Their names.
    /// - Throws: ``StorageError``.
    func ownDeliveries(
        in states: [String], at now: Timestamp, awaiting accounts: [AccountID] = [], limit: Int
    ) throws -> [DeliveryID] {
        let names = ",\(accounts.map(\.text).joined(separator: ",")),"
        var found: [DeliveryID] = []
        for state in states {
            let before = found.count
            for priority in MailPriority.allCases where found.count - before < limit {
                found += try connection.rows(
                    """
                    SELECT d.message, d.recipient FROM delivery d
                    LEFT JOIN awaited_account a
                        ON a.message = d.message AND a.recipient = d.recipient
                    WHERE d.custody = ? AND d.state = ? AND d.priority = ? AND d.due <= ?
                        AND d.number IS NOT NULL
                        AND (a.account IS NULL OR instr(?, ',' || a.account || ',') > 0)
                    ORDER BY d.due, d.number, d.recipient LIMIT ?
                    """,
                    .integer(LedgerKeeper.origin.rawValue), .text(state),
                    .integer(Int(priority.rawValue)), .integer(now.milliseconds), .text(names),
                    .integer(limit - (found.count - before))
                ) { row in
                    DeliveryID(
                        message: try MessageID(stored: row.bytes(0)), recipient: row.integer(1))
                }
            }
        }
        return found
    }

    /// What persons asked of the ledger that decides about a delivery, and it has not answered.
    package func requests(about id: DeliveryID) throws -> [DeliveryFact] {
        try connection.rows(
            "SELECT fact FROM delivery_request WHERE message = ? AND recipient = ? ORDER BY fact",
            .bytes(id.message.bytes), .integer(id.recipient)
        ) { try DeliveryFact(canonicalBytes: $0.bytes(0)) }
    }

    func addRequest(_ fact: DeliveryFact, about id: DeliveryID) throws {
        try connection.run(
            "INSERT INTO delivery_request (message, recipient, fact) VALUES (?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            .bytes(id.message.bytes), .integer(id.recipient), .bytes(fact.canonicalBytes))
    }

    func removeRequest(_ fact: DeliveryFact, about id: DeliveryID) throws {
        try connection.run(
            "DELETE FROM delivery_request WHERE message = ? AND recipient = ? AND fact = ?",
            .bytes(id.message.bytes), .integer(id.recipient), .bytes(fact.canonicalBytes))
    }

    static let ownSelect = """
        SELECT number, message, subject, reply_name, reply_address, content, is_international,
            not_before, signed_as, priority, expires FROM own_mail
        """ + " "

    static func ownMail(_ row: borrowing Row) throws -> OwnMail {
        OwnMail(
            number: row.integer(0), message: try MessageID(stored: row.bytes(1)),
            subject: row.text(2), replyName: row.optionalText(3),
            replyAddress: row.optionalText(4), content: try Digest(canonical: row.bytes(5)),
            isInternational: row.boolean(6),
            terms: MailTerms(
                notBefore: Timestamp(milliseconds: Int64(row.integer(7))),
                priority: MailPriority(stored: row.integer(9)),
                expires: row.optionalInteger(10).map { Timestamp(milliseconds: Int64($0)) }),
            signedAs: row.optionalText(8))
    }
}

extension ReplicaTransaction {
    /// The mails that this replica knows of.
    package var outbox: OutboxStore { OutboxStore(connection) }
}

extension LedgerState {
    /// Before when a waiting delivery does not go on.
    fileprivate var due: Timestamp {
        if case .queued(let notBefore) = self { notBefore } else { Timestamp(milliseconds: 0) }
    }

    /// The word under which lists and filters know the state.
    package var word: String {
        switch self {
        case .queued: "queued"
        case .reserved: "reserved"
        case .claimed: "sending"
        case .inDoubt: "in_doubt"
        case .sent: "sent"
        case .failed, .expired: "failed"
        case .cancelled: "cancelled"
        case .held: "held"
        }
    }
}

extension RandomIdentifier {
    /// Reads a name as it was stored.
    init(stored bytes: [UInt8]) throws(CodingError) {
        guard let name = Self(bytes: bytes) else { throw CodingError(.value, in: "stored name") }
        self = name
    }
}

extension ChosenIdentifier {
    /// Reads a name as it was stored.
    init(stored text: String) throws(CodingError) {
        guard let name = Self(text) else { throw CodingError(.value, in: "stored name") }
        self = name
    }
}

extension MailPriority {
    /// Reads a priority as it was stored.
    init(stored number: Int) {
        self = UInt8(exactly: number).flatMap { MailPriority(rawValue: $0) } ?? .normal
    }
}
