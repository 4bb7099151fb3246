import SyncCore

extension Hub {
    /// How many bytes of bodies one reply carries, give or take one batch.
    private static let bodyBytesMaximum = 1 << 20
    /// How many stretches of feeds one reply looks at.
    private static let stretchesMaximum = 4096

    /// Takes a device's records, and gives it what it lacks; waits if there is nothing.
    func exchange(_ request: ExchangeRequest, for device: DeviceID) async throws -> HubReply {
        try await recall(request.checkpoint)
        let received = try Self.received(in: request)
        if !received.isEmpty {
            if try await take(received, from: device) > 0 { news.post() }
        }
        if !request.carried.isEmpty {
            if try await takeCarried(request.carried, by: device) > 0 { news.post() }
        }
        let deadline = environment.uptime() + min(request.wait, ExchangeRequest.waitMaximum)
        while true {
            let edition = news.edition
            let reply = try await news(for: device, since: request)
            let remaining = deadline - environment.uptime()
            let isNews =
                !reply.batches.isEmpty || !reply.parcels.isEmpty || !reply.membership.isEmpty
            let isPoll = received.isEmpty && request.carriedVector == nil
            guard !isNews, isPoll, remaining > .zero, !Task.isCancelled else {
                return .exchange(reply)
            }
            await news.wait(after: edition, atMost: remaining, in: environment)
        }
    }

    /// A batch, and the parcel it came in.
    private struct Received: Sendable {
        let batch: FeedBatch
        let parcel: BatchParcel?
    }

    /// What a request brings, read and checked before the store is held for it.
    private static func received(in request: ExchangeRequest) throws -> [Received] {
        zip(try request.parcels.open(), request.parcels).map(Received.init)
            + request.batches.map { Received(batch: $0, parcel: nil) }
    }

    /// Stores what a device wrote, all of it or nothing, and returns how many records were new.
    ///
    /// A device whose records contradict those it sent before is frozen: what it queues is still
    /// taken, as long as it continues one history, but it configures nothing and sends nothing.
    private func take(_ received: [Received], from device: DeviceID) async throws -> Int {
        do {
            return try await store.transaction { transaction in
                let isFrozen = try transaction.evidence(against: device) != nil
                return try received.reduce(0) { count, received in
                    let feed = received.batch.head.feed
                    // A device speaks for itself only; what others wrote comes from them.
                    guard feed.device == device else { throw HubRefusal(.notPermitted) }
                    guard !isFrozen || feed.topic != .config else {
                        throw HubRefusal(.feedFork)
                    }
                    return try count
                        + transaction.admit(received.batch, keeping: received.parcel)
                }
            }
        } catch FeedError.fork(let feed, let sequence) {
            try await store.transaction { transaction in
                for received in received where received.batch.head.feed == feed {
                    try transaction.freeze(device, evidence: received.batch)
                }
            }
            throw FeedError.fork(feed, sequence: sequence)
        }
    }

    /// Stores what a device carries for others, which have no way here themselves.
    ///
    /// Every record is signed by its author, so the carrier can leave some out and nothing else.
    /// What cannot be taken is passed over: the counts in the reply say so. Of a device that was
    /// revoked only the log is taken, as evidence.
    private func takeCarried(
        _ batches: [FeedBatch], by carrier: DeviceID
    ) async throws -> Int {
        let own = store.identity
        return try await store.transaction { transaction in
            try batches.filter { $0.head.feed.device != carrier }.reduce(0) { count, batch in
                let reception = try Self.takeCarried(batch, in: transaction, to: own)
                return if case .stored(let new) = reception { count + new } else { count }
            }
        }
    }

