/// Who takes in what a file of records brings: a device's replica, or a hub's store.
package protocol ExportReceiver: Sendable {
    /// Who opens the file.
    var identity: DeviceIdentity { get }

    /// Who belongs as far as is known here, and the entries that say so.
    func members() async throws -> (membership: Membership, entries: [MembershipEntry])

    /// Adds entries of membership that were proved, and returns how many records counted by that.
    ///
    /// A second time changes nothing.
    func admit(_ entries: [MembershipEntry]) async throws -> Int

    /// Takes a batch in whose signature was proved.
    ///
    /// A second time changes nothing.
    func receive(_ batch: FeedBatch) async throws -> ReplicaTransaction.Reception

    /// Says that all of the file was taken in.
    func finish() async throws
}

/// A device's replica: what it takes in for others it carries to the hub.
struct ReplicaReceiver: ExportReceiver {
    let replica: Replica

    var identity: DeviceIdentity { replica.identity }

    func members() async throws -> (membership: Membership, entries: [MembershipEntry]) {
        try await replica.read { transaction in
            (
                transaction.membership,
                try transaction.replicaStore.membershipEntries(after: 0)
            )
        }
    }

    func admit(_ entries: [MembershipEntry]) async throws -> Int {
        try await replica.write { transaction in
            for entry in entries where entry.height > transaction.membership.height {
                try transaction.admit(entry)
            }
            return try transaction.admitWaiting()
        }
    }

    func receive(_ batch: FeedBatch) async throws -> ReplicaTransaction.Reception {
        try await replica.write { transaction in
            let feed = batch.head.feed
            // A file that knows more of this device than it does itself: it was set back.
            if feed.device == transaction.identity.id,
                feed.incarnation == transaction.identity.incarnation,
                try transaction.feeds.end(of: feed).count < batch.head.sequence
            {
                try transaction.beginLife(for: .behind)
            }
            let reception = try transaction.receive(batch)
            if case .stored(let count) = reception, count > 0,
                feed.device != transaction.identity.id, transaction.membership.hub != nil,
                !transaction.membership.isHub(feed.device)
            {
                var carried = VersionVector()
                carried[feed] = try transaction.feeds.end(of: feed).count
                try SyncStore(transaction.replicaStore).carry(carried)
            }
            return reception
        }
    }

    func finish() async throws {
        try await replica.write { transaction in
            // What is missing is asked for, if there is a hub to ask.
            if try !transaction.waiting.gaps().isEmpty {
                try SyncStore(transaction.replicaStore).restart()
            }
        }
    }
}
