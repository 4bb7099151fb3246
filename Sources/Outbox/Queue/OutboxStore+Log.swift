package import SyncCore

/// Which lines of the log to show; fields left out do not restrict.
package struct LogFilter: Hashable, Sendable {
    package var message: MessageID?
    package var device: DeviceID?
    package var branch: BranchID?
    package var account: AccountID?
    /// The persons the mails are sent for; empty for everybody, routes included.
    package var users: [UserID] = []
    /// A recipient's address, in any case of letters.
    package var address: String?
    /// The type of the mails, such as `cotizacion`.
    package var type: String?
    /// What the mails are about: `factura`, or one of them, `factura:001-001-000000123`.
    package var entity: String?
    /// By which way the mails came in.
    package var way: MailSource.Way?
    /// Whom the mails concern: a kind, and perhaps the one person.
    package var contactKind: MailContact.Kind?
    package var contactID: String?
    /// What happened; empty for all but the steps in between.
    package var words: [LogWord] = []
    package var since: Timestamp?
    package var until: Timestamp?
    /// Whether to show `claimed` and `data_begun`, which every attempt passes through.
    package var includesSteps = false

    package init() {}
}

/// A place in the log, to read on from.
package struct LogCursor: Hashable, Sendable {
    package let time: HybridTime
    package let number: Int

    package init(time: HybridTime, number: Int) {
        self.time = time
        self.number = number
    }
}

/// What a line shows of the mail it is about; nothing of a route or a device.
package struct LineMail: Hashable, Sendable {
    package var type: String?
    package var entity: String?
    package var way: MailSource.Way?
    package var contact: MailContact?

    package init(
        type: String? = nil, entity: String? = nil, way: MailSource.Way? = nil,
        contact: MailContact? = nil
    ) {
        self.type = type
        self.entity = entity
        self.way = way
        self.contact = contact
    }
}

/// A line as a list shows it.
package struct ListedLine: Hashable, Sendable {
    package let line: LogLine
    /// The recipient's address, where the line is about a delivery and it is known here.
    package let address: String?
    /// The person the mail is sent for.
    package let user: String?
    /// What else the list shows of the mail.
    package let mail: LineMail
    /// Where to read on from, behind this line.
    package let cursor: LogCursor
}

extension OutboxStore {
    /// How many rows a page may have.
    package static let pageMaximum = 500
    /// How many mails or lines one statement looks at where few may fit.
    package static let windowMaximum = 1000

    /// Adds a line, and returns whether it was new.
    ///
    /// It takes the place of one that an earlier version could not read.
    func addLine(_ line: LogLine) throws -> Bool {
        try connection.run(
            """
            INSERT INTO log_line (device, incarnation, scope, sequence, height, time, actor,
                word, message, recipient, fact, is_request, account, host, cause, detail, attempt,
                holder, port, security, milliseconds, reply, remedy)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (device, incarnation, scope, sequence) DO UPDATE SET
                word = excluded.word, message = excluded.message, recipient = excluded.recipient,
                fact = excluded.fact, is_request = excluded.is_request,
                account = excluded.account, host = excluded.host, cause = excluded.cause,
                detail = excluded.detail, attempt = excluded.attempt, holder = excluded.holder,
                port = excluded.port, security = excluded.security,
                milliseconds = excluded.milliseconds, reply = excluded.reply,
                remedy = excluded.remedy
            WHERE word = 'unknown_kind' AND excluded.word <> 'unknown_kind'
            """,
            values: [
                .bytes(line.device.bytes), SQLValue(bits: line.feed.incarnation.number),
                .text(line.scope.text), .integer(line.sequence),
                SQLValue(bits: line.membershipHeight), SQLValue(bits: line.time.number),
                .text(line.actor), .text(line.word.rawValue), .optionalBytes(line.message?.bytes),
                .optionalInteger(line.delivery?.recipient),
                .optionalBytes(line.fact?.canonicalBytes), .boolean(line.isRequest),
                .optionalText(line.detail.account?.text), .optionalText(line.detail.host),
                .optionalText(line.detail.cause), .bytes(line.detail.canonicalBytes),
            ] + Self.auditValues(line.fact, line.detail)) > 0
    }

