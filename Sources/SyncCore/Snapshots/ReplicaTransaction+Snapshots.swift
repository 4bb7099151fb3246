extension ReplicaTransaction {
    /// Signs where the log of a scope may begin at new replicas.
    ///
    /// - Parameters:
    ///   - scope: The scope; this device must hold all of its log.
    ///   - time: Records written before need not be sent to new replicas.
    ///   - actor: Who wants it.
    /// - Returns: How many records new replicas are spared.
    /// - Throws: ``MembershipError`` if this device is no administrator, or does not receive the
    ///   log of the scope.
    @discardableResult
    package func takeSnapshot(
        of scope: Scope, before time: Timestamp, actor: String
    ) throws -> UInt64 {
        guard membership.may(identity.id, .admin),
            membership.device(identity.id)?.receives(.audit, scope) == true
        else { throw MembershipError(.notPermitted) }
        var ends: [FeedEnd] = []
        let vector = try feeds.vector(of: .audit, scope: scope)
        for feed in vector.feeds.prefix(LogSnapshot.endsMaximum) {
            let first = try snapshots.base(of: feed)?.end.count ?? 0
            let count = try count(of: feed, from: first, through: vector[feed], before: time)
            guard count > first else { continue }
            ends.append(
                FeedEnd(feed: feed, count: count, hash: try feeds.storedHash(of: feed, count)))
        }
        guard !ends.isEmpty else { return 0 }
        try append(
            LogSnapshot(ends), kind: LogSnapshot.recordKind, topic: .audit, scope: scope,
            actor: actor)
        return ends.reduce(0) { $0 + $1.count }
    }

    /// How many records of a feed were written before a time; its times ascend.
    private func count(
        of feed: FeedID, from first: UInt64, through last: UInt64, before time: Timestamp
    ) throws -> UInt64 {
        // Invariant: record `low` is older or before the first one; record `high` is not older.
        var (low, high) = (first, last + 1)
        while low + 1 < high {
            let middle = low + (high - low) / 2
            let written = try feeds.time(of: feed, at: middle)
            if let written, written.timestamp < time { low = middle } else { high = middle }
        }
        return low
    }

    /// The latest snapshot of a scope, with the signed records that show it.
    package func shownSnapshot(of scope: Scope) throws -> (LogSnapshot, FeedBatch)? {
        guard let (feed, sequence) = try snapshots.latest(of: scope) else { return nil }
        let place = try feeds.lastHead(of: feed, through: sequence - 1)
        guard let batch = try feeds.batch(of: feed, after: place, bodyBytesMaximum: 0),
            let record = batch.records.first(where: { $0.header.sequence == sequence }),
            let snapshot = try LogSnapshot(in: record, under: membership)
        else { return nil }
        return (snapshot, batch)
    }

    /// Whether a new replica may be given the log from a snapshot on: auditors keep all of it.
    package var mayBeginAtSnapshot: Bool {
        membership.device(identity.id).map { !$0.capabilities.contains(.auditor) } ?? false
    }

    /// Lets feeds of which nothing is here begin where a snapshot says.
    ///
    /// - Parameter batch: Signed records, among them a snapshot. What does not show one changes
    ///   nothing.
    /// - Throws: ``StorageError``.
    package func begin(at batch: FeedBatch) throws {
        let scope = batch.head.feed.scope
        guard mayBeginAtSnapshot,
            membership.device(identity.id)?.receives(.audit, scope) == true,
            let snapshot = try shown(by: batch)
        else { return }
        for end in snapshot.ends
        where try end.feed.device != identity.id && feeds.end(of: end.feed).count == 0 {
            try snapshots.setBase(end, shownBy: batch.canonicalBytes)
        }
    }

    private func shown(by batch: FeedBatch) throws -> LogSnapshot? {
        guard FeedAdmission(membership: membership).isAuthentic(batch) else { return nil }
        return try batch.records.reversed().lazy.compactMap { record throws(CodingError) in
            try LogSnapshot(in: record, under: membership)
        }.first
    }

    /// Gives up the feeds that begin at a snapshot, so that they are fetched from their first
    /// record: this device is to have all of them now.
    func dropBases() throws {
        for base in try snapshots.bases() {
            for fold in folds { try fold.forget(base.end.feed, after: 0, in: self) }
            try feeds.removeRecords(of: base.end.feed, after: 0)
        }
    }

    /// Whether what says where a feed begins is signed by an administrator.
    package func isShown(_ base: SnapshotStore.Base) throws -> Bool {
        guard let batch = try snapshots.evidence(base.evidence) else { return false }
        return try shown(by: batch)?.ends.contains(base.end) ?? false
    }
}
