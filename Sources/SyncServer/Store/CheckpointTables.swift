import SyncCore

/// The tree over every signed head that the hub accepted, in the embedded database.
struct CheckpointTables {
    let connection: Connection

    static let schema = SchemaModule(
        name: "hub checkpoints",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE hub_tree (
                        level INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        hash BLOB NOT NULL,
                        PRIMARY KEY (level, number)
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    /// The tree as it is now.
    func tree() throws -> MerkleTree {
        let size =
            try connection.first(
                "SELECT max(number) + 1 FROM hub_tree WHERE level = 0"
            ) { $0.optionalInteger(0) } ?? nil
        return MerkleTree(size: UInt64(size ?? 0)) { [connection] level, index in
            let hash = try connection.first(
                "SELECT hash FROM hub_tree WHERE level = ? AND number = ?", .integer(level),
                .integer(index)
            ) { try Digest(canonical: $0.bytes(0)) }
            guard let hash else { throw CodingError(.missing, in: "hub tree") }
            return hash
        }
    }

    /// Adds a head that was accepted.
    func append(_ head: FeedHead) throws {
        for node in try tree().appending(MerkleTree.leaf(head.canonicalBytes)) {
            try connection.run(
                "INSERT INTO hub_tree (level, number, hash) VALUES (?, ?, ?)",
                .integer(node.level), .integer(node.index), .bytes(node.hash.bytes))
        }
    }
}
