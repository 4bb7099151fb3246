/// How many records of each feed have been seen.
///
/// A vector *contains* another when it has seen at least as many records of every feed. When
/// neither contains the other, the histories are concurrent, and only a merge rule can settle
/// them. A feed that does not appear has no record, so the empty vector precedes all others.
package struct VersionVector: Hashable, Sendable {
    /// Where one history stands with respect to another.
    package enum Relation: Sendable {
        case same
        case before
        case after
        case concurrent
    }

    /// How many feeds a vector that is received may name.
    package static let feedsMaximum = 16_384

    // Invariant: every count is positive. Equal histories therefore compare equal.
    private var counts: [FeedID: UInt64] = [:]

    /// Creates the vector of a history without records.
    package init() {}

    /// The number of records seen of a feed.
    package subscript(feed: FeedID) -> UInt64 {
        get { counts[feed] ?? 0 }
        set { counts[feed] = newValue == 0 ? nil : newValue }
    }

    /// The feeds that have records, in ascending order.
    ///
    /// - Complexity: O(*n* log *n*). A dictionary's own order differs between runs, and anything
    ///   that is hashed, signed or sent must not.
    package var feeds: [FeedID] { counts.keys.sorted() }

    /// Adds every record that another history has seen.
    ///
    /// The operation is commutative, associative and idempotent, so the order and number of
    /// exchanges between devices do not matter.
    package mutating func formUnion(_ other: VersionVector) {
        counts.merge(other.counts, uniquingKeysWith: max)
    }

    /// The history that has seen what either has.
    package func union(_ other: VersionVector) -> VersionVector {
        var union = self
        union.formUnion(other)
        return union
    }

    /// The part of the history that concerns some feeds.
    package func filtered(by isIncluded: (FeedID) -> Bool) -> VersionVector {
        var part = VersionVector()
        part.counts = counts.filter { isIncluded($0.key) }
        return part
    }

    /// Compares two histories.
    package func relation(to other: VersionVector) -> Relation {
        switch (contains(other), other.contains(self)) {
        case (true, true): .same
        case (true, false): .after
        case (false, true): .before
        case (false, false): .concurrent
        }
    }

    /// Whether this history has seen everything the other has.
    package func contains(_ other: VersionVector) -> Bool {
        other.counts.allSatisfy { feed, count in self[feed] >= count }
    }
}

extension VersionVector: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(counts.count)
        for feed in feeds {
            writer.array(2)
            writer.value(feed)
            writer.unsigned(self[feed])
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let count = try reader.array(maximum: Self.feedsMaximum, in: "version vector")
        var last: FeedID?
        for _ in 0..<count {
            guard try reader.array(maximum: 2) == 2 else {
                throw CodingError(.value, in: "version vector")
            }
            let feed: FeedID = try reader.value()
            let number = try reader.position(in: "version vector")
            guard number > 0 else { throw CodingError(.value, in: "version vector") }
            if let last, last >= feed { throw CodingError(.notCanonical, in: "version vector") }
            last = feed
            counts[feed] = number
        }
    }
}
