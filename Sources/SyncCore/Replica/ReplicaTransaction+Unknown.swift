/// A record that is kept and passed on, and does not count here.
package struct VoidRecord: Hashable, Sendable {
    package let feed: FeedID
    package let sequence: UInt64
    package let kind: String
    package let time: HybridTime
    package let actor: String
    /// Why, for programs: ``unknownKind``, or what was wrong with it.
    package let reason: String

    /// The reason of a record whose kind this version does not know.
    package static let unknownKind = "unknown kind"
    /// The reason of a configuration that its author might not write.
    static let notPermitted = "not an administrator"

    /// Whether a later version may read it.
    package var isUnknown: Bool { reason != Self.notPermitted }
}

extension ReplicaTransaction {
    /// How many records without effect are shown.
    package static let voidRecordsMaximum = 1000

    /// The records of a topic that do not count here, oldest feed first.
    package func voidRecords(of topic: Topic) throws -> [VoidRecord] {
        try replicaStore.voidPlaces(of: topic, maximum: Self.voidRecordsMaximum).compactMap {
            place in
            try feeds.records(of: place.feed, after: place.sequence - 1, maximum: 1).first.map {
                VoidRecord(
                    feed: place.feed, sequence: place.sequence, kind: $0.header.kind,
                    time: $0.header.time, actor: $0.header.actor, reason: place.reason)
            }
        }
    }

    /// Whether a stored record says more than this version reads: a kind, a field of its header,
    /// or a part of its body.
    package func hasUnknownParts(_ feed: FeedID, _ sequence: UInt64) throws -> Bool {
        guard
            let record = try feeds.records(of: feed, after: sequence - 1, maximum: 1).first
        else { return false }
        guard record.isPlain, let kind = kinds[record.header] else { return true }
        return record.content.map { !kind.readsAll(of: $0.body) } ?? false
    }

    /// Folds the records of kinds that no earlier version which had this replica open read.
    ///
    /// - Returns: How many records were folded.
    /// - Throws: ``StorageError``.
    func foldNewKinds() throws -> Int {
        let folded = try replicaStore.foldedKinds()
        guard folded != kinds.names else { return 0 }
        try replicaStore.setFoldedKinds(kinds.names)
        // Those who did not note what they read knew these and no others.
        guard let folded else { return 0 }
        let new = kinds.missing(from: folded)
        var count = 0
        for topic in new.topics {
            for feed in try feeds.vector(of: topic).feeds {
                try forEachRecord(of: feed) { record in
                    guard new[record.header] != nil else { return }
                    try replicaStore.clearVoid(feed, at: record.header.sequence)
                    try fold(record)
                    count += 1
                }
            }
        }
        return count
    }
}
