/// A view that is folded from records, in one transaction with them.
///
/// Folding a record twice must change nothing, and the order in which records of different
/// feeds arrive must not matter.
package protocol RecordFold: Sendable {
    /// The tables of the view.
    var schema: SchemaModule { get }

    /// Takes a record into account that was just stored.
    ///
    /// - Throws: ``CodingError`` if the body does not have the form that its kind demands: the
    ///   record is then kept and passed on, but does not count.
    func fold(_ record: Record, in transaction: ReplicaTransaction) throws

    /// Takes note of a record that does not count: its kind is none that this version knows, or
    /// its body has another form.
    ///
    /// It may be folded later, by a version that reads it.
    func passOver(_ header: RecordHeader, in transaction: ReplicaTransaction) throws

    /// Forgets what was folded from the records of a feed behind a place: others are about to take
    /// their place.
    ///
    /// What only grows may stay.
    func forget(_ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction) throws

    /// Erases what was folded from the records of a feed behind a place, because this device is not
    /// to have them any more.
    func leave(_ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction) throws

    /// Erases what was folded from the first records of a feed, because their time is over.
    ///
    /// What is still to be done stays: a mail that waits is sent, however old its record.
    func retire(
        _ feed: FeedID, through sequence: UInt64, in transaction: ReplicaTransaction) throws

    /// Takes into account that another life of this replica has begun: whatever the former one
    /// did after the state that is stored here is not known.
    ///
    /// It runs in the transaction in which the life begins, and may append records to it.
    func beginLife(for reason: FormerLife.Reason, in transaction: ReplicaTransaction) throws
}

extension RecordFold {
    package func passOver(
        _ header: RecordHeader, in transaction: ReplicaTransaction
    ) throws {}

    package func forget(
        _ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {}

    package func retire(
        _ feed: FeedID, through sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {}

    package func leave(
        _ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        try forget(feed, after: sequence, in: transaction)
    }

    package func beginLife(
        for reason: FormerLife.Reason, in transaction: ReplicaTransaction
    ) throws {}
}

/// Folds `config.write` records into the configuration.
struct ConfigFold: RecordFold {
    let schema = ConfigStore.schema

    func fold(_ record: Record, in transaction: ReplicaTransaction) throws {
        let header = record.header
        guard header.feed.topic == .config, header.kind == ConfigWrite.recordKind,
            let content = record.content
        else { return }
        // Whether a write counts depends on what its author said it knew and on the chain
        // alone, so that every replica decides the same whenever the record arrives.
        let membership = transaction.membership
        let write = try ConfigWrite(canonicalBytes: content.body)
        guard
            ConfigAuthority(membership).allows(
                write.writes, by: header.feed.device, at: header.membershipHeight),
            membership.counts(header)
        else {
            try transaction.replicaStore.markVoid(header, reason: VoidRecord.notPermitted)
            return
        }
        try transaction.config.fold(write, of: header)
    }
}
