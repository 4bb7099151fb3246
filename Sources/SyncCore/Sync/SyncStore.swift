/// Where a replica stands with respect to the hub.
package struct SyncStore {
    private let store: ReplicaStore

    private enum Fact {
        static let hub = "hub incarnation"
        static let cursor = "hub cursor"
        static let acknowledged = "acknowledged"
        static let isDoubtful = "acknowledged in doubt"
        static let disputed = "disputed"
        static let isFrozen = "frozen"
        static let carried = "carried"
        static let isComparing = "comparing"
        static let carriedKnown = "carried known"
        static let form = "hub form"
    }

    package init(_ store: ReplicaStore) {
        self.store = store
    }

    /// The life of the hub that the position belongs to.
    package func hubIncarnation() throws -> Incarnation? {
        try store.fact(Fact.hub).map { try Incarnation(canonicalBytes: $0) }
    }

    /// Whether the hub's last reply said that it reads parcels.
    func readsParcels() throws -> Bool {
        let form = try store.fact(Fact.form).map { try UInt64(canonicalBytes: $0) } ?? 0
        return form >= BatchParcel.form
    }

    /// Notes which form of batches the hub reads.
    func noteForm(_ form: UInt64) throws {
        let bytes = form.canonicalBytes
        guard try store.fact(Fact.form) != bytes else { return }
        try store.setFact(Fact.form, bytes)
    }

    /// The last position of the hub's sequence that is stored here.
    package func cursor() throws -> UInt64 {
        try store.fact(Fact.cursor).map { try UInt64(canonicalBytes: $0) } ?? 0
    }

    /// How many records of this device's own feeds the hub has stored.
    package func acknowledged() throws -> VersionVector {
        try vector(Fact.acknowledged)
    }

    /// Whether it is to be asked anew what the hub has of this device's feeds.
    package func isDoubtful() throws -> Bool { try store.fact(Fact.isDoubtful) == [1] }

    /// Notes that the hub does not have what it acknowledged.
    package func doubtAcknowledged() throws { try store.setFact(Fact.isDoubtful, [1]) }

    /// Takes the hub's word for what it has, after it had less than it acknowledged.
    func setAcknowledged(_ vector: VersionVector) throws {
        try store.setFact(Fact.acknowledged, vector.canonicalBytes)
        try store.setFact(Fact.isDoubtful, [])
    }

    /// The feeds of former lives of this device of which the hub has another history.
    func disputed() throws -> VersionVector { try vector(Fact.disputed) }

    /// Notes that the hub has another history of some feeds: they are not offered to it again.
    func dispute(_ feeds: VersionVector) throws {
        try store.setFact(Fact.disputed, try disputed().union(feeds).canonicalBytes)
    }

    /// Whether the hub takes no configuration from this device until a person has chosen.
    package func isFrozen() throws -> Bool { try store.fact(Fact.isFrozen) == [1] }

    func setFrozen(_ isFrozen: Bool) throws {
        guard try self.isFrozen() != isFrozen else { return }
        try store.setFact(Fact.isFrozen, isFrozen ? [1] : [])
    }

    /// How many records of other devices' feeds came in files and are to be passed on.
    package func carried() throws -> VersionVector { try vector(Fact.carried) }

    /// How many of them the hub has; nothing until it was asked.
    func carriedKnown() throws -> VersionVector? {
        guard let bytes = try store.fact(Fact.carriedKnown), !bytes.isEmpty else { return nil }
        return try VersionVector(canonicalBytes: bytes)
    }

    /// Notes what is to be passed on to the hub, besides what already is.
    package func carry(_ vector: VersionVector) throws {
        try store.setFact(Fact.carried, try carried().union(vector).canonicalBytes)
        try store.setFact(Fact.carriedKnown, [])
    }

    /// Takes note of what the hub has of what is carried.
    ///
    /// - Parameters:
    ///   - known: How many records the hub has.
    ///   - sent: How many records the hub had, as far as was known, of the feeds of which more
    ///     were just sent; a feed of which it still has no more is carried no longer.
    /// - Returns: Whether there is something to send now.
    /// - Throws: ``StorageError``.
    func noteCarried(_ known: VersionVector, sent: [FeedID: UInt64]) throws -> Bool {
        let rest = try carried().filtered { feed in
            sent[feed].map { known[feed] > $0 } ?? true
        }
        let missing = rest.filtered { rest[$0] > known[$0] }
        try store.setFact(Fact.carried, missing.canonicalBytes)
        try store.setFact(Fact.carriedKnown, known.canonicalBytes)
        return !missing.feeds.isEmpty
    }

    /// Goes back to the start: the next exchange compares everything once.
    package func restart() throws {
        try store.setFact(Fact.cursor, UInt64(0).canonicalBytes)
    }

    /// Whether the hub is to be told what is stored here, because the position does not say it: at
    /// the start, and until all that is missing has come.
    package func isComparing() throws -> Bool {
        try cursor() == 0 || store.fact(Fact.isComparing) == [1]
    }

    /// Notes whether more of what is missing is to come.
    func setComparing(_ isComparing: Bool) throws {
        let value: [UInt8] = isComparing ? [1] : []
        guard try store.fact(Fact.isComparing) ?? [] != value else { return }
        try store.setFact(Fact.isComparing, value)
    }

    /// Stores a position; one of the same life never goes back, whatever order replies come in.
    package func advance(
        to cursor: UInt64, of hub: Incarnation, acknowledged: VersionVector
    ) throws {
        let isSameLife = try hubIncarnation() == hub
        let newCursor = isSameLife ? max(cursor, try self.cursor()) : cursor
        let newAcknowledged =
            isSameLife ? acknowledged.union(try self.acknowledged()) : acknowledged
        if !isSameLife { try store.setFact(Fact.hub, hub.canonicalBytes) }
        if try !isSameLife || newCursor != self.cursor() {
            try store.setFact(Fact.cursor, newCursor.canonicalBytes)
        }
        if try !isSameLife || newAcknowledged != self.acknowledged() {
            try store.setFact(Fact.acknowledged, newAcknowledged.canonicalBytes)
        }
    }

    private func vector(_ fact: String) throws -> VersionVector {
        try store.fact(fact).map { try VersionVector(canonicalBytes: $0) } ?? VersionVector()
    }
}
