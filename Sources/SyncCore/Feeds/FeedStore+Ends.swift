extension FeedStore {
    /// Where the feeds of a topic and scope end, in ascending order.
    package func feedEnds(of topic: Topic, scope: Scope) throws -> [FeedEnd] {
        try ends(of: topic, scope: scope).map {
            FeedEnd(feed: $0.feed, count: $0.count, hash: $0.hash)
        }
    }

    /// The hash of a record as it is stored, whatever stands there; zeros if there is none.
    package func storedHash(of feed: FeedID, _ sequence: UInt64) throws -> Digest {
        try connection.first(
            """
            SELECT header FROM record
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence = ?
            """, .bytes(feed.canonicalBytes), .integer(sequence)
        ) { Digest(of: $0.bytes(0)) } ?? .zero
    }

    /// Notes anew with which hash a feed ends.
    func noteEnd(of feed: FeedID) throws {
        let count = try end(of: feed).count
        try connection.run(
            "UPDATE feed SET hash = ? WHERE name = ?",
            .bytes(try storedHash(of: feed, count).bytes), .bytes(feed.canonicalBytes))
    }

    /// The last place up to which a feed is signed, at or before some place; 0 if there is none.
    package func lastHead(of feed: FeedID, through sequence: UInt64) throws -> UInt64 {
        try connection.first(
            """
            SELECT max(sequence) FROM feed_head
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence <= ?
            """, .bytes(feed.canonicalBytes), .integer(sequence)
        ) { UInt64($0.optionalInteger(0) ?? 0) } ?? 0
    }

    /// Takes away the records of a feed behind a place where it is signed.
    package func removeRecords(of feed: FeedID, after sequence: UInt64) throws {
        let name = SQLValue.bytes(feed.canonicalBytes)
        let found = try connection.first("SELECT id FROM feed WHERE name = ?", name) {
            $0.integer(0)
        }
        guard let found else { return }
        let id = SQLValue.integer(found)
        let removed = try connection.first(
            """
            SELECT coalesce(sum(length(header) + ifnull(length(salt), 0)
                + ifnull(length(body), 0)), 0)
            FROM record WHERE feed = ? AND sequence > ?
            """, id, .integer(sequence)
        ) { $0.integer(0) }
        for table in ["feed_head", "record"] {
            try connection.run(
                "DELETE FROM \(table) WHERE feed = ? AND sequence > ?", id, .integer(sequence))
        }
        try connection.run(
            "DELETE FROM salt_seed WHERE feed = ? AND first > ?", id, .integer(sequence))
        try connection.run(
            "DELETE FROM parcel WHERE feed = ? AND last > ?", id, .integer(sequence))
        if sequence == 0 {
            try connection.run("DELETE FROM feed WHERE id = ?", id)
            try SnapshotStore(connection).removeBase(of: feed)
        } else {
            try connection.run(
                """
                UPDATE feed SET count = ?2, hash = ?3, bytes = bytes - ?4 WHERE id = ?1
                """, id, .integer(sequence), .bytes(try storedHash(of: feed, sequence).bytes),
                .integer(removed ?? 0))
        }
    }
}
