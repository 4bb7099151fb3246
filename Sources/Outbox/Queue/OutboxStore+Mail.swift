package import SyncCore

/// A mail as every replica that received its records knows it.
package struct QueuedMail: Hashable, Sendable {
    package let message: MessageID
    /// The device on which it was queued.
    package let device: DeviceID
    package let branch: BranchID
    package let user: UserID
    package let type: String
    package let entity: String?
    package let byteCount: Int
    package let time: HybridTime
    package let terms: MailTerms
}

/// One delivery as a list shows it.
package struct ListedDelivery: Hashable, Sendable {
    package let record: DeliveryRecord
    package let address: String?
    /// What persons asked of the ledger in custody, and it has not answered («solicitada»).
    package let requests: [DeliveryFact]
    /// What is known of the last attempt that failed.
    package let lastFailure: AttemptDetail?

    /// When the next attempt may be made, if one failed and another follows, or its sender chose
    /// a time for the first.
    package var nextAttempt: Timestamp? {
        guard case .queued(let notBefore) = record.state, notBefore.milliseconds > 0 else {
            return nil
        }
        return notBefore
    }
}

/// A mail with its deliveries.
package struct ListedMail: Hashable, Sendable {
    package let mail: QueuedMail
    /// The subject, on the device where the mail was queued.
    package let subject: String?
    /// In the order of the recipients.
    package let deliveries: [ListedDelivery]

    /// Where to read on from, behind this mail.
    package var cursor: MailCursor { MailCursor(time: mail.time, message: mail.message) }
}

/// A place in the list of mails, to read on from.
package struct MailCursor: Hashable, Sendable {
    package let time: HybridTime
    package let message: MessageID

    package init(time: HybridTime, message: MessageID) {
        self.time = time
        self.message = message
    }
}

/// Which mails to list; fields left out do not restrict.
package struct MailFilter: Hashable, Sendable {
    /// The persons the mails are sent for; empty for everybody's.
    package var users: [UserID] = []
    package var type: String?
    package var entity: String?
    package var branch: BranchID?
    package var device: DeviceID?
    /// A part of a recipient's address.
    package var recipient: String?
    /// Words of ``LedgerState/word``: mails of which at least one delivery stands so.
    package var states: [String] = []
    package var since: Timestamp?
    package var until: Timestamp?

    package init() {}
}

extension OutboxStore {
    /// Notes a mail; of two with one name, every replica keeps the earlier.
    func addMail(_ report: QueuedReport, of header: RecordHeader, in branch: BranchID) throws {
        try connection.run(
            """
            INSERT INTO mail (id, device, branch, user, type, entity, byte_count, time,
                not_before, priority, expires, way, contact_kind, contact_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                device = excluded.device, branch = excluded.branch, user = excluded.user,
                type = excluded.type, entity = excluded.entity,
                byte_count = excluded.byte_count, time = excluded.time,
                not_before = excluded.not_before, priority = excluded.priority,
                expires = excluded.expires, way = excluded.way,
                contact_kind = excluded.contact_kind, contact_id = excluded.contact_id
            WHERE (excluded.time, excluded.device) < (time, device)
            """,
            .bytes(report.message.bytes), .bytes(header.feed.device.bytes), .text(branch.text),
            .text(report.user.text), .text(report.type), .optionalText(report.entity),
            .integer(Int(clamping: report.byteCount)), SQLValue(bits: header.time.number),
            .integer(report.terms.notBefore.milliseconds),
            .integer(Int(report.terms.priority.rawValue)),
            .optionalInteger(report.terms.expires?.milliseconds),
            .optionalText(report.source.way?.rawValue),
            .optionalText(report.source.contact?.kind.rawValue),
            .optionalText(report.source.contact?.id))
    }