    /// Stores a batch that somebody else than its author brought, if it may be brought so.
    ///
    /// - Parameters:
    ///   - batch: The batch, whose signature is checked here.
    ///   - transaction: Where to.
    ///   - hub: The hub itself, for whose present life nobody speaks.
    /// - Returns: What became of it; two histories freeze their author.
    /// - Throws: ``FeedError`` if it is not authentic.
    static func takeCarried(
        _ batch: FeedBatch, in transaction: any ServerTransaction, to hub: DeviceIdentity
    ) throws -> ReplicaTransaction.Reception {
        let feed = batch.head.feed
        guard mayBeCarried(feed, in: transaction.membership, to: hub) else {
            return .refused(.notPermitted(feed))
        }
        guard try feed.topic != .config || transaction.evidence(against: feed.device) == nil
        else { return .refused(.fork(feed, sequence: batch.head.sequence)) }
        do {
            return .stored(try transaction.admit(batch))
        } catch let error as FeedError {
            switch error {
            case .fork where feed.device == hub.id:
                // It was put back and wrote on before it noticed: both are kept.
                try transaction.keepEvidence(batch)
                return .refused(error)
            case .fork:
                try transaction.freeze(feed.device, evidence: batch)
                return .refused(error)
            case .gap, .membershipBehind: return .waits
            case .notAuthentic, .notPermitted: throw error
            }
        }
    }

    /// Whether others may bring a feed: a member's, the log of a revoked device, that of a hub
    /// whose place this one took, or what this one wrote in a former life and forgot.
    private static func mayBeCarried(
        _ feed: FeedID, in membership: Membership, to hub: DeviceIdentity
    ) -> Bool {
        guard let author = membership.device(feed.device) else {
            let isOwn = feed.device == hub.id && feed.incarnation == hub.incarnation
            return membership.isHub(feed.device) && !isOwn && feed.topic == .audit
        }
        return author.isActive || feed.topic == .audit
    }

    private func news(
        for device: DeviceID, since request: ExchangeRequest
    ) async throws -> ExchangeReply {
        let identity = store.identity
        let incarnation = identity.incarnation
        let now = environment.now()
        return try await store.transaction { transaction in
            guard let member = transaction.membership.device(device) else {
                throw HubRefusal(.notAMember)
            }
            let subscription = Subscription(of: member, in: request.incarnation)
            var reply = ExchangeReply(hubIncarnation: incarnation)
            reply.form = request.form.map { _ in BatchParcel.form }
            reply.membership = try transaction.membershipEntries(
                after: request.membershipHeight, maximum: ExchangeReply.membershipMaximum)
            reply.chainHeight = transaction.membership.height
            reply.chainHead = transaction.membership.head
            reply.rivals = Array(
                try transaction.rivals().prefix(ExchangeReply.rivalsMaximum))
            let vector = try transaction.vector()
            reply.acknowledged = vector.filtered { $0.device == device }
            if let carried = request.carriedVector {
                reply.carried = vector.filtered { carried[$0] > 0 }
            }
            if member.capabilities.contains(.admin) {
                reply.frozen = Array(
                    try transaction.frozenDevices().prefix(ExchangeReply.frozenMaximum))
            }
            try Self.addCheckpoint(to: &reply, for: request, of: identity, transaction, at: now)
            // Who the authors are has to be known before what they wrote.
            guard reply.membership.count < ExchangeReply.membershipMaximum else {
                reply.cursor = request.hubIncarnation == incarnation ? request.cursor : 0
                reply.hasMore = true
                return reply
            }
            let start = request.hubIncarnation == incarnation ? request.cursor : 0
            try transaction.notePlace(of: device, at: start, now: now)
            let known = try request.vector.map {
                try Self.showSnapshots(
                    in: &reply, to: member, request, having: $0, from: transaction)
            }
            try Self.collect(
                into: &reply, from: transaction, after: start, subscription: subscription,
                known: known)
            if let known {
                reply.remaining = Self.remaining(
                    of: vector.filtered { subscription.includes($0) }, known: known,
                    brought: reply.parcels.map { ($0.feed, $0.last) }
                        + reply.batches.map { ($0.head.feed, $0.head.sequence) })
            }
            if !reply.hasMore {
                for (topic, scope) in try transaction.subjects()
                where subscription.includes(topic, scope) {
                    reply.digests.append(try transaction.stateDigest(of: topic, scope))
                }
            }
            return reply
        }
    }

