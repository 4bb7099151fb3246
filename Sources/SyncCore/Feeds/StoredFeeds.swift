/// What the tables say of where a feed ends, not yet believed.
package struct StoredFeedEnd: Hashable, Sendable {
    /// The row of the feed.
    package let row: Int
    package let feed: FeedID
    package let count: UInt64
    /// The highest sequence of a record, and of a head; 0 without any.
    package let recordsLast: UInt64
    package let headsLast: UInt64
    /// How many records lie before the place where the feed begins here, and the hash of the last
    /// of them.
    package let base: UInt64
    package let baseHash: Digest

    package init(
        row: Int, feed: FeedID, count: UInt64, recordsLast: UInt64, headsLast: UInt64,
        base: UInt64 = 0, baseHash: Digest = .zero
    ) {
        (self.base, self.baseHash) = (base, baseHash)
        self.row = row
        self.feed = feed
        self.count = count
        self.recordsLast = recordsLast
        self.headsLast = headsLast
    }
}

/// A record's row, not yet believed.
package struct StoredRecord: Hashable, Sendable {
    package let sequence: UInt64
    package let header: [UInt8]
    package let salt: [UInt8]?
    package let body: [UInt8]?

    package init(sequence: UInt64, header: [UInt8], salt: [UInt8]?, body: [UInt8]?) {
        self.sequence = sequence
        self.header = header
        self.salt = salt
        self.body = body
    }
}

/// A head's row, not yet believed.
package struct StoredHead: Hashable, Sendable {
    package let sequence: UInt64
    package let bytes: [UInt8]

    package init(sequence: UInt64, bytes: [UInt8]) {
        self.sequence = sequence
        self.bytes = bytes
    }
}

/// Reads the rows of feeds for ``FeedVerification``, where a damaged one is a finding and not
/// a failure.
package struct StoredFeeds {
    private let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Where each feed ends, and how many rows of the table of feeds cannot be read.
    package func ends() throws -> (ends: [StoredFeedEnd], unreadable: Int) {
        let rows = try connection.rows(
            """
            SELECT f.id, f.name, f.count,
                (SELECT max(sequence) FROM record r WHERE r.feed = f.id),
                (SELECT max(sequence) FROM feed_head h WHERE h.feed = f.id),
                (SELECT b.count FROM feed_base b WHERE b.feed = f.name),
                (SELECT b.hash FROM feed_base b WHERE b.feed = f.name)
            FROM feed f ORDER BY f.name
            """
        ) { row -> StoredFeedEnd? in
            guard let feed = Self.feed(row.bytes(1)) else { return nil }
            return StoredFeedEnd(
                row: row.integer(0), feed: feed, count: UInt64(max(row.integer(2), 0)),
                recordsLast: UInt64(max(row.optionalInteger(3) ?? 0, 0)),
                headsLast: UInt64(max(row.optionalInteger(4) ?? 0, 0)),
                base: UInt64(max(row.optionalInteger(5) ?? 0, 0)),
                baseHash: row.optionalBytes(6).flatMap { Digest(bytes: $0) } ?? .zero)
        }
        return (rows.compactMap(\.self), rows.count { $0 == nil })
    }

    /// The next records at or below a sequence, descending, and the heads among them.
    package func page(
        of feed: Int, from sequence: UInt64, maximum: Int
    ) throws -> (records: [StoredRecord], heads: [StoredHead]) {
        let records = try connection.rows(
            """
            SELECT sequence, header, salt, body FROM record
            WHERE feed = ? AND sequence <= ? AND sequence > 0 ORDER BY sequence DESC LIMIT ?
            """,
            .integer(feed), .integer(sequence), .integer(maximum)
        ) { row in
            StoredRecord(
                sequence: row.bits(0), header: row.bytes(1), salt: row.optionalBytes(2),
                body: row.optionalBytes(3))
        }
        let heads = try connection.rows(
            """
            SELECT sequence, head FROM feed_head
            WHERE feed = ? AND sequence <= ? AND sequence >= ? ORDER BY sequence DESC
            """,
            .integer(feed), .integer(sequence), .integer(records.last?.sequence ?? 1)
        ) { StoredHead(sequence: $0.bits(0), bytes: $0.bytes(1)) }
        return (records, heads)
    }

    private static func feed(_ name: [UInt8]) -> FeedID? {
        do throws(CodingError) {
            return try FeedID(canonicalBytes: name)
        } catch {
            return nil
        }
    }
}
