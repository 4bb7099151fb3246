/// The snapshots that count, and the feeds that begin at one here.
package struct SnapshotStore {
    /// Where a feed begins here.
    package struct Base: Hashable, Sendable {
        package let end: FeedEnd
        /// The hash of the batch that shows the signed snapshot.
        package let evidence: Digest
    }

    private let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    package static let schema = SchemaModule(
        name: "snapshots",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE log_snapshot (
                        scope TEXT PRIMARY KEY,
                        feed BLOB NOT NULL,
                        sequence INTEGER NOT NULL,
                        time INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE feed_base (
                        feed BLOB PRIMARY KEY,
                        count INTEGER NOT NULL,
                        hash BLOB NOT NULL,
                        evidence BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE base_evidence (
                        hash BLOB PRIMARY KEY,
                        batch BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    /// Keeps the place of a snapshot, unless a later one of its scope is known.
    func add(_ header: RecordHeader) throws {
        try connection.run(
            """
            INSERT INTO log_snapshot (scope, feed, sequence, time) VALUES (?, ?, ?, ?)
            ON CONFLICT (scope) DO UPDATE SET
                feed = excluded.feed, sequence = excluded.sequence, time = excluded.time
            WHERE (excluded.time, excluded.feed, excluded.sequence) > (time, feed, sequence)
            """,
            .text(header.feed.scope.text), .bytes(header.feed.canonicalBytes),
            .integer(header.sequence), SQLValue(bits: header.time.number))
    }

    /// Forgets the snapshots that stood behind a place of a feed.
    func forget(_ feed: FeedID, after sequence: UInt64) throws {
        try connection.run(
            "DELETE FROM log_snapshot WHERE feed = ? AND sequence > ?",
            .bytes(feed.canonicalBytes), .integer(sequence))
    }

    /// Where the latest snapshot of a scope stands.
    package func latest(of scope: Scope) throws -> (feed: FeedID, sequence: UInt64)? {
        try connection.first(
            "SELECT feed, sequence FROM log_snapshot WHERE scope = ?", .text(scope.text)
        ) { (try FeedID(canonicalBytes: $0.bytes(0)), $0.bits(1)) }
    }

    /// Where a feed begins here; nothing if it begins with its first record.
    package func base(of feed: FeedID) throws -> Base? {
        try connection.first(
            Self.select + "WHERE feed = ?", .bytes(feed.canonicalBytes), body: Self.row)
    }

    /// The feeds that do not begin with their first record, in ascending order.
    package func bases() throws -> [Base] {
        try connection.rows(Self.select + "ORDER BY feed", body: Self.row)
    }

    /// The batch that shows a signed snapshot.
    package func evidence(_ hash: Digest) throws -> FeedBatch? {
        try connection.first(
            "SELECT batch FROM base_evidence WHERE hash = ?", .bytes(hash.bytes)
        ) { try FeedBatch(canonicalBytes: $0.bytes(0)) }
    }

    func setBase(_ end: FeedEnd, shownBy batch: [UInt8]) throws {
        let hash = Digest(of: batch)
        try connection.run(
            "INSERT INTO base_evidence (hash, batch) VALUES (?, ?) ON CONFLICT DO NOTHING",
            .bytes(hash.bytes), .bytes(batch))
        try connection.run(
            "INSERT INTO feed_base (feed, count, hash, evidence) VALUES (?, ?, ?, ?)",
            .bytes(end.feed.canonicalBytes), .integer(end.count), .bytes(end.hash.bytes),
            .bytes(hash.bytes))
        try connection.run(
            "INSERT INTO feed (name, topic, scope, count, hash) VALUES (?, ?, ?, ?, ?)",
            .bytes(end.feed.canonicalBytes), .integer(end.feed.topic.rawValue),
            .text(end.feed.scope.text), .integer(end.count), .bytes(end.hash.bytes))
    }

    /// Takes note that a feed is not here any more.
    func removeBase(of feed: FeedID) throws {
        try connection.run(
            "DELETE FROM feed_base WHERE feed = ?", .bytes(feed.canonicalBytes))
        try connection.run(
            "DELETE FROM base_evidence WHERE hash NOT IN (SELECT evidence FROM feed_base)")
    }

    private static let select = "SELECT feed, count, hash, evidence FROM feed_base "

    private static func row(_ row: borrowing Row) throws -> Base {
        Base(
            end: FeedEnd(
                feed: try FeedID(canonicalBytes: row.bytes(0)), count: row.bits(1),
                hash: try Digest(canonical: row.bytes(2))),
            evidence: try Digest(canonical: row.bytes(3)))
    }
}