    /// Notes an offer of one delivery.
    func addOffer(of id: DeliveryID, in header: RecordHeader) throws {
        try connection.run(
            """
            INSERT INTO offered (message, recipient, device, incarnation, sequence)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            .bytes(id.message.bytes), .integer(id.recipient), .bytes(header.feed.device.bytes),
            SQLValue(bits: header.feed.incarnation.number), .integer(header.sequence))
    }

    /// How often a device offered one delivery.
    func offers(of id: DeliveryID, by device: DeviceID) throws -> Int {
        try connection.first(
            "SELECT count(*) FROM offered WHERE message = ? AND recipient = ? AND device = ?",
            .bytes(id.message.bytes), .integer(id.recipient), .bytes(device.bytes)
        ) { $0.integer(0) } ?? 0
    }

    /// One mail, if its record arrived.
    package func mail(_ message: MessageID) throws -> QueuedMail? {
        try connection.first(
            Self.mailSelect + "WHERE id = ?", .bytes(message.bytes), body: Self.mail)
    }

    /// The mails whose name begins with what a person typed, at most two: one is the answer.
    ///
    /// - Parameters:
    ///   - typed: The beginning of the name, in any case of letters.
    ///   - users: Only mails that are sent for these persons; empty for everybody's.
    /// - Returns: The mails, in the order of their names.
    /// - Throws: ``StorageError``.
    package func mails(
        beginningWith typed: String, of users: [UserID] = []
    ) throws -> [QueuedMail] {
        // Names are random, so the few that a person can mean are found by their own order.
        let typed = typed.lowercased()
        guard !typed.isEmpty, typed.utf8.count <= 26, let first = Self.first(of: typed) else {
            return []
        }
        return try connection.rows(
            Self.mailSelect
                + "WHERE id >= ?1 AND (?2 IS NULL OR instr(?2, ',' || user || ',') > 0) "
                + "ORDER BY id LIMIT 2",
            .bytes(first.bytes), .names(users), body: Self.mail
        ).filter { $0.message.description.lowercased().hasPrefix(typed) }
    }

    /// One mail with its deliveries.
    package func show(_ message: MessageID) throws -> ListedMail? {
        try mail(message).map(listed)
    }

    /// A page of mails, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which mails.
    ///   - cursor: Where the page before ended.
    ///   - floor: Where to stop looking: ``listFloor(before:)``.
    ///   - limit: How many mails, at most ``pageMaximum``.
    /// - Returns: The mails, with the place to read on from.
    /// - Throws: ``StorageError``.
    package func list(
        _ filter: MailFilter, before cursor: MailCursor? = nil, from floor: MailCursor? = nil,
        limit: Int
    ) throws -> [ListedMail] {
        let states = filter.states.isEmpty ? nil : ",\(filter.states.joined(separator: ",")),"
        return try connection.rows(
            Self.mailSelect + """
                WHERE (time, id) < (?1, ?2) AND (time, id) >= (?13, ?14)
                    AND (?3 IS NULL OR instr(?3, ',' || user || ',') > 0)
                    AND (?4 IS NULL OR type = ?4) AND (?5 IS NULL OR entity = ?5)
                    AND (?6 IS NULL OR branch = ?6) AND (?7 IS NULL OR device = ?7)
                    AND (?8 IS NULL OR EXISTS (SELECT 1 FROM delivery d
                        WHERE d.message = id AND instr(lower(d.address), lower(?8)) > 0))
                    AND (?9 IS NULL OR EXISTS (SELECT 1 FROM delivery d
                        WHERE d.message = id AND instr(?9, ',' || d.state || ',') > 0))
                    AND (?10 IS NULL OR time >= ?10) AND (?11 IS NULL OR time < ?11)
                ORDER BY time DESC, id DESC LIMIT ?12
                """,
            cursor.map { SQLValue(bits: $0.time.number) } ?? .integer(Int.max),
            .bytes(cursor?.message.bytes ?? []), .names(filter.users),
            .optionalText(filter.type), .optionalText(filter.entity),
            .optionalText(filter.branch?.text), .optionalBytes(filter.device?.bytes),
            .optionalText(filter.recipient), .optionalText(states), Self.bound(filter.since),
            Self.bound(filter.until), .integer(min(max(limit, 1), Self.pageMaximum)),
            floor.map { SQLValue(bits: $0.time.number) } ?? .integer(0),
            .bytes(floor?.message.bytes ?? []), body: Self.mail
        ).map(listed)
    }

    /// The place behind which about ``windowMaximum`` mails lie before another place, or nil where
    /// there are fewer.
    package func listFloor(
        before cursor: MailCursor? = nil, window: Int = windowMaximum
    ) throws -> MailCursor? {
        try connection.first(
            "SELECT time, id FROM mail WHERE (time, id) < (?, ?) "
                + "ORDER BY time DESC, id DESC LIMIT 1 OFFSET ?",
            cursor.map { SQLValue(bits: $0.time.number) } ?? .integer(Int.max),
            .bytes(cursor?.message.bytes ?? []), .integer(window)
        ) { row in
            MailCursor(
                time: HybridTime(number: row.bits(0)),
                message: try MessageID(stored: row.bytes(1)))
        }
    }

    /// How many deliveries stand in each state, by ``LedgerState/word``, states ascending.
    package func counts() throws -> [(state: String, count: Int)] {
        try connection.rows(
            "SELECT state, sum(n) FROM (SELECT state, count(*) AS n FROM delivery "
                + "GROUP BY custody, state) GROUP BY state ORDER BY state"
        ) { (state: $0.text(0), count: $0.integer(1)) }
    }

    private func listed(_ mail: QueuedMail) throws -> ListedMail {
        let deliveries = try connection.rows(
            "SELECT record, address FROM delivery WHERE message = ? ORDER BY recipient",
            .bytes(mail.message.bytes)
        ) { (try DeliveryRecord(canonicalBytes: $0.bytes(0)), $0.optionalText(1)) }
        return ListedMail(
            mail: mail, subject: try ownMail(mail.message)?.subject,
            deliveries: try deliveries.map { record, address in
                ListedDelivery(
                    record: record, address: address,
                    requests: try requests(about: record.delivery),
                    lastFailure: record.attempts.isEmpty
                        ? nil : try lastFailure(of: record.delivery))
            })
    }

    private func lastFailure(of id: DeliveryID) throws -> AttemptDetail? {
        let failures: [LogWord] = [.notSent, .refusedForNow, .failed, .inDoubt]
        let words = failures.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try connection.first(
            "SELECT detail FROM log_line WHERE message = ? AND recipient = ? "
                + "AND word IN (\(words)) ORDER BY time DESC, number DESC LIMIT 1",
            .bytes(id.message.bytes), .integer(id.recipient)
        ) { try AttemptDetail(canonicalBytes: $0.bytes(0)) }
    }

    private static func bound(_ time: Timestamp?) -> SQLValue {
        time.map { SQLValue(bits: UInt64(max($0.milliseconds, 0)) << 16) } ?? .null
    }

    /// The lowest name whose text begins so: the rest is filled with the lowest digit.
    private static func first(of typed: String) -> MessageID? {
        let zero = MessageID(validated: [UInt8](repeating: 0, count: MessageID.byteCount))
        let digits = zero.description
        return MessageID(typed + digits.dropFirst(typed.count))
    }

    private static let mailSelect =
        "SELECT id, device, branch, user, type, entity, byte_count, time, not_before, priority, "
        + "expires FROM mail "

    private static func mail(_ row: borrowing Row) throws -> QueuedMail {
        QueuedMail(
            message: try MessageID(stored: row.bytes(0)),
            device: try DeviceID(stored: row.bytes(1)), branch: try BranchID(stored: row.text(2)),
            user: try UserID(stored: row.text(3)), type: row.text(4),
            entity: row.optionalText(5), byteCount: row.integer(6),
            time: HybridTime(number: row.bits(7)),
            terms: MailTerms(
                notBefore: Timestamp(milliseconds: Int64(row.integer(8))),
                priority: MailPriority(stored: row.integer(9)),
                expires: row.optionalInteger(10).map { Timestamp(milliseconds: Int64($0)) }))
    }
}

extension SQLValue {
    /// Names between commas, for `instr`; nothing if there are none, which restricts nothing.
    static func names(_ users: [UserID]) -> SQLValue {
        users.isEmpty ? .null : .text(",\(users.map(\.text).joined(separator: ",")),")
    }
}
