extension FeedStore {
    /// How many bytes of records are kept of a topic, all scopes together.
    package func byteCount(of topic: Topic) throws -> Int {
        try connection.first(
            "SELECT coalesce(sum(bytes), 0) FROM feed WHERE topic = ?",
            .integer(topic.rawValue)
        ) { $0.integer(0) } ?? 0
    }

    /// Erases salt and body of records; their headers, and so the chain and its signatures, stay.
    ///
    /// - Parameters:
    ///   - feed: The feed.
    ///   - sequences: The records; those that are erased already, or not there, change nothing.
    /// - Returns: How many bytes were erased.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func eraseContent(of feed: FeedID, _ sequences: [UInt64]) throws -> Int {
        let name = SQLValue.bytes(feed.canonicalBytes)
        var erased = 0
        for sequence in sequences {
            erased +=
                try connection.first(
                    """
                    SELECT ifnull(length(salt), 0) + ifnull(length(body), 0) FROM record
                    WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence = ?
                    """, name, .integer(sequence)
                ) { $0.integer(0) } ?? 0
            try connection.run(
                """
                UPDATE record SET salt = NULL, body = NULL
                WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence = ?
                """, name, .integer(sequence))
            try forgetSalt(of: feed, sequence)
        }
        try connection.run(
            "UPDATE feed SET bytes = bytes - ? WHERE name = ?", .integer(erased), name)
        return erased
    }
}

extension Record {
    /// How many bytes of it are kept.
    var storedByteCount: Int {
        headerBytes.count + (content.map { $0.salt.count + $0.body.count } ?? 0)
    }
}
