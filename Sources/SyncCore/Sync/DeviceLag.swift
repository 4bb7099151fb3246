/// How far a device is behind what it is to receive.
package struct DeviceLag: Hashable, Sendable {
    /// How many devices an answer may name.
    package static let devicesMaximum = Membership.devicesMaximum

    package let device: DeviceID
    /// When it was last heard of.
    package let heard: Timestamp?
    /// How many records of others it was not seen to have.
    package let recordsCount: UInt64
    /// When the first of them was written; nothing if there is none.
    package let since: Timestamp?
    /// Whether there may be more of them than were counted.
    package let isAtLeast: Bool

    package init(
        device: DeviceID, heard: Timestamp?, recordsCount: UInt64, since: Timestamp?,
        isAtLeast: Bool = false
    ) {
        self.device = device
        self.heard = heard
        self.recordsCount = recordsCount
        self.since = since
        self.isAtLeast = isAtLeast
    }
}

extension DeviceLag: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, device)
            fields.field(2, heard)
            fields.field(3, recordsCount)
            fields.field(4, since)
            fields.field(5, isAtLeast)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "device lag")
        device = try fields.required(1)
        heard = try fields.optional(2)
        recordsCount = try fields.position(3, in: "device lag records")
        since = try fields.optional(4)
        isAtLeast = try fields.required(5)
    }
}

extension ReplicaTransaction {
    /// How far a device is behind, as far as its own signed records tell.
    ///
    /// Its newest records say what it had when it wrote them. It may have received more since, so
    /// this is the most that it lacks of what is held here.
    ///
    /// - Parameter member: The device.
    /// - Returns: Nothing if no record of it is held.
    /// - Throws: ``StorageError``.
    package func recordedLag(of member: Membership.Device) throws -> DeviceLag? {
        let held = try feeds.vector()
        var heard: HybridTime?
        var seen = VersionVector()
        var nameable: Set<FeedID> = []
        for feed in held.feeds where feed.device == member.card.id {
            heard = max(try feeds.lastTime(of: feed) ?? .zero, heard ?? .zero)
            seen.formUnion(try feeds.clock(of: feed, at: held[feed]))
            nameable.formUnion(held.feeds.filter { $0.mayBeNamed(by: feed) })
        }
        guard let heard else { return nil }
        var lag: UInt64 = 0
        var since: HybridTime?
        for feed in nameable.sorted()
        where feed.device != member.card.id && member.receives(feed.topic, feed.scope)
            && held[feed] > seen[feed]
        {
            lag += held[feed] - seen[feed]
            guard let first = try feeds.time(of: feed, at: seen[feed] + 1) else { continue }
            since = min(first, since ?? first)
        }
        return DeviceLag(
            device: member.card.id, heard: heard.timestamp, recordsCount: lag,
            since: since?.timestamp)
    }
}

extension FeedStore {
    /// When a record was written; nothing if it is not here.
    package func time(of feed: FeedID, at sequence: UInt64) throws -> HybridTime? {
        try connection.first(
            """
            SELECT header FROM record
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence = ?
            """, .bytes(feed.canonicalBytes), .integer(sequence)
        ) { try RecordHeader(canonicalBytes: $0.bytes(0)).time }
    }
}
