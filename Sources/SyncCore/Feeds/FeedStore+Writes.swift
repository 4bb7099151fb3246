extension FeedStore {
    /// How many headers are read together.
    private static let headersMaximum = 64

    /// When the last record of a feed was written.
    package func lastTime(of feed: FeedID) throws -> HybridTime? {
        try connection.first(
            """
            SELECT r.header FROM feed f JOIN record r ON r.feed = f.id AND r.sequence = f.count
            WHERE f.name = ?
            """, .bytes(feed.canonicalBytes)
        ) { try RecordHeader(canonicalBytes: $0.bytes(0)).time }
    }

    /// What the author of a record had received, itself excepted.
    package func clock(of feed: FeedID, at sequence: UInt64) throws -> VersionVector {
        var place = sequence
        while place > 0 {
            let headers = try connection.rows(
                """
                SELECT header FROM record
                WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence <= ?
                ORDER BY sequence DESC LIMIT ?
                """, .bytes(feed.canonicalBytes), .integer(place), .integer(Self.headersMaximum)
            ) { try RecordHeader(canonicalBytes: $0.bytes(0)) }
            if let clock = headers.lazy.compactMap(\.clock).first { return clock }
            guard let last = headers.last, headers.count == Self.headersMaximum else { break }
            place = last.sequence - 1
        }
        return VersionVector()
    }

    /// What a record wrote to a field of the configuration.
    package func write(_ dot: Dot, to path: RegisterPath) throws -> RegisterWrite? {
        let record = try records(of: FeedID(of: dot), after: dot.sequence - 1, maximum: 1).first
        guard let record, record.header.sequence == dot.sequence, let content = record.content
        else { return nil }
        return try ConfigWrite(canonicalBytes: content.body).writes.first { $0.path == path }
    }
}