    /// Shows a new replica where the log it receives may begin.
    ///
    /// - Returns: What the device has then.
    private static func showSnapshots(
        in reply: inout ExchangeReply, to member: Membership.Device, _ request: ExchangeRequest,
        having vector: VersionVector, from transaction: any ServerTransaction
    ) throws -> VersionVector {
        var known = vector
        guard request.mayBeginAtSnapshot, request.cursor == 0,
            !member.capabilities.contains(.auditor)
        else { return known }
        for (topic, scope) in try transaction.subjects()
        where topic == .audit && member.receives(topic, scope)
            && reply.snapshots.count < ExchangeReply.snapshotsMaximum
        {
            guard let (snapshot, batch) = try transaction.shownSnapshot(of: scope) else {
                continue
            }
            let new = snapshot.ends.filter {
                known[$0.feed] == 0 && $0.feed.device != member.card.id
            }
            guard !new.isEmpty else { continue }
            reply.snapshots.append(batch)
            for end in new { known[end.feed] = end.count }
        }
        return known
    }

    /// How many records a device lacks once it has stored some feeds up to some places.
    private static func remaining(
        of vector: VersionVector, known: VersionVector, brought: [(feed: FeedID, last: UInt64)]
    ) -> UInt64 {
        var stored = known
        for (feed, last) in brought { stored[feed] = max(stored[feed], last) }
        return vector.feeds.reduce(0) { sum, feed in
            sum + (vector[feed] > stored[feed] ? vector[feed] - stored[feed] : 0)
        }
    }

    private static func collect(
        into reply: inout ExchangeReply, from transaction: any ServerTransaction,
        after start: UInt64, subscription: Subscription, known: VersionVector?
    ) throws {
        reply.cursor = start
        var sent = known ?? VersionVector()
        var byteCount = 0
        let stretches = try transaction.stretches(after: start, maximum: stretchesMaximum)
        for stretch in stretches {
            if subscription.includes(stretch.feed), stretch.last > sent[stretch.feed] {
                guard byteCount < bodyBytesMaximum,
                    max(reply.batches.count, reply.parcels.count)
                        < ExchangeRequest.batchesMaximum
                else {
                    reply.hasMore = true
                    return
                }
                let place = max(stretch.first - 1, sent[stretch.feed])
                let last: UInt64
                if reply.form != nil {
                    let parcel = try parcel(of: stretch.feed, after: place, in: transaction)
                    byteCount += try parcel.unpackedByteCount
                    last = parcel.last
                    reply.parcels.append(parcel)
                } else {
                    let batch = try batch(
                        of: stretch.feed, after: place, withSeeds: false, in: transaction)
                    byteCount += batch.records.reduce(0) { $0 + ($1.content?.body.count ?? 0) }
                    last = batch.head.sequence
                    reply.batches.append(batch)
                }
                sent[stretch.feed] = last
                // A long stretch may need several batches: the rest comes next time.
                guard last >= stretch.last else {
                    reply.hasMore = true
                    return
                }
            }
            reply.cursor = stretch.position
        }
        reply.hasMore = stretches.count == stretchesMaximum
    }

    /// The next records of a feed in the parcel that they came in, or in a new one.
    private static func parcel(
        of feed: FeedID, after place: UInt64, in transaction: any ServerTransaction
    ) throws -> BatchParcel {
        if let parcel = try transaction.parcel(of: feed, after: place) { return parcel }
        return BatchParcel(try batch(of: feed, after: place, withSeeds: true, in: transaction))
    }

    private static func batch(
        of feed: FeedID, after place: UInt64, withSeeds: Bool,
        in transaction: any ServerTransaction
    ) throws -> FeedBatch {
        guard let batch = try transaction.batch(of: feed, after: place, withSeeds: withSeeds)
        else { throw HubRefusal(.unavailable) }
        return batch
    }
}
