/// One exchange with the hub, seen from a replica: what to send, and what to do with the reply.
///
/// Both halves are transactions of their own. A reply that never came, or came twice, leaves
/// nothing half-done: what was sent is sent again until the hub acknowledges it.
package struct SyncExchange: Sendable {
    /// What an exchange brought.
    package struct Outcome: Hashable, Sendable {
        /// How many records were received that were new here.
        package var received = 0
        /// How far the feeds reach that were sent.
        package var sent = VersionVector()
        /// How many histories gave way to another one that is signed, too.
        package var mended = 0
        /// Whether there is more to send or to fetch at once.
        package var hasMore = false
        /// How many records the hub has besides, if it said so.
        package var remaining: UInt64?
        /// Whether who belongs changed.
        package var hasNewMembership = false
        /// The topics and scopes of which the hub holds the same records and another state.
        package var mismatches: [StateDigest] = []
        /// How the hub's chain of membership stands to the one here.
        package var chain = ChainRelation.same
        /// Whether the hub lives another life than before: it may have forgotten something.
        package var hasNewHubLife = false
    }

    /// How the hub's chain of membership stands to the one here.
    package enum ChainRelation: Hashable, Sendable {
        /// They are the same, or what is missing here comes with the next reply.
        case same
        /// The hub has the beginning of it, up to this height: it forgot the rest.
        case hubIsBehind(after: UInt64)
        /// They part somewhere.
        case differs
    }

    /// How many bytes of bodies one request carries, give or take one batch.
    private static let bodyBytesMaximum = 1 << 20

    let replica: Replica

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
            if try store.isComparing() { request.vector = try transaction.feeds.vector() }
            request.mayBeginAtSnapshot =
                try request.cursor == 0 && transaction.mayBeginAtSnapshot
                && transaction.waiting.feeds().isEmpty
            request.checkpoint = try transaction.checkpoints.newestBytes()
            if let hub = transaction.membership.hub?.card.id {
                request.unproven = try transaction.checkpoints.unproven(
                    maximum: ExchangeRequest.unprovenMaximum
                ).map(\.0).filter { $0.hub == hub }.map(\.size)
            }
            // While it is not known what the hub has, it is asked, and sent nothing.
            request.form = BatchParcel.form
            if try !store.isDoubtful() {
                if try store.readsParcels() {
                    request.parcels = try Self.unsent(in: transaction, withSeeds: true)
                        .map(BatchParcel.init)
                } else {
                    request.batches = try Self.unsent(in: transaction, withSeeds: false)
                }
                request.carried = try Self.carried(in: transaction)
            }
            let carried = try store.carried()
            request.carriedVector = carried.feeds.isEmpty ? nil : carried
            let hasToSend =
                !request.batches.isEmpty || !request.parcels.isEmpty || !request.carried.isEmpty
            request.wait = try hasToSend || store.isDoubtful() ? .zero : wait
            return request
        }
    }

    /// Takes the hub's reply to a request in.
    package func absorb(
        _ reply: ExchangeReply, to request: ExchangeRequest
    ) async throws -> Outcome {
        let batches = try Self.batches(of: reply)
        return try await replica.write { transaction in
            var outcome = Outcome()
            for batch in request.batches + request.carried {
                outcome.sent[batch.head.feed] = batch.head.sequence
            }
            for parcel in request.parcels { outcome.sent[parcel.feed] = parcel.last }
            let isBehind = try Self.isBehind(reply, to: request, in: transaction)
            if isBehind { try transaction.beginLife(for: .behind) }
            let before = transaction.membership.device(transaction.identity.id)?.capabilities
            outcome.hasNewMembership = try Self.admit(reply.membership, in: transaction)
            for rival in reply.rivals where rival.height <= transaction.membership.height {
                if try transaction.reconcile([rival]) { outcome.hasNewMembership = true }
            }
            outcome.chain = try Self.relation(of: reply, to: transaction)
            let after = transaction.membership.device(transaction.identity.id)?.capabilities
            let alarms = AlarmStore(transaction.connection)
            if outcome.hasNewMembership { outcome.received += try transaction.admitWaiting() }
            if request.mayBeginAtSnapshot {
                for batch in reply.snapshots { try transaction.begin(at: batch) }
            }
            if before != after, transaction.membership.may(transaction.identity.id, .auditor) {
                try transaction.dropBases()
            }
            var hasGap = false
            for batch in batches {
                switch try transaction.receive(batch) {
                case .stored(let count): outcome.received += count
                case .waits: hasGap = true
                case .refused: break
                }
            }
            try Self.noteSurvivor(in: transaction, alarms)
            try Self.noteFrozen(reply.frozen, in: transaction, alarms)
            try transaction.take(reply, provingFor: request)
            let store = SyncStore(transaction.replicaStore)
            try store.noteForm(reply.form ?? 0)
            // If the position was set back since the request was made, the reply leaves out
            // what the device went back for.
            let cursor = try store.cursor() < request.cursor ? 0 : reply.cursor
            // A hub that was restored or put back lacks what it wrote and took since then: whoever
            // holds some of it brings it back.
            if let life = try store.hubIncarnation(), life != reply.hubIncarnation {
                outcome.hasNewHubLife = true
                try transaction.carryEverything()
            }
            try store.advance(
                to: cursor, of: reply.hubIncarnation, acknowledged: reply.acknowledged)
            if request.vector != nil { try store.setComparing(reply.hasMore) }
            outcome.remaining = reply.remaining
            // A device that may receive more has missed the beginning of it; whoever lacks
            // records before others asks for them by saying what it has.
            // Under two lists of members what was written under the other one waits for the
            // decision, and asking would not help.
            let isForked = try outcome.chain == .differs || !transaction.rivals().isEmpty
            if before != after || isBehind || (hasGap && !isForked) { try store.restart() }
            if try store.isDoubtful() { try Self.settle(reply, in: transaction, alarms) }
            let hasToCarry = try Self.noteCarried(reply, to: request, in: store)
            // Under two lists of members the same configuration counts differently.
            for digest in reply.digests where digest.topic != .config || !isForked {
                guard try !Self.isEqual(digest, in: transaction, alarms) else { continue }
                outcome.mismatches.append(digest)
            }
            outcome.hasMore = try reply.hasMore || hasToCarry || Self.hasUnsent(in: transaction)
            return outcome
        }
    }

    /// What a reply brings, read and checked before the replica is held for it.
    private static func batches(of reply: ExchangeReply) throws(EnvelopeError) -> [FeedBatch] {
        do throws(CodingError) {
            return try reply.parcels.open() + reply.batches
        } catch {
            throw EnvelopeError(.content, cause: error)
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
            request.batches.map { ($0.head.feed, $0.head.sequence) }
                + request.parcels.map { ($0.feed, $0.last) }, uniquingKeysWith: max)
        return try newer.feeds.contains { feed in
            let count = try transaction.feeds.end(of: feed).count
            return newer[feed] > count && count <= max(acknowledged[feed], sent[feed] ?? 0)
        }
    }

    private static func hasUnsent(in transaction: ReplicaTransaction) throws -> Bool {
        // Everything stored of an own feed is signed, so whatever is there can be sent.
        let acknowledged = try SyncStore(transaction.replicaStore).acknowledged()
        return try !acknowledged.contains(offered(in: transaction))
    }

    /// What of this device's records the hub is to have.
    static func offered(in transaction: ReplicaTransaction) throws -> VersionVector {
        let store = SyncStore(transaction.replicaStore)
        let disputed = try store.disputed()
        let isFrozen = try store.isFrozen()
        return try transaction.feeds.vector().filtered { feed in
            feed.device == transaction.identity.id && disputed[feed] == 0
                && !(isFrozen && feed.topic == .config)
        }
    }

    private static func unsent(
        in transaction: ReplicaTransaction, withSeeds: Bool
    ) throws -> [FeedBatch] {
        let acknowledged = try SyncStore(transaction.replicaStore).acknowledged()
        let vector = try offered(in: transaction)
        var batches: [FeedBatch] = []
        var byteCount = 0
        for feed in vector.feeds {
            guard vector[feed] > acknowledged[feed], byteCount < bodyBytesMaximum,
                batches.count < ExchangeRequest.batchesMaximum,
                let batch = try transaction.feeds.batch(
                    of: feed, after: acknowledged[feed], withSeeds: withSeeds)
            else { continue }
            byteCount += batch.records.reduce(0) { $0 + ($1.content?.body.count ?? 0) }
            batches.append(batch)
        }
        return batches
    }

    /// The records of other devices that the hub lacks, as far as they fit a request.
    private static func carried(in transaction: ReplicaTransaction) throws -> [FeedBatch] {
        let store = SyncStore(transaction.replicaStore)
        guard let known = try store.carriedKnown() else { return [] }
        let carried = try store.carried()
        var batches: [FeedBatch] = []
        var byteCount = 0
        for feed in carried.feeds where carried[feed] > known[feed] {
            guard byteCount < bodyBytesMaximum, batches.count < ExchangeRequest.batchesMaximum,
                let batch = try transaction.feeds.batch(of: feed, after: known[feed])
            else { continue }
            byteCount += batch.records.reduce(0) { $0 + ($1.content?.body.count ?? 0) }
            batches.append(batch)
        }
        return batches
    }

    private static func noteCarried(
        _ reply: ExchangeReply, to request: ExchangeRequest, in store: SyncStore
    ) throws -> Bool {
        // A hub of an earlier version does not answer, and is asked again another time.
        guard request.carriedVector != nil, let known = reply.carried else { return false }
        let sent = request.carried.map { ($0.head.feed, $0.first - 1) }
        return try store.noteCarried(known, sent: Dictionary(sent, uniquingKeysWith: max))
    }

    /// Takes the hub's word for what it has of this device's records, after it refused some
    /// because others are missing there.
    private static func settle(
        _ reply: ExchangeReply, in transaction: ReplicaTransaction, _ alarms: AlarmStore
    ) throws {
        let store = SyncStore(transaction.replicaStore)
        let known = try store.acknowledged()
        if !reply.acknowledged.contains(known) {
            try alarms.raise(
                Alarm(
                    kind: .hubWentBack, subject: reply.hubIncarnation.number.description,
                    time: transaction.environment.now(), detail: ""))
        }
        try store.setAcknowledged(reply.acknowledged)
    }

    /// Notes that the hub lacks records that it had acknowledged: the next exchange asks what it
    /// has.
    package func doubtAcknowledged() async throws {
        try await replica.write { try SyncStore($0.replicaStore).doubtAcknowledged() }
    }

    private static func admit(
        _ entries: [MembershipEntry], in transaction: ReplicaTransaction
    ) throws -> Bool {
        var isNew = false
        for entry in entries where entry.height > transaction.membership.height {
            // It follows another history: the chains are compared as a whole.
            guard entry.previous == transaction.membership.head else { return isNew }
            do {
                try transaction.admit(entry)
            } catch let error as MembershipError where error.code == .forked {
                return isNew
            }
            isNew = true
        }
        return isNew
    }

    private static func relation(
        of reply: ExchangeReply, to transaction: ReplicaTransaction
    ) throws -> ChainRelation {
        guard let height = reply.chainHeight, let head = reply.chainHead, height > 0 else {
            return .same
        }
        let membership = transaction.membership
        guard height <= membership.height else {
            // More of the same comes with the next reply, unless it did not follow.
            let next = reply.membership.first { $0.height == membership.height + 1 }
            return next == nil || next?.previous == membership.head ? .same : .differs
        }
        let own = try transaction.replicaStore.membershipEntries(after: height - 1, maximum: 1)
        guard own.first?.hash == head else { return .differs }
        return height < membership.height ? .hubIsBehind(after: height) : .same
    }

    /// Tells a person that the hub showed a list of members that breaks the rules.
    func noteFalseMembership(_ error: MembershipError) async throws {
        try await replica.write { transaction in
            try AlarmStore(transaction.connection).raise(
                Alarm(
                    kind: .falseMembership, subject: error.code.rawValue,
                    time: transaction.environment.now(), detail: error.explanation.es))
        }
    }

    /// What the hub lacks of the chain of membership.
    package func entries(after height: UInt64) async throws -> [MembershipEntry] {
        try await replica.read { transaction in
            try transaction.replicaStore.membershipEntries(
                after: height, maximum: ExchangeReply.membershipMaximum)
        }
    }

    /// Takes in the hub's whole chain, which parts from the one here.
    ///
    /// - Returns: Whether who belongs changed, and what of the chain here the hub lacks.
    package func reconcile(
        _ chain: [MembershipEntry]
    ) async throws -> (isNew: Bool, missing: [MembershipEntry]) {
        try await replica.write { transaction in
            let isNew = try transaction.reconcile(chain)
            let known = Set(chain.map(\.hash))
            let own = try transaction.replicaStore.membershipEntries(after: 0)
            return (isNew, own.filter { !known.contains($0.hash) })
        }
    }

    private static func isEqual(
        _ theirs: StateDigest, in transaction: ReplicaTransaction, _ alarms: AlarmStore
    ) throws -> Bool {
        // Histories that differ have different digests, and that is no news.
        let ours = try transaction.stateDigest(of: theirs.topic, theirs.scope)
        guard ours.vector == theirs.vector else { return true }
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
        return ours.digest == theirs.digest
    }
}
