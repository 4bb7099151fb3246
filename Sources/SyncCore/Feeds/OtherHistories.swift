/// Records that contradict stored ones, kept beside them: together they prove that a device was
/// cloned, or lies.
package struct OtherHistories {
    /// A history that is not the stored one.
    package struct Evidence: Hashable, Sendable {
        package let time: Timestamp
        package let batch: FeedBatch
    }

    /// How many contradictions are kept of one feed; the first ones prove enough.
    static let countMaximum = 16

    let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Keeps a history; a second time changes nothing.
    func keep(_ batch: FeedBatch, at now: Timestamp) throws {
        let feed = SQLValue.bytes(batch.head.feed.canonicalBytes)
        let count =
            try connection.first("SELECT count(*) FROM other_history WHERE feed = ?", feed) {
                $0.integer(0)
            } ?? 0
        guard count < Self.countMaximum else { return }
        try connection.run(
            "INSERT INTO other_history (feed, hash, time, batch) VALUES (?, ?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            feed, .bytes(batch.head.hash.bytes), .integer(now.milliseconds),
            .bytes(batch.canonicalBytes))
    }

    /// Everything that contradicts what is stored, feed by feed.
    package func all() throws -> [Evidence] {
        try connection.rows("SELECT time, batch FROM other_history ORDER BY feed, hash") { row in
            Evidence(
                time: Timestamp(milliseconds: Int64(row.integer(0))),
                batch: try FeedBatch(canonicalBytes: row.bytes(1)))
        }
    }
}
