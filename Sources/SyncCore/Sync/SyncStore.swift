/// Where a replica stands with respect to the hub.
package struct SyncStore {
    private let store: ReplicaStore

    private enum Fact {
        static let hub = "hub incarnation"
        static let cursor = "hub cursor"
        static let acknowledged = "acknowledged"
    }

    package init(_ store: ReplicaStore) {
        self.store = store
    }

    /// The life of the hub that the position belongs to.
    package func hubIncarnation() throws -> Incarnation? {
        try store.fact(Fact.hub).map { try Incarnation(canonicalBytes: $0) }
    }

    /// The last position of the hub's sequence that is stored here.
    package func cursor() throws -> UInt64 {
        try store.fact(Fact.cursor).map { try UInt64(canonicalBytes: $0) } ?? 0
    }

    /// How many records of this device's own feeds the hub has stored.
    package func acknowledged() throws -> VersionVector {
        try store.fact(Fact.acknowledged).map { try VersionVector(canonicalBytes: $0) }
            ?? VersionVector()
    }

    /// Goes back to the start: the next exchange compares everything once.
    package func restart() throws {
        try store.setFact(Fact.cursor, UInt64(0).canonicalBytes)
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
}
