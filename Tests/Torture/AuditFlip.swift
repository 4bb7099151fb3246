import SyncCore

/// Changes one byte of one audit record's body, in a copy of a device's home.
///
/// Only the keys that lie in the home open its replica, so this is what somebody who has taken
/// over the whole machine could do. `log verify` on the copy must name the record.
struct AuditFlip {
    /// The record that was changed.
    struct Record {
        let feed: FeedID
        let sequence: UInt64

        /// The record in one line.
        var json: String {
            JSONValue.object([
                "device": .string(feed.device.description), "topic": .string(feed.topic.name),
                "scope": .string(feed.scope.text), "sequence": .integer(Int64(sequence)),
            ]).text
        }
    }

    private let home: String

    init(home: String) {
        self.home = home
    }

    /// Changes the middle byte of the middle record that has a body.
    func run() async throws -> Record {
        let path = home + "/replica.db"
        let key = try KeyFile.open(
            for: path, machineKey: try MachineKey.read(at: home + "/machine.key"))
        // No table is made or changed: the replica's own are there already.
        let database = try Database(path: path, key: key, modules: [])
        let record = try await database.write { connection in try Self.flip(connection) }
        try await database.close()
        return record
    }

    private static func flip(_ connection: Connection) throws -> Record {
        let candidates = try connection.rows(
            """
            SELECT f.id, f.name, r.sequence, r.body FROM record r JOIN feed f ON f.id = r.feed
            WHERE f.topic = ? AND length(r.body) > 0 ORDER BY f.id, r.sequence
            """, .integer(Topic.audit.rawValue)
        ) { (feed: $0.integer(0), name: $0.bytes(1), sequence: $0.bits(2), body: $0.bytes(3)) }
        guard !candidates.isEmpty else { throw AuditFlipError() }
        let chosen = candidates[candidates.count / 2]
        var body = chosen.body
        body[body.count / 2] ^= 1
        try connection.run(
            "UPDATE record SET body = ? WHERE feed = ? AND sequence = ?",
            .bytes(body), .integer(chosen.feed), .integer(chosen.sequence))
        return Record(
            feed: try FeedID(canonicalBytes: chosen.name), sequence: chosen.sequence)
    }
}

/// There is no audit record to change.
struct AuditFlipError: Error, CustomStringConvertible {
    var description: String { "The replica holds no audit record with a body." }
}
