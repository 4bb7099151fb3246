/// Folds `retention.cut` records into the cuts that count.
struct RetentionFold: RecordFold {
    let schema = RetentionStore.schema

    func fold(_ record: Record, in transaction: ReplicaTransaction) throws {
        let header = record.header
        guard header.feed.topic == .config, header.kind == RetentionCut.recordKind,
            let content = record.content
        else { return }
        let cut = try RetentionCut(canonicalBytes: content.body)
        let membership = transaction.membership
        // As with configuration: what its author said it knew decides, and the chain.
        guard membership.wasAdmin(header.feed.device, at: header.membershipHeight),
            membership.counts(header)
        else {
            try transaction.replicaStore.markVoid(header, reason: "not an administrator")
            return
        }
        let latest = RetentionCut.latest(at: header.time.timestamp)
        guard cut.parts.allSatisfy({ $0.before <= latest }) else {
            try transaction.replicaStore.markVoid(header, reason: "cut too late")
            return
        }
        try transaction.retention.add(cut, of: header)
    }

    func forget(
        _ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        try transaction.retention.lower(feed, to: sequence)
    }
}

extension ReplicaTransaction {
    /// The cuts, and how far they were carried out.
    package var retention: RetentionStore { RetentionStore(connection) }
}
