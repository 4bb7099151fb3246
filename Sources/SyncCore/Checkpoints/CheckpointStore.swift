/// The checkpoints that a replica has seen, and what contradicts them.
package struct CheckpointStore {
    /// Where a checkpoint came from, when it stood in another device's head.
    package struct Witness: Hashable, Sendable {
        package let feed: FeedID
        package let sequence: UInt64

        package init(feed: FeedID, sequence: UInt64) {
            self.feed = feed
            self.sequence = sequence
        }
    }

    /// Two checkpoints of one hub that cannot belong to one history: both are signed by it.
    package struct SplitView: Hashable, Sendable {
        package let first: Checkpoint
        package let second: Checkpoint
        package let time: Timestamp
        /// The record that brought one of them here, if it was not the hub itself.
        package let witness: Witness?
    }

    /// How many checkpoints wait for a proof; more come again with later heads.
    private static let unprovenMaximum = 256
    /// How many contradictions are kept; each one is proof enough.
    private static let splitViewsMaximum = 64
    private static let newestFact = "newest checkpoint"

    private let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    static let schema = SchemaModule(
        name: "checkpoints",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE checkpoint (
                        hub BLOB NOT NULL,
                        incarnation INTEGER NOT NULL,
                        size INTEGER NOT NULL,
                        root BLOB NOT NULL,
                        bytes BLOB NOT NULL,
                        is_proven INTEGER NOT NULL,
                        feed BLOB,
                        sequence INTEGER,
                        PRIMARY KEY (hub, incarnation, size)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE split_view (
                        first BLOB NOT NULL,
                        second BLOB NOT NULL,
                        time INTEGER NOT NULL,
                        feed BLOB,
                        sequence INTEGER,
                        PRIMARY KEY (first, second)
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    private var facts: ReplicaStore { ReplicaStore(connection) }

    /// The newest checkpoint that was proved here.
    package func newest() throws -> Checkpoint? {
        try newestBytes().map { try Checkpoint(bytes: $0) }
    }

    /// The newest checkpoint that was proved here, as the hub encoded it.
    func newestBytes() throws -> [UInt8]? { try facts.fact(Self.newestFact) }

    /// The checkpoint of a hub's life at a size, if it was seen.
    func checkpoint(like other: Checkpoint) throws -> (Checkpoint, Witness?)? {
        try connection.first(
            Self.select + "WHERE hub = ? AND incarnation = ? AND size = ?",
            .bytes(other.hub.bytes), SQLValue(bits: other.incarnation.number),
            .integer(other.size), body: Self.row)
    }

    /// Checkpoints that others had seen and nobody has proved here, the oldest first.
    package func unproven(maximum: Int) throws -> [(Checkpoint, Witness?)] {
        try connection.rows(
            Self.select + "WHERE NOT is_proven ORDER BY hub, incarnation, size LIMIT ?",
            .integer(maximum), body: Self.row)
    }

    /// Keeps a checkpoint that is to be proved.
    func keep(_ checkpoint: Checkpoint, seenIn witness: Witness?) throws {
        let count =
            try connection.first("SELECT count(*) FROM checkpoint WHERE NOT is_proven") {
                $0.integer(0)
            } ?? 0
        guard count < Self.unprovenMaximum else { return }
        try insert(checkpoint, isProven: false, witness)
    }

    /// Notes that checkpoints are the beginning of a newer one, which is remembered instead.
    func setNewest(_ checkpoint: Checkpoint) throws {
        try connection.run(
            "DELETE FROM checkpoint WHERE hub = ? AND incarnation = ? AND is_proven",
            .bytes(checkpoint.hub.bytes), SQLValue(bits: checkpoint.incarnation.number))
        try insert(checkpoint, isProven: true, nil)
        try facts.setFact(Self.newestFact, checkpoint.bytes)
    }

    /// Forgets a checkpoint that was proved to be the beginning of the newest one, or shown to
    /// contradict it.
    func settle(_ checkpoint: Checkpoint) throws {
        try connection.run(
            "DELETE FROM checkpoint WHERE hub = ? AND incarnation = ? AND size = ? "
                + "AND NOT is_proven",
            .bytes(checkpoint.hub.bytes), SQLValue(bits: checkpoint.incarnation.number),
            .integer(checkpoint.size))
    }

    /// Keeps two checkpoints that contradict each other.
    func add(
        _ first: Checkpoint, against second: Checkpoint, seenIn witness: Witness?,
        at now: Timestamp
    ) throws {
        let count =
            try connection.first("SELECT count(*) FROM split_view") { $0.integer(0) } ?? 0
        guard count < Self.splitViewsMaximum else { return }
        try connection.run(
            "INSERT INTO split_view (first, second, time, feed, sequence) VALUES (?, ?, ?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            .bytes(first.bytes), .bytes(second.bytes), .integer(now.milliseconds),
            .optionalBytes(witness?.feed.canonicalBytes), .optionalInteger(witness?.sequence))
    }

    /// What proves that a hub showed different histories, oldest first.
    package func splitViews() throws -> [SplitView] {
        try connection.rows(
            "SELECT first, second, time, feed, sequence FROM split_view ORDER BY time, first"
        ) { row in
            SplitView(
                first: try Checkpoint(bytes: row.bytes(0)),
                second: try Checkpoint(bytes: row.bytes(1)),
                time: Timestamp(milliseconds: Int64(row.integer(2))),
                witness: try Self.witness(row.optionalBytes(3), row.optionalInteger(4)))
        }
    }

    private func insert(
        _ checkpoint: Checkpoint, isProven: Bool, _ witness: Witness?
    ) throws {
        try connection.run(
            """
            INSERT INTO checkpoint
                (hub, incarnation, size, root, bytes, is_proven, feed, sequence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (hub, incarnation, size) DO UPDATE SET
                is_proven = max(is_proven, excluded.is_proven)
            """,
            .bytes(checkpoint.hub.bytes), SQLValue(bits: checkpoint.incarnation.number),
            .integer(checkpoint.size), .bytes(checkpoint.root.bytes), .bytes(checkpoint.bytes),
            .boolean(isProven), .optionalBytes(witness?.feed.canonicalBytes),
            .optionalInteger(witness?.sequence))
    }

    private static let select = "SELECT bytes, feed, sequence FROM checkpoint "

    private static func row(_ row: borrowing Row) throws -> (Checkpoint, Witness?) {
        (
            try Checkpoint(bytes: row.bytes(0)),
            try witness(row.optionalBytes(1), row.optionalInteger(2))
        )
    }

    private static func witness(_ feed: [UInt8]?, _ sequence: Int?) throws -> Witness? {
        guard let feed, let sequence else { return nil }
        return Witness(
            feed: try FeedID(canonicalBytes: feed), sequence: UInt64(max(sequence, 0)))
    }
}