    /// Forgets what the records of a feed said; what is known of deliveries only grows, and stays.
    func forget(_ feed: FeedID, after sequence: UInt64) throws {
        let key: [SQLValue] = [
            .bytes(feed.device.bytes), SQLValue(bits: feed.incarnation.number),
            .integer(sequence),
        ]
        switch feed.topic {
        case .audit:
            try connection.run(
                "DELETE FROM log_line WHERE device = ? AND incarnation = ? AND sequence > ? "
                    + "AND scope = ?", values: key + [.text(feed.scope.text)])
        case .mail:
            try connection.run(
                "DELETE FROM offered WHERE device = ? AND incarnation = ? AND sequence > ?",
                values: key)
        case .config: break
        }
    }

    /// Every line about a mail, in order of time.
    package func lines(of message: MessageID) throws -> [LogLine] {
        try connection.rows(
            Self.lineSelect + "WHERE l.message = ? ORDER BY l.time, l.number",
            .bytes(message.bytes), body: Self.line)
    }

    /// A page of the log, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which lines.
    ///   - cursor: Where the page before ended.
    ///   - floor: Where to stop looking: ``logFloor(before:)``. Without one, a filter that fits
    ///     little makes one statement look at everything.
    ///   - limit: How many lines, at most ``pageMaximum``.
    /// - Returns: The lines, with the place to read on from.
    /// - Throws: ``StorageError``.
    package func log(
        _ filter: LogFilter, before cursor: LogCursor? = nil, from floor: LogCursor? = nil,
        limit: Int
    ) throws -> [ListedLine] {
        let words =
            filter.words.isEmpty
            ? nil : ",\(filter.words.map(\.rawValue).joined(separator: ",")),"
        let end = filter.until.map { SQLValue(bits: UInt64(max($0.milliseconds, 0)) << 16) }
        // Written so, the few lines of one mail are found by an index of their own.
        let ofMail = filter.message == nil ? "?3 IS NULL" : "l.message = ?3"
        return try connection.rows(
            Self.lineSelect + """
                WHERE (l.time, l.number) < (?1, ?2) AND (l.time, l.number) >= (?15, ?16)
                    AND \(ofMail) AND (?4 IS NULL OR l.device = ?4)
                    AND (?5 IS NULL OR l.scope = ?5) AND (?6 IS NULL OR l.account = ?6)
                    AND (?7 IS NULL OR instr(?7, ',' || l.word || ',') > 0)
                    AND (?7 IS NOT NULL OR ?8 OR l.word NOT IN ('claimed', 'data_begun'))
                    AND (?9 IS NULL OR l.time >= ?9) AND (?10 IS NULL OR l.time < ?10)
                    AND (?11 IS NULL OR instr(?11, ',' || m.user || ',') > 0)
                    AND (?12 IS NULL OR EXISTS (SELECT 1 FROM delivery t
                        WHERE t.message = l.message AND lower(t.address) = lower(?12)
                            AND (l.recipient IS NULL OR l.recipient = t.recipient)))
                    AND (?13 IS NULL OR m.type = ?13) AND (?17 IS NULL OR m.entity = ?17
                        OR substr(m.entity, 1, length(?17) + 1) = ?17 || ':')
                    AND (?18 IS NULL OR m.way = ?18)
                    AND (?19 IS NULL OR m.contact_kind = ?19)
                    AND (?20 IS NULL OR m.contact_id = ?20)
                ORDER BY l.time DESC, l.number DESC LIMIT ?14
                """,
            cursor.map { SQLValue(bits: $0.time.number) } ?? .integer(Int.max),
            .integer(cursor?.number ?? 0), .optionalBytes(filter.message?.bytes),
            .optionalBytes(filter.device?.bytes), .optionalText(filter.branch?.text),
            .optionalText(filter.account?.text), .optionalText(words),
            .boolean(filter.includesSteps),
            filter.since.map { SQLValue(bits: UInt64(max($0.milliseconds, 0)) << 16) } ?? .null,
            end ?? .null, .names(filter.users), .optionalText(filter.address),
            .optionalText(filter.type), .integer(min(max(limit, 1), Self.pageMaximum)),
            floor.map { SQLValue(bits: $0.time.number) } ?? .integer(0),
            .integer(floor?.number ?? 0), .optionalText(filter.entity),
            .optionalText(filter.way?.rawValue), .optionalText(filter.contactKind?.rawValue),
            .optionalText(filter.contactID)
        ) { row in
            let line = try Self.line(row)
            return ListedLine(
                line: line, address: row.optionalText(12), user: row.optionalText(13),
                mail: LineMail(
                    type: row.optionalText(16), entity: row.optionalText(17),
                    way: row.optionalText(18).flatMap { MailSource.Way(rawValue: $0) },
                    contact: row.optionalText(19).flatMap { MailContact.Kind(rawValue: $0) }
                        .flatMap { MailContact($0, row.optionalText(20) ?? "") }),
                cursor: LogCursor(time: line.time, number: row.integer(11)))
        }
    }

