import SyncCore

extension OutboxStore {
    /// Erases what the records of a feed said, and the mails that they made known here.
    func leave(_ feed: FeedID, after sequence: UInt64) throws {
        if feed.topic == .audit {
            for mail in try queued(in: feed, after: sequence) {
                try removeMail(mail, of: feed.device)
            }
        }
        try forget(feed, after: sequence)
    }

    /// Erases what the first records of a feed said, and the mails that they queued, except for
    /// those that are not done yet: they go with a later step.
    func retire(_ feed: FeedID, through sequence: UInt64) throws {
        var open: Set<[UInt8]> = []
        for mail in try queued(in: feed, through: sequence) {
            let message = try MessageID(stored: mail)
            guard try deliveries(of: message).allSatisfy(\.state.isFinal) else {
                open.insert(mail)
                continue
            }
            try removeMail(mail, of: feed.device)
            // That it was queued here is remembered, so that a repetition queues nothing.
            try connection.run(
                """
                UPDATE own_mail SET subject = '', reply_name = NULL, reply_address = NULL
                WHERE message = ?
                """, .bytes(mail))
        }
        let lines = try connection.rows(
            "SELECT number, word, message FROM log_line "
                + "WHERE device = ? AND incarnation = ? AND scope = ? AND sequence <= ?",
            .bytes(feed.device.bytes), SQLValue(bits: feed.incarnation.number),
            .text(feed.scope.text), .integer(sequence)
        ) { (number: $0.integer(0), word: $0.text(1), message: $0.optionalBytes(2)) }
        for line in lines {
            let isOfOpen = line.message.map(open.contains) ?? false
            if isOfOpen, line.word == LogWord.queued.rawValue { continue }
            try connection.run("DELETE FROM log_line WHERE number = ?", .integer(line.number))
        }
    }

    private func queued(
        in feed: FeedID, after first: UInt64 = 0, through last: UInt64 = UInt64(Int64.max)
    ) throws -> [[UInt8]] {
        try connection.rows(
            """
            SELECT message FROM log_line
            WHERE device = ? AND incarnation = ? AND scope = ? AND sequence > ?
                AND sequence <= ? AND word = ? AND message IS NOT NULL
            """,
            .bytes(feed.device.bytes), SQLValue(bits: feed.incarnation.number),
            .text(feed.scope.text), .integer(first), .integer(last),
            .text(LogWord.queued.rawValue)
        ) { $0.bytes(0) }
    }

    /// Erases what is known of a mail that a device queued.
    private func removeMail(_ message: [UInt8], of device: DeviceID) throws {
        let removed = try connection.run(
            "DELETE FROM mail WHERE id = ? AND device = ?", .bytes(message), .bytes(device.bytes))
        guard removed > 0 else { return }
        for table in ["delivery", "delivery_request", "smtp_dialogue", "alert"] {
            try connection.run("DELETE FROM \(table) WHERE message = ?", .bytes(message))
        }
    }
}
