package import SyncCore

/// What was said with a mail server about one mail: kept where the attempt was made, as long as
/// contents are.
///
/// Commands that sign in are masked before they come here, and the mail itself is left out.
package struct KeptDialogue: Hashable, Sendable {
    /// How many bytes are kept of one dialogue.
    package static let byteCountMaximum = 16 * 1024

    package let message: MessageID
    /// Each recipient, counted from 1, with the number of the attempt.
    package let attempts: [Attempt]
    /// `C: …` and `S: …`.
    package let lines: [String]

    /// One recipient's attempt.
    package struct Attempt: Hashable, Sendable {
        package let recipient: Int
        package let number: Int
    }

    /// Takes a dialogue; nothing if nothing was said or nobody was to receive the mail.
    init?(_ lines: [String], of attempts: [IntendedAttempt]) {
        guard let message = attempts.first?.delivery.message, !lines.isEmpty else { return nil }
        self.init(
            message: message,
            attempts: attempts.map {
                Attempt(recipient: $0.delivery.recipient + 1, number: $0.attempt.number)
            },
            lines: lines)
    }

    fileprivate init(message: MessageID, attempts: [Attempt], lines: [String]) {
        self.message = message
        self.attempts = attempts
        self.lines = lines
    }
}

/// A kept dialogue with the time at which the attempt ended.
package struct ListedDialogue: Hashable, Sendable {
    package let time: Timestamp
    package let dialogue: KeptDialogue
}

extension OutboxStore {
    /// Keeps a dialogue, cut where it gets too long.
    func keep(_ dialogue: KeptDialogue, at now: Timestamp) throws {
        var lines: [String] = []
        var byteCount = 0
        for line in dialogue.lines {
            byteCount += line.utf8.count + 1
            guard byteCount <= KeptDialogue.byteCountMaximum else {
                lines.append("…")
                break
            }
            // A line break inside a line would be a line that nobody said.
            lines.append(line.replacing("\n", with: " "))
        }
        try connection.run(
            "INSERT INTO smtp_dialogue (message, time, attempts, lines) VALUES (?, ?, ?, ?)",
            .bytes(dialogue.message.bytes), .integer(now.milliseconds),
            .text(dialogue.attempts.map { "\($0.recipient):\($0.number)" }.joined(separator: " ")),
            .text(lines.joined(separator: "\n")))
    }

    /// The dialogues about a mail that this device led and still keeps, oldest first.
    package func dialogues(of message: MessageID) throws -> [ListedDialogue] {
        try connection.rows(
            "SELECT time, attempts, lines FROM smtp_dialogue WHERE message = ? ORDER BY number",
            .bytes(message.bytes)
        ) { row in
            let attempts = row.text(1).split(separator: " ").compactMap { pair in
                let numbers = pair.split(separator: ":").compactMap { Int($0) }
                return numbers.count == 2
                    ? KeptDialogue.Attempt(recipient: numbers[0], number: numbers[1]) : nil
            }
            return ListedDialogue(
                time: Timestamp(milliseconds: Int64(row.integer(0))),
                dialogue: KeptDialogue(
                    message: message, attempts: attempts,
                    lines: row.text(2).split(separator: "\n").map(String.init)))
        }
    }

    /// Erases the dialogues that were kept long enough, of a page behind a place.
    ///
    /// Doing it twice changes nothing.
    ///
    /// - Parameters:
    ///   - policy: How long contents are kept; dialogues are kept as long.
    ///   - number: Behind which dialogue to begin.
    ///   - now: Wall time.
    ///   - limit: How many are looked at.
    /// - Returns: Behind which one to go on, or nothing when all were looked at.
    /// - Throws: ``StorageError``.
    package func eraseDialogues(
        by policy: RetentionPolicy, after number: Int, at now: Timestamp, limit: Int = pageMaximum
    ) throws -> Int? {
        let page = try connection.rows(
            """
            SELECT s.number, s.time, m.type FROM smtp_dialogue s
            LEFT JOIN mail m ON m.id = s.message
            WHERE s.number > ? ORDER BY s.number LIMIT ?
            """, .integer(number), .integer(limit)
        ) { row in
            (
                number: row.integer(0), time: Timestamp(milliseconds: Int64(row.integer(1))),
                type: row.optionalText(2) ?? ""
            )
        }
        for entry in page {
            guard entry.time < policy.queuedBefore(now) else { return nil }
            guard policy.isOver(type: entry.type, since: entry.time, at: now) else { continue }
            try connection.run(
                "DELETE FROM smtp_dialogue WHERE number = ?", .integer(entry.number))
        }
        return page.count == limit ? page.last?.number : nil
    }
}