    /// The place behind which about ``windowMaximum`` lines lie before another place, or nil where
    /// there are fewer.
    ///
    /// A reader who looks for few among many goes from floor to floor, and others use the
    /// replica in between.
    package func logFloor(
        before cursor: LogCursor? = nil, window: Int = windowMaximum
    ) throws -> LogCursor? {
        try connection.first(
            "SELECT time, number FROM log_line WHERE (time, number) < (?, ?) "
                + "ORDER BY time DESC, number DESC LIMIT 1 OFFSET ?",
            cursor.map { SQLValue(bits: $0.time.number) } ?? .integer(Int.max),
            .integer(cursor?.number ?? 0), .integer(window)
        ) { LogCursor(time: HybridTime(number: $0.bits(0)), number: $0.integer(1)) }
    }

    private static let lineSelect = """
        SELECT l.device, l.incarnation, l.scope, l.sequence, l.height, l.time, l.actor, l.word,
            l.message, l.recipient, l.fact, l.number, d.address, m.user, l.is_request, l.detail,
            m.type, m.entity, m.way, m.contact_kind, m.contact_id
        FROM log_line l
        LEFT JOIN delivery d ON d.message = l.message AND d.recipient = l.recipient
        LEFT JOIN mail m ON m.id = l.message
        """ + " "

    private static func line(_ row: borrowing Row) throws -> LogLine {
        guard let scope = Scope(row.text(2)), let word = LogWord(rawValue: row.text(7)) else {
            throw CodingError(.value, in: "stored line")
        }
        let message = try row.optionalBytes(8).map { try MessageID(stored: $0) }
        let recipient = row.optionalInteger(9)
        let delivery: DeliveryID? =
            if let message, let recipient {
                DeliveryID(message: message, recipient: recipient)
            } else { nil }
        return LogLine(
            feed: FeedID(
                device: try DeviceID(stored: row.bytes(0)),
                incarnation: Incarnation(number: row.bits(1)), topic: .audit, scope: scope),
            sequence: row.bits(3), membershipHeight: row.bits(4),
            time: HybridTime(number: row.bits(5)), actor: row.text(6), word: word,
            message: message, delivery: delivery,
            fact: try row.optionalBytes(10).map { try DeliveryFact(canonicalBytes: $0) },
            isRequest: row.boolean(14), detail: try AttemptDetail(canonicalBytes: row.bytes(15)))
    }
}
