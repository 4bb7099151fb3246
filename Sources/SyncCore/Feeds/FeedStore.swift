/// The feeds in a database: what a replica and the hub both keep.
///
/// It checks nothing but its own invariants; ``FeedAdmission`` decides what may be stored.
package struct FeedStore {
    /// Where a stored feed ends.
    package struct End: Hashable, Sendable {
        /// How many records there are.
        package let count: UInt64
        /// The hash of the last one.
        package let hash: Digest
        /// The last clock that was written in full, for feeds written here.
        package let clock: VersionVector?

        /// The end of a feed without records.
        static let none = End(count: 0, hash: .zero, clock: nil)
    }

    let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    package static let schema = SchemaModule(
        name: "feeds",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE feed (
                        id INTEGER PRIMARY KEY,
                        name BLOB NOT NULL UNIQUE,
                        topic INTEGER NOT NULL,
                        scope TEXT NOT NULL,
                        count INTEGER NOT NULL,
                        hash BLOB NOT NULL,
                        clock BLOB
                    ) STRICT;
                    CREATE TABLE feed_head (
                        feed INTEGER NOT NULL REFERENCES feed(id),
                        sequence INTEGER NOT NULL,
                        head BLOB NOT NULL,
                        PRIMARY KEY (feed, sequence)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE record (
                        feed INTEGER NOT NULL REFERENCES feed(id),
                        sequence INTEGER NOT NULL,
                        header BLOB NOT NULL,
                        salt BLOB,
                        body BLOB,
                        PRIMARY KEY (feed, sequence)
                    ) STRICT, WITHOUT ROWID;
                    """),
            // How many bytes of headers, salts and bodies are kept of a feed.
            Migration(
                version: 2,
                sql: """
                    ALTER TABLE feed ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
                    UPDATE feed SET bytes = (
                        SELECT coalesce(sum(length(header) + ifnull(length(salt), 0)
                            + ifnull(length(body), 0)), 0)
                        FROM record WHERE record.feed = feed.id);
                    """),
            Migration(version: 3, sql: WaitingBatches.migration),
            Migration(version: 4, sql: seedMigration),
        ])

    /// Where a feed ends.
    package func end(of feed: FeedID) throws -> End {
        try connection.first(
            "SELECT count, hash, clock FROM feed WHERE name = ?",
            .bytes(feed.canonicalBytes)
        ) { row in
            try End(
                count: row.bits(0), hash: Digest(canonical: row.bytes(1)),
                clock: row.optionalBytes(2).map { try VersionVector(canonicalBytes: $0) })
        } ?? .none
    }

    /// How many records of each feed are stored.
    package func vector(of topic: Topic? = nil, scope: Scope? = nil) throws -> VersionVector {
        var vector = VersionVector()
        for (feed, count) in try ends(of: topic, scope: scope).map({ ($0.feed, $0.count) }) {
            vector[feed] = count
        }
        return vector
    }

    /// The hash of what is stored of one topic and scope: two stores that hold the same records
    /// have the same digest.
    package func digest(of topic: Topic, scope: Scope) throws -> Digest {
        var writer = CBORWriter()
        for end in try ends(of: topic, scope: scope) {
            writer.array(3)
            writer.value(end.feed)
            writer.unsigned(end.count)
            writer.value(end.hash)
        }
        return Digest(of: writer.bytes)
    }

    /// The topics and scopes of which anything is stored, in ascending order.
    package func subjects() throws -> [(topic: Topic, scope: Scope)] {
        try connection.rows("SELECT DISTINCT topic, scope FROM feed ORDER BY topic, scope") { row in
            guard let topic = Topic(rawValue: row.bits(0)), let scope = Scope(row.text(1)) else {
                throw CodingError(.value, in: "stored feed")
            }
            return (topic, scope)
        }
    }

    /// Adds records of one feed behind the last one, in order.
    ///
    /// - Parameters:
    ///   - records: Consecutive records; none change nothing.
    ///   - clock: The last clock that was written in full, for a feed written here.
    /// - Throws: ``StorageError`` if they cannot be stored.
    package func append(_ records: ArraySlice<Record>, clock: VersionVector? = nil) throws {
        guard let last = records.last else { return }
        let feed = last.header.feed
        let id = try connection.first(
            """
            INSERT INTO feed (name, topic, scope, count, hash, clock, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET
                count = excluded.count, hash = excluded.hash,
                clock = coalesce(excluded.clock, clock), bytes = bytes + excluded.bytes
            RETURNING id
            """,
            .bytes(feed.canonicalBytes), .integer(feed.topic.rawValue), .text(feed.scope.text),
            .integer(last.header.sequence), .bytes(last.hash.bytes),
            .optionalBytes(clock?.canonicalBytes),
            .integer(records.reduce(0) { $0 + $1.storedByteCount })
        ) { $0.integer(0) }
        guard let id else { throw CodingError(.missing, in: "stored feed") }
        try connection.runEach(
            "INSERT INTO record (feed, sequence, header, salt, body) VALUES (?, ?, ?, ?, ?)",
            records
        ) { (record) throws(StorageError) in
            [
                .integer(id), .integer(record.header.sequence), .bytes(record.headerBytes),
                .optionalBytes(record.content?.salt), .optionalBytes(record.content?.body),
            ]
        }
    }

    /// Stores a signature over everything stored so far of a feed.
    ///
    /// One head is kept for every ``headSpacing`` records, the last of each stretch: enough to
    /// send any part of the feed in bounded batches, and few enough to cost nothing.
    package func setHead(_ head: FeedHead) throws {
        let feed = SQLValue.bytes(head.feed.canonicalBytes)
        let stretch = head.sequence / Self.headSpacing * Self.headSpacing
        try connection.run(
            """
            DELETE FROM feed_head
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence >= ? AND sequence <= ?
            """, feed, .integer(stretch), .integer(head.sequence))
        try connection.run(
            """
            INSERT INTO feed_head (feed, sequence, head)
            SELECT id, ?, ? FROM feed WHERE name = ? AND count = ?
            """, .integer(head.sequence), .bytes(head.canonicalBytes), feed,
            .integer(head.sequence))
    }

    /// How many records lie between the heads that are kept.
    private static let headSpacing: UInt64 = 512

    /// The records of a feed behind some place, in order.
    package func records(
        of feed: FeedID, after sequence: UInt64, through last: UInt64 = UInt64(Int64.max),
        maximum: Int
    ) throws -> [Record] {
        try connection.rows(
            """
            SELECT header, salt, body FROM record
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence > ? AND sequence <= ?
            ORDER BY sequence LIMIT ?
            """,
            .bytes(feed.canonicalBytes), .integer(sequence), .integer(last), .integer(maximum)
        ) { row in
            try Record(
                headerBytes: row.bytes(0),
                content: row.optionalBytes(1).map {
                    RecordContent(salt: $0, body: row.bytes(2))
                })
        }
    }

    /// The next records behind some place, as one batch that ends at a signed head.
    ///
    /// - Parameters:
    ///   - feed: The feed.
    ///   - sequence: The place.
    ///   - bodyBytesMaximum: The budget of bytes.
    ///   - withSeeds: Whether salts may travel as the seeds that they come from.
    /// - Returns: As many records as fit a batch and the budget of bytes, but at least up to
    ///   the next head; nothing if nothing signed is stored behind that place.
    /// - Throws: ``StorageError``; ``CodingError`` if what is stored cannot be read.
    package func batch(
        of feed: FeedID, after sequence: UInt64, bodyBytesMaximum: Int = 1 << 20,
        withSeeds: Bool = false
    ) throws -> FeedBatch? {
        let heads = try connection.rows(
            """
            SELECT head FROM feed_head
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence > ? AND sequence <= ?
            ORDER BY sequence
            """,
            .bytes(feed.canonicalBytes), .integer(sequence),
            .integer(sequence + UInt64(FeedBatch.recordsMaximum))
        ) { try FeedHead(canonicalBytes: $0.bytes(0)) }
        guard let nearest = heads.first, let farthest = heads.last else { return nil }
        var records = try records(
            of: feed, after: sequence, through: farthest.sequence,
            maximum: FeedBatch.recordsMaximum)
        var head = farthest
        var byteCount = 0
        for record in records {
            byteCount += record.content?.body.count ?? 0
            if byteCount > bodyBytesMaximum && record.header.sequence > nearest.sequence {
                head = heads.last { $0.sequence < record.header.sequence } ?? nearest
                records.removeSubrange(Int(head.sequence - sequence)...)
                break
            }
        }
        let seeds = withSeeds ? try seeds(of: feed, sequence + 1...head.sequence) : []
        return FeedBatch(head: head, records: records, seeds: seeds)
    }

    func ends(
        of topic: Topic?, scope: Scope?
    ) throws -> [(feed: FeedID, count: UInt64, hash: Digest)] {
        try connection.rows(
            """
            SELECT name, count, hash FROM feed
            WHERE (?1 IS NULL OR topic = ?1) AND (?2 IS NULL OR scope = ?2) ORDER BY name
            """,
            .optionalInteger(topic?.rawValue), .optionalText(scope?.text)
        ) { row in
            (
                feed: try FeedID(canonicalBytes: row.bytes(0)), count: row.bits(1),
                hash: try Digest(canonical: row.bytes(2))
            )
        }
    }
}

extension Digest {
    /// Reads a hash that was stored as its 32 bytes.
    package init(canonical bytes: [UInt8]) throws(CodingError) {
        guard let digest = Digest(bytes: bytes) else { throw CodingError(.value, in: "hash") }
        self = digest
    }
}
