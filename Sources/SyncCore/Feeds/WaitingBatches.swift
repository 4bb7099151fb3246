/// Records that arrived before what lies in front of them.
///
/// A branch without a network gets its records in files, in whatever order they are carried; a
/// network repeats and delays. What comes too early is kept aside, asked for, and shown.
package struct WaitingBatches {
    /// How many batches are kept aside; more are dropped, and come again when they are asked for.
    static let countMaximum = 1024
    /// How many bytes they may have together.
    static let bytesMaximum = 64 << 20

    let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The step of the feeds' tables that made room for them.
    static let migration = """
        CREATE TABLE waiting_batch (
            feed BLOB NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            batch BLOB NOT NULL,
            PRIMARY KEY (feed, first, last)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE other_history (
            feed BLOB NOT NULL,
            hash BLOB NOT NULL,
            time INTEGER NOT NULL,
            batch BLOB NOT NULL,
            PRIMARY KEY (feed, hash)
        ) STRICT, WITHOUT ROWID;
        """

    /// Keeps a batch aside; a second time changes nothing.
    func hold(_ batch: FeedBatch) throws {
        let bytes = batch.canonicalBytes
        let (count, byteCount) =
            try connection.first(
                "SELECT count(*), coalesce(sum(length(batch)), 0) FROM waiting_batch"
            ) { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
        guard count < Self.countMaximum, byteCount + bytes.count <= Self.bytesMaximum else {
            return
        }
        try connection.run(
            "INSERT INTO waiting_batch (feed, first, last, batch) VALUES (?, ?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            .bytes(batch.head.feed.canonicalBytes), .integer(batch.first),
            .integer(batch.head.sequence), .bytes(bytes))
    }

    /// The feeds of which something waits, in ascending order.
    func feeds() throws -> [FeedID] {
        try connection.rows("SELECT DISTINCT feed FROM waiting_batch ORDER BY feed") {
            try FeedID(canonicalBytes: $0.bytes(0))
        }
    }

    /// A batch that continues a feed which has so many records, taken out; nothing if none does.
    ///
    /// What is known already goes as well.
    func take(of feed: FeedID, after count: UInt64) throws -> FeedBatch? {
        let name = SQLValue.bytes(feed.canonicalBytes)
        try connection.run(
            "DELETE FROM waiting_batch WHERE feed = ? AND last <= ?", name, .integer(count))
        let found = try connection.first(
            "SELECT first, last, batch FROM waiting_batch WHERE feed = ? AND first <= ? "
                + "ORDER BY last LIMIT 1", name, .integer(count + 1)
        ) { (first: $0.integer(0), last: $0.integer(1), batch: $0.bytes(2)) }
        guard let found else { return nil }
        try connection.run(
            "DELETE FROM waiting_batch WHERE feed = ? AND first = ? AND last = ?", name,
            .integer(found.first), .integer(found.last))
        return try FeedBatch(canonicalBytes: found.batch)
    }

    /// What is missing, feed by feed.
    package func gaps() throws -> [FeedGap] {
        try connection.rows(
            """
            SELECT w.feed, coalesce(f.count, 0), min(w.first), max(w.last) FROM waiting_batch w
            LEFT JOIN feed f ON f.name = w.feed GROUP BY w.feed ORDER BY w.feed
            """
        ) { row in
            FeedGap(
                feed: try FeedID(canonicalBytes: row.bytes(0)), storedCount: row.bits(1),
                firstWaiting: row.bits(2), lastWaiting: row.bits(3))
        }
    }
}

/// Records of a feed that are missing before others that are here.
package struct FeedGap: Hashable, Sendable {
    package let feed: FeedID
    /// How many records are stored.
    package let storedCount: UInt64
    /// The first record that waits.
    package let firstWaiting: UInt64
    /// The last record that waits.
    package let lastWaiting: UInt64

    package init(feed: FeedID, storedCount: UInt64, firstWaiting: UInt64, lastWaiting: UInt64) {
        self.feed = feed
        self.storedCount = storedCount
        self.firstWaiting = firstWaiting
        self.lastWaiting = lastWaiting
    }

    /// Whether records are missing; otherwise it is membership that has to come first.
    package var isOfRecords: Bool { firstWaiting > storedCount + 1 }
}
