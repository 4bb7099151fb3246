/// Folds `log.snapshot` records into the place of the latest one of each scope.
struct SnapshotFold: RecordFold {
    let schema = SnapshotStore.schema

    func fold(_ record: Record, in transaction: ReplicaTransaction) throws {
        guard record.header.kind == LogSnapshot.recordKind,
            try LogSnapshot(in: record, under: transaction.membership) != nil
        else { return }
        try transaction.snapshots.add(record.header)
    }

    func forget(
        _ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        try transaction.snapshots.forget(feed, after: sequence)
        if sequence == 0 { try transaction.snapshots.removeBase(of: feed) }
    }

    func retire(
        _ feed: FeedID, through sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        // A snapshot whose content goes shows nothing any more.
        guard let (latest, place) = try transaction.snapshots.latest(of: feed.scope),
            latest == feed, place <= sequence
        else { return }
        try transaction.snapshots.forget(feed, after: place - 1)
    }
}

extension LogSnapshot {
    /// Reads the snapshot in a record, if it is one that counts: an administrator's, about the
    /// log of the scope that it stands in.
    init?(in record: Record, under membership: Membership) throws(CodingError) {
        let header = record.header
        guard header.kind == Self.recordKind, header.feed.topic == .audit,
            let content = record.content
        else { return nil }
        let snapshot = try LogSnapshot(canonicalBytes: content.body)
        guard membership.wasAdmin(header.feed.device, at: header.membershipHeight),
            membership.counts(header), snapshot.isOf(header.feed.scope)
        else { return nil }
        self = snapshot
    }
}

extension ReplicaTransaction {
    /// The snapshots, and the feeds that begin at one here.
    package var snapshots: SnapshotStore { SnapshotStore(connection) }
}
