/// The cuts that administrators signed, and how far they were carried out here.
package struct RetentionStore {
    /// One part of a cut, and who signed it when.
    package struct Entry: Hashable, Sendable {
        /// The record that says it.
        package let dot: Dot
        package let topic: Topic
        package let before: Timestamp
        package let time: HybridTime
        package let actor: String
    }

    private let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    package static let schema = SchemaModule(
        name: "retention",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE retention_cut (
                        device BLOB NOT NULL,
                        incarnation INTEGER NOT NULL,
                        sequence INTEGER NOT NULL,
                        topic INTEGER NOT NULL,
                        before INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        actor TEXT NOT NULL,
                        PRIMARY KEY (device, incarnation, sequence, topic)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE retired_feed (
                        feed BLOB PRIMARY KEY,
                        sequence INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    /// Every cut that counts, in the order in which they were signed.
    package func entries() throws -> [Entry] {
        try connection.rows(
            """
            SELECT device, incarnation, sequence, topic, before, time, actor FROM retention_cut
            ORDER BY time, device, sequence, topic
            """
        ) { row in
            guard let device = DeviceID(bytes: row.bytes(0)),
                let topic = Topic(rawValue: row.bits(3))
            else { throw CodingError(.value, in: "stored cut") }
            return Entry(
                dot: Dot(
                    device: device, incarnation: Incarnation(number: row.bits(1)),
                    sequence: row.bits(2)),
                topic: topic, before: Timestamp(milliseconds: Int64(row.integer(4))),
                time: HybridTime(number: row.bits(5)), actor: row.text(6))
        }
    }

    /// Before when contents are to be erased, topic by topic.
    ///
    /// - Parameter now: Wall time: whatever an author's clock said, nothing goes that is younger
    ///   here than the least that is kept.
    /// - Returns: The latest cut of each topic.
    /// - Throws: ``StorageError``.
    package func cuts(at now: Timestamp) throws -> [Topic: Timestamp] {
        var cuts: [Topic: Timestamp] = [:]
        for entry in try entries() where entry.before <= RetentionCut.latest(at: now) {
            cuts[entry.topic] = max(entry.before, cuts[entry.topic] ?? entry.before)
        }
        return cuts
    }

    /// Keeps a cut; a second time changes nothing.
    func add(_ cut: RetentionCut, of header: RecordHeader) throws {
        for part in cut.parts {
            try connection.run(
                """
                INSERT INTO retention_cut
                    (device, incarnation, sequence, topic, before, time, actor)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                .bytes(header.feed.device.bytes), SQLValue(bits: header.feed.incarnation.number),
                .integer(header.sequence), .integer(part.topic.rawValue),
                .integer(part.before.milliseconds), SQLValue(bits: header.time.number),
                .text(header.actor))
        }
    }

    /// Forgets all cuts, before they are folded again.
    func removeAll() throws {
        try connection.run("DELETE FROM retention_cut")
    }

    /// How many records of a feed, from its first, have lost their contents.
    package func retired(of feed: FeedID) throws -> UInt64 {
        try connection.first(
            "SELECT sequence FROM retired_feed WHERE feed = ?", .bytes(feed.canonicalBytes)
        ) { $0.bits(0) } ?? 0
    }

    func setRetired(_ sequence: UInt64, of feed: FeedID) throws {
        try connection.run(
            """
            INSERT INTO retired_feed (feed, sequence) VALUES (?, ?)
            ON CONFLICT (feed) DO UPDATE SET sequence = excluded.sequence
            """, .bytes(feed.canonicalBytes), .integer(sequence))
    }

    /// Takes note that others may take the place of the records behind a place.
    func lower(_ feed: FeedID, to sequence: UInt64) throws {
        try connection.run(
            "UPDATE retired_feed SET sequence = min(sequence, ?) WHERE feed = ?",
            .integer(sequence), .bytes(feed.canonicalBytes))
    }
}
