/// A feed that a transaction writes: where it ends, and the clock of its next record.
private struct WrittenFeed {
    var count: UInt64
    var hash: Digest
    // Invariant: names no feed but those that its readers may know, and not itself.
    var clock: VersionVector
    /// Whether the last clock that was written in full is this one.
    var isClockWritten: Bool
    /// What the next salts come from, while it covers them.
    var seed: SaltSeed?
}

/// One transaction on a replica: what it stores is kept whole or not at all.
///
/// Records that are appended here are signed when the transaction ends, once for each feed.
/// It must not leave the body it was lent to.
package final class ReplicaTransaction {
    package let connection: Connection
    /// Who this device is, a life that began in this transaction included.
    package private(set) var identity: DeviceIdentity
    package let environment: Environment
    /// Who belongs, entries admitted in this transaction included.
    package private(set) var membership: Membership
    let folds: [any RecordFold]
    let kinds: KnownKinds
    // The feeds that were written here, and where they end now. A transaction is kept whole or
    // not at all, so what it knows of its own feeds cannot differ from what is stored.
    private var written: [FeedID: WrittenFeed] = [:]
    private var time: HybridTime {
        didSet { hasNewTime = true }
    }
    private var hasNewTime = false
    // Most heads name the same checkpoint as the one before.
    var lastNotedCheckpoint: [UInt8]?

    init(
        connection: Connection, identity: DeviceIdentity, environment: Environment,
        membership: Membership, folds: [any RecordFold], kinds: KnownKinds
    ) throws {
        self.connection = connection
        self.identity = identity
        self.environment = environment
        self.membership = membership
        self.folds = folds
        self.kinds = kinds
        time = try ReplicaStore(connection).latestTime()
    }

    /// The feeds.
    package var feeds: FeedStore { FeedStore(connection) }
    /// The configuration.
    package var config: ConfigStore { ConfigStore(connection) }
    /// The small facts and the membership chain.
    package var replicaStore: ReplicaStore { ReplicaStore(connection) }

    /// Writes a record to one of this device's feeds, and folds it.
    ///
    /// - Parameters:
    ///   - body: What it holds.
    ///   - kind: What it is, such as `config.write`.
    ///   - topic: Who receives it, together with the scope.
    ///   - scope: The part of the company it concerns.
    ///   - actor: Who caused it.
    /// - Returns: The record.
    /// - Throws: ``StorageError`` if it cannot be stored.
    @discardableResult
    package func append(
        _ body: some CBOREncodable, kind: String, topic: Topic, scope: Scope, actor: String
    ) throws -> Record {
        let feed = identity.feed(topic, scope)
        var end = try written[feed] ?? writtenFeed(feed)
        let sequence = end.count + 1
        let seed =
            end.seed.flatMap { $0.covers(sequence) ? $0 : nil }
            ?? SaltSeed(from: sequence, bytes: environment.randomBytes(SaltSeed.byteCount))
        let content = RecordContent(salt: seed.salt(of: sequence), body: body.canonicalBytes)
        precondition(
            content.body.count <= RecordHeader.bodyByteCountMaximum,
            "Whoever writes a record keeps its body within the limit.")
        let newClock = end.isClockWritten ? nil : end.clock
        time = time.next(at: environment.now())
        let header = RecordHeader(
            organisation: membership.organisation, feed: feed, sequence: sequence,
            previous: end.hash, clock: newClock, membershipHeight: membership.height, time: time,
            actor: actor, kind: kind, bodyByteCount: UInt64(content.body.count),
            commitment: content.commitment)
        let record = Record(header: header, content: content)
        try feeds.append([record], clock: newClock)
        if seed != end.seed { try feeds.keep([seed], of: feed) }
        end.seed = seed
        end.count = sequence
        end.hash = record.hash
        end.isClockWritten = true
        written[feed] = end
        noteNews(of: feed, count: end.count)
        try fold(record)
        return record
    }

    private func writtenFeed(_ feed: FeedID) throws -> WrittenFeed {
        let end = try feeds.end(of: feed)
        var clock = try feeds.vector().filtered { $0.mayBeNamed(by: feed) }
        clock[feed] = 0
        return WrittenFeed(
            count: end.count, hash: end.hash, clock: clock, isClockWritten: clock == end.clock,
            seed: try feeds.seed(of: feed, at: end.count + 1))
    }

    /// Lets the clocks of feeds written here count the records of another one.
    private func noteNews(of feed: FeedID, count: UInt64) {
        for other in written.keys where other != feed && feed.mayBeNamed(by: other) {
            written[other]?.clock[feed] = count
            written[other]?.isClockWritten = false
        }
    }

    /// Begins another life of this replica: from now on it writes other feeds.
    ///
    /// What the former life wrote is kept and passed on. The hub is asked for everything once
    /// more, because it may know what the former life did later.
    ///
    /// - Parameter reason: Why.
    /// - Throws: ``StorageError``.
    package func beginLife(for reason: FormerLife.Reason) throws {
        precondition(written.isEmpty, "One life at a time writes.")
        let lives = LifeStore(replicaStore)
        try lives.add(
            FormerLife(
                incarnation: identity.incarnation, end: environment.now(), reason: reason))
        let next = Incarnation(number: environment.randomNumber())
        try IdentityStore(connection).setIncarnation(next)
        identity = identity.living(as: next)
        try SyncStore(replicaStore).restart()
        guard membership.height > 0 else { return }
        for fold in folds { try fold.beginLife(for: reason, in: self) }
    }

    /// Stores the records of a batch that are new, and folds them.
    ///
    /// - Parameters:
    ///   - batch: What was received; a second time changes nothing.
    ///   - parcel: What it came in, if it shall be handed on in the same.
    /// - Returns: How many records were new.
    /// - Throws: ``FeedError`` if a record must not be stored.
    @discardableResult
    package func admit(_ batch: FeedBatch, keeping parcel: BatchParcel? = nil) throws -> Int {
        let feed = batch.head.feed
        let end = try feeds.end(of: feed)
        // What lies before the place where the feed begins here is known by that place alone.
        if let base = try snapshots.base(of: feed), batch.head.sequence < base.end.count {
            return 0
        }
        let new = try FeedAdmission(membership: membership).newRecords(
            of: batch, after: end,
            hashOfStored: { sequence in
                if sequence == end.count { return end.hash }
                return try feeds.records(of: feed, after: sequence - 1, maximum: 1).first?.hash
            })
        guard let latest = new.map(\.header.time).max() else { return 0 }
        try feeds.append(new)
        let hasSeeds = try feeds.keep(batch.seeds, of: feed)
        if let parcel, hasSeeds, new.count == batch.records.count,
            new.count >= BatchParcel.keptRecordsMinimum
        {
            try feeds.keep(parcel, first: batch.first)
        }
        try feeds.setHead(batch.head)
        try noteCheckpoint(of: batch.head)
        noteNews(of: feed, count: batch.head.sequence)
        if time < latest { time = latest }
        for record in new { try fold(record) }
        return new.count
    }

    /// Adds an entry to membership.
    ///
    /// - Parameters:
    ///   - entry: The entry.
    ///   - now: Wall time, where an invitation's expiry counts.
    /// - Throws: ``MembershipError`` if it breaks a rule of the chain.
    package func admit(_ entry: MembershipEntry, at now: Timestamp? = nil) throws {
        var next = membership
        try next.admit(entry, at: now)
        try checkFork(before: entry)
        if case .hub = entry.change, membership.hub != nil { try carryEverything() }
        membership = next
        try replicaStore.append(entry)
        if case .settled(let rejected) = entry.change {
            try forget(rival: rejected)
            // What came from the other side meanwhile was left out.
            try SyncStore(replicaStore).restart()
        }
        try foldAgain(after: entry)
    }

    /// Lets this device pass on what others wrote: a hub that takes the place of another one, or
    /// that went back to an earlier state, may have nothing of it.
    func carryEverything() throws {
        try SyncStore(replicaStore).carry(
            try feeds.vector().filtered { $0.device != identity.id })
    }

    /// Refuses every change but the recovery key's decision while membership is forked.
    package func checkFork(before entry: MembershipEntry? = nil) throws {
        let rivals = try replicaStore.rivals()
        guard !rivals.isEmpty else { return }
        guard case .settled(let rejected) = entry?.change,
            rivals.contains(where: { $0.hash == rejected })
        else { throw MembershipError(.forked) }
    }

    private func forget(rival hash: Digest) throws {
        let heights = try replicaStore.rivals().filter { $0.hash == hash }.map(\.height)
        try replicaStore.removeRival(hash)
        let left = Set(try replicaStore.rivals().map(\.height))
        for height in heights where !left.contains(height) {
            try replicaStore.alarms.clear(.membershipFork, subject: height.description)
        }
    }

    /// Puts a branch for which the recovery key decided in the place of the stored one.
    func replaceMembership(
        from height: UInt64, with entries: [MembershipEntry], giving next: Membership
    ) throws {
        precondition(written.isEmpty, "Nothing is written under a chain that is being replaced.")
        try replicaStore.removeMembership(from: height)
        for entry in entries { try replicaStore.append(entry) }
        membership = next
        for rival in try replicaStore.rivals() where rival.height >= height {
            try forget(rival: rival.hash)
        }
        try foldConfigurationAgain()
        // What could not be taken in under the other chain is asked for again.
        try SyncStore(replicaStore).restart()
    }

    /// Writes configuration fields, replacing the values that are live here.
    ///
    /// - Parameters:
    ///   - values: The fields and what they shall hold.
    ///   - actor: Who caused it.
    ///   - seen: The values each write replaces, where the author was shown something else
    ///     than what is live here.
    /// - Throws: ``MembershipError`` if this device may not.
    package func configure(
        _ values: [RegisterPath: RegisterValue], actor: String,
        seen: [RegisterPath: [Dot]] = [:]
    ) throws {
        let writes = try values.map { path, value in
            let replaced = try seen[path] ?? config.register(path).entries.map(\.dot)
            return RegisterWrite(path: path, value: value, replaced: replaced)
        }
        guard membership.device(identity.id)?.isActive ?? false,
            ConfigAuthority(membership).allows(writes, by: identity.id, at: membership.height)
        else { throw MembershipError(.notPermitted) }
        try append(
            ConfigWrite(writes), kind: ConfigWrite.recordKind, topic: .config,
            scope: .organisation, actor: actor)
    }

    /// What is held of one topic and scope: the records, and for the configuration also what
    /// they were folded into.
    package func stateDigest(of topic: Topic, _ scope: Scope) throws -> StateDigest {
        let vector = try feeds.vector(of: topic, scope: scope)
        let records = try feeds.digest(of: topic, scope: scope)
        let view = topic == .config ? try config.digest() : Digest.zero
        return StateDigest(
            topic: topic, scope: scope, vector: vector,
            digest: Digest(of: records.bytes, view.bytes))
    }

    /// What is held of every topic and scope, in ascending order.
    package func stateDigests() throws -> [StateDigest] {
        try feeds.subjects().map { try stateDigest(of: $0.topic, $0.scope) }
    }

    /// Signs what was appended, once, before the commit.
    ///
    /// - Returns: The latest time that the replica has seen.
    func finish() throws -> HybridTime {
        let checkpoint = written.isEmpty ? nil : try checkpoints.newestBytes()
        for (feed, end) in written.sorted(by: { $0.key < $1.key }) {
            try feeds.setHead(
                FeedHead(
                    organisation: membership.organisation, feed: feed, sequence: end.count,
                    hash: end.hash, checkpoint: checkpoint, key: identity.signingKey))
        }
        if hasNewTime { try replicaStore.setFact(ReplicaStore.timeFact, time.canonicalBytes) }
        if !written.isEmpty { try replicaStore.noteClock(at: environment.now()) }
        return time
    }

    func fold(_ record: Record) throws { try fold(record, by: folds) }
}
