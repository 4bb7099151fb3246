extension FeedStore {
    /// The step of the feeds' tables that made room for seeds and parcels.
    static let seedMigration = """
        CREATE TABLE salt_seed (
            feed INTEGER NOT NULL REFERENCES feed(id),
            first INTEGER NOT NULL,
            seed BLOB NOT NULL,
            PRIMARY KEY (feed, first)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE parcel (
            feed INTEGER NOT NULL REFERENCES feed(id),
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (feed, first)
        ) STRICT;
        """

    /// The seed that a record's salt comes from, if it comes from one.
    func seed(of feed: FeedID, at sequence: UInt64) throws -> SaltSeed? {
        try connection.first(
            """
            SELECT seed FROM salt_seed
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND first <= ?
            ORDER BY first DESC LIMIT 1
            """, .bytes(feed.canonicalBytes), .integer(sequence)
        ) { try SaltSeed(canonicalBytes: $0.bytes(0)) }
        .flatMap { $0.covers(sequence) ? $0 : nil }
    }

    /// The seeds from which salts of some consecutive records come, in ascending order.
    func seeds(of feed: FeedID, _ sequences: ClosedRange<UInt64>) throws -> [SaltSeed] {
        try connection.rows(
            """
            SELECT seed FROM salt_seed
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND first >= ? AND first <= ?
            ORDER BY first
            """, .bytes(feed.canonicalBytes),
            .integer(SaltSeed.stretch(of: sequences.lowerBound).lowerBound),
            .integer(sequences.upperBound)
        ) { try SaltSeed(canonicalBytes: $0.bytes(0)) }
    }

    /// Keeps seeds of a stored feed, except those that would give back a salt that was erased.
    ///
    /// - Returns: Whether all of them are kept.
    @discardableResult
    func keep(_ seeds: [SaltSeed], of feed: FeedID) throws -> Bool {
        var isWhole = true
        for seed in seeds {
            guard try self.seed(of: feed, at: seed.first) != seed else { continue }
            let name = SQLValue.bytes(feed.canonicalBytes)
            let hasErased = try connection.first(
                """
                SELECT 1 FROM record WHERE feed = (SELECT id FROM feed WHERE name = ?)
                AND sequence >= ? AND sequence <= ? AND salt IS NULL LIMIT 1
                """, name, .integer(seed.first), .integer(seed.last)
            ) { _ in true }
            guard hasErased == nil else {
                isWhole = false
                continue
            }
            try connection.run(
                """
                INSERT OR REPLACE INTO salt_seed (feed, first, seed)
                SELECT id, ?, ? FROM feed WHERE name = ?
                """, .integer(seed.first), .bytes(seed.canonicalBytes), name)
        }
        return isWhole
    }

    /// Forgets every seed from which a record's salt could be derived, and every parcel that
    /// holds its content.
    func forgetSalt(of feed: FeedID, _ sequence: UInt64) throws {
        let name = SQLValue.bytes(feed.canonicalBytes)
        try connection.run(
            """
            DELETE FROM salt_seed WHERE feed = (SELECT id FROM feed WHERE name = ?)
            AND first >= ? AND first <= ?
            """, name, .integer(SaltSeed.stretch(of: sequence).lowerBound), .integer(sequence))
        try connection.run(
            """
            DELETE FROM parcel WHERE feed = (SELECT id FROM feed WHERE name = ?)
            AND first <= ? AND last >= ?
            """, name, .integer(sequence), .integer(sequence))
    }
}
