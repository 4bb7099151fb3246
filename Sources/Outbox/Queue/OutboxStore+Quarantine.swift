package import SyncCore

extension OutboxStore {
    /// The mails that a revoked device handed over and nobody has decided about, newest first.
    ///
    /// - Parameter limit: How many at most.
    /// - Returns: The mails, with every recipient.
    /// - Throws: ``StorageError``.
    package func quarantined(limit: Int) throws -> [ListedMail] {
        try connection.rows(
            """
            SELECT m.id FROM mail m
            WHERE EXISTS (SELECT 1 FROM delivery d
                JOIN log_line l ON l.message = d.message AND l.recipient = d.recipient
                WHERE d.message = m.id AND d.state = 'held' AND l.cause = ?)
            ORDER BY m.time DESC, m.id DESC LIMIT ?
            """, .text(DeliveryReport.quarantineCause), .integer(limit)
        ) { try MessageID(stored: $0.bytes(0)) }.compactMap { try show($0) }
    }

    /// Whether a mail is among those that a revoked device handed over and nobody decided about.
    package func isQuarantined(_ message: MessageID) throws -> Bool {
        try connection.first(
            """
            SELECT 1 FROM delivery d
            JOIN log_line l ON l.message = d.message AND l.recipient = d.recipient
            WHERE d.message = ? AND d.state = 'held' AND l.cause = ?
            """, .bytes(message.bytes), .text(DeliveryReport.quarantineCause)
        ) { _ in true } ?? false
    }
}
