/// One exchange with the hub, seen from a replica: what to send, and what to do with the reply.
///
/// Both halves are transactions of their own. A reply that never came, or came twice, leaves
/// nothing half-done: what was sent is sent again until the hub acknowledges it.
package struct SyncExchange: Sendable {
    /// What an exchange brought.
    package struct Outcome: Hashable, Sendable {
        /// How many records were received that were new here.
        package var received = 0
        /// Whether there is more to send or to fetch at once.
        package var hasMore = false
        /// Whether who belongs changed.
        package var hasNewMembership = false
    }

    /// How many bytes of bodies one request carries, give or take one batch.
    private static let bodyBytesMaximum = 1 << 20

    private let replica: Replica

    package init(replica: Replica) {
        self.replica = replica
    }

    /// What to ask the hub next.
    package func request(waiting wait: Duration) async throws -> ExchangeRequest {
        try await replica.read { transaction in
            let store = SyncStore(transaction.replicaStore)
            var request = ExchangeRequest()
            request.membershipHeight = transaction.membership.height
            request.hubIncarnation = try store.hubIncarnation()
            request.incarnation = transaction.identity.incarnation
            request.cursor = try store.cursor()
            if request.cursor == 0 { request.vector = try transaction.feeds.vector() }
            request.batches = try Self.unsent(in: transaction)
            request.wait = request.batches.isEmpty ? wait : .zero
            return request
        }
    }

    /// Takes the hub's reply to a request in.
    package func absorb(
        _ reply: ExchangeReply, to request: ExchangeRequest
    ) async throws -> Outcome {
        try await replica.write { transaction in
            var outcome = Outcome()
            let isBehind = try Self.isBehind(reply, to: request, in: transaction)
            if isBehind { try transaction.beginLife(for: .behind) }
            let before = transaction.membership.device(transaction.identity.id)?.capabilities
            outcome.hasNewMembership = try Self.admit(reply.membership, in: transaction)
            let after = transaction.membership.device(transaction.identity.id)?.capabilities
            let alarms = AlarmStore(transaction.connection)
            for batch in reply.batches {
                outcome.received += try Self.admit(batch, in: transaction, alarms)
            }
            let store = SyncStore(transaction.replicaStore)
            // If the position was set back since the request was made, the reply leaves out
            // what the device went back for.
            let cursor = try store.cursor() < request.cursor ? 0 : reply.cursor
            try store.advance(
                to: cursor, of: reply.hubIncarnation, acknowledged: reply.acknowledged)
            // A device that may receive more has missed the beginning of it.
            if before != after || isBehind { try store.restart() }
            for digest in reply.digests {
                try Self.compare(digest, in: transaction, alarms)
            }
            outcome.hasMore = try reply.hasMore || Self.hasUnsent(in: transaction)
            return outcome
        }
    }

    /// Whether this replica went back to an earlier state: the hub has more of a feed than its
    /// author.
    ///
    /// It counts only while all that is here is known to be the beginning of what the hub has.
    /// Otherwise there are two histories, and the hub says so when it is shown the other one.
    private static func isBehind(
        _ reply: ExchangeReply, to request: ExchangeRequest, in transaction: ReplicaTransaction
    ) throws -> Bool {
        let life = transaction.identity.incarnation
        let newer = reply.acknowledged.filtered {
            $0.device == transaction.identity.id && $0.incarnation == life
        }
        let acknowledged = try SyncStore(transaction.replicaStore).acknowledged()
        let sent = Dictionary(
            request.batches.map { ($0.head.feed, $0.head.sequence) }, uniquingKeysWith: max)
        return try newer.feeds.contains { feed in
            let count = try transaction.feeds.end(of: feed).count
            return newer[feed] > count && count <= max(acknowledged[feed], sent[feed] ?? 0)
        }
    }

    private static func hasUnsent(in transaction: ReplicaTransaction) throws -> Bool {
        // Everything stored of an own feed is signed, so whatever is there can be sent.
        let acknowledged = try SyncStore(transaction.replicaStore).acknowledged()
        let own = try transaction.feeds.vector().filtered {
            $0.device == transaction.identity.id
        }
        return !acknowledged.contains(own)
    }

    private static func unsent(in transaction: ReplicaTransaction) throws -> [FeedBatch] {
        let acknowledged = try SyncStore(transaction.replicaStore).acknowledged()
        let vector = try transaction.feeds.vector()
        var batches: [FeedBatch] = []
        var byteCount = 0
        for feed in vector.feeds where feed.device == transaction.identity.id {
            guard vector[feed] > acknowledged[feed], byteCount < bodyBytesMaximum,
                batches.count < ExchangeRequest.batchesMaximum,
                let batch = try transaction.feeds.batch(of: feed, after: acknowledged[feed])
            else { continue }
            byteCount += batch.records.reduce(0) { $0 + ($1.content?.body.count ?? 0) }
            batches.append(batch)
        }
        return batches
    }

    private static func admit(
        _ entries: [MembershipEntry], in transaction: ReplicaTransaction
    ) throws -> Bool {
        var isNew = false
        for entry in entries where entry.height > transaction.membership.height {
            try transaction.admit(entry)
            isNew = true
        }
        return isNew
    }

    private static func admit(
        _ batch: FeedBatch, in transaction: ReplicaTransaction, _ alarms: AlarmStore
    ) throws -> Int {
        do {
            return try transaction.admit(batch)
        } catch let error as FeedError {
            // One bad feed must not keep the others from arriving; a person is told.
            let kind: Alarm.Kind
            switch error {
            case .fork: kind = .fork
            case .notAuthentic, .notPermitted: kind = .notAuthentic
            case .gap, .membershipBehind: throw error
            }
            try alarms.raise(
                Alarm(
                    kind: kind, subject: batch.head.feed.device.description,
                    time: transaction.environment.now(), detail: error.evidence))
            return 0
        }
    }

    private static func compare(
        _ theirs: StateDigest, in transaction: ReplicaTransaction, _ alarms: AlarmStore
    ) throws {
        // Histories that differ have different digests, and that is no news.
        let ours = try transaction.stateDigest(of: theirs.topic, theirs.scope)
        guard ours.vector == theirs.vector else { return }
        let subject = theirs.name
        if ours.digest == theirs.digest {
            try alarms.clear(.digestMismatch, subject: subject)
        } else {
            try alarms.raise(
                Alarm(
                    kind: .digestMismatch, subject: subject,
                    time: transaction.environment.now(),
                    detail: "\(ours.digest) ≠ \(theirs.digest)"))
        }
    }
}
