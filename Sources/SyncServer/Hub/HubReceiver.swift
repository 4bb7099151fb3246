import SyncCore

/// Lets a hub take in a file of records, which somebody carried to head office.
///
/// Whoever made the file is proved; whose records are in it decides what is taken, as with what a
/// device carries to the hub by network.
struct HubReceiver: ExportReceiver {
    let hub: Hub

    var identity: DeviceIdentity { hub.store.identity }

    func members() async throws -> (membership: Membership, entries: [MembershipEntry]) {
        try await hub.store.transaction { transaction in
            (
                transaction.membership,
                try transaction.membershipEntries(after: 0, maximum: .max)
            )
        }
    }

    func admit(_ entries: [MembershipEntry]) async throws -> Int {
        _ = try await hub.store.transaction { try $0.reconcile(entries) }
        hub.news.post()
        return 0
    }

    func receive(_ batch: FeedBatch) async throws -> ReplicaTransaction.Reception {
        let own = identity
        // What the hub wrote in its present life it has.
        guard batch.head.feed != own.feed(batch.head.feed.topic, batch.head.feed.scope) else {
            return .stored(0)
        }
        let reception = try await hub.store.transaction { transaction in
            try Hub.takeCarried(batch, in: transaction, to: own)
        }
        if case .stored(let count) = reception, count > 0 { hub.news.post() }
        if case .refused(let error) = reception { hub.refusals.note("\(error.refusal.code)") }
        return reception
    }

    func finish() async throws {}
}
