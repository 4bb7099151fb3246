/// One step of erasing what a cut says.
package struct RetirementStep: Hashable, Sendable {
    /// The feed behind which the next step goes on.
    package fileprivate(set) var place: FeedID?
    /// Whether every feed was looked at.
    package fileprivate(set) var isFinished = false
    /// How many bytes were erased.
    package fileprivate(set) var erasedByteCount = 0

    /// Begins before the first feed.
    package init() {}
}

extension ReplicaTransaction {
    /// How many records, and how many feeds, one step looks at.
    private static let retiredRecordsPerStep = 256
    private static let retiredFeedsPerStep = 64

    /// Erases a part of the contents that a cut retires: of each feed the records from the first
    /// up to, but not including, the first one that is not older than the cut.
    ///
    /// Which those are follows from the records and the cut alone, so it is the same everywhere
    /// in the end. An interrupted step is made again; one more than needed changes nothing.
    ///
    /// - Parameter step: The step before.
    /// - Returns: What was done, and where to go on.
    /// - Throws: ``StorageError``.
    package func retire(after step: RetirementStep) throws -> RetirementStep {
        let cuts = try retention.cuts(at: environment.now())
        var next = RetirementStep()
        next.place = step.place
        let rest = try feeds.vector().feeds.filter { feed in
            cuts[feed.topic] != nil && step.place.map { $0 < feed } ?? true
        }
        for feed in rest.prefix(Self.retiredFeedsPerStep) {
            guard let cut = cuts[feed.topic] else { continue }
            let (count, byteCount) = try retire(feed, before: cut)
            next.erasedByteCount = byteCount
            if count < Self.retiredRecordsPerStep { next.place = feed }
            if count > 0 { return next }
        }
        next.isFinished = rest.count <= Self.retiredFeedsPerStep
        return next
    }

    private func retire(
        _ feed: FeedID, before cut: Timestamp
    ) throws -> (count: Int, byteCount: Int) {
        let floor = try retention.retired(of: feed)
        let old = try feeds.sequences(
            of: feed, after: floor, before: cut, maximum: Self.retiredRecordsPerStep)
        guard let last = old.last else { return (0, 0) }
        for fold in folds { try fold.retire(feed, through: last, in: self) }
        let byteCount = try feeds.eraseContent(of: feed, old)
        try retention.setRetired(last, of: feed)
        return (old.count, byteCount)
    }

    /// Signs a cut, so that everybody carries it out.
    ///
    /// - Parameters:
    ///   - cut: What to erase.
    ///   - actor: Who wants it.
    /// - Throws: ``MembershipError`` if this device is no administrator.
    package func sign(_ cut: RetentionCut, actor: String) throws {
        guard membership.may(identity.id, .admin) else { throw MembershipError(.notPermitted) }
        try append(
            cut, kind: RetentionCut.recordKind, topic: .config, scope: .organisation,
            actor: actor)
    }

    /// What the organisation's rules retire now and no cut says yet; nothing if there is nothing.
    ///
    /// A rule that two administrators disagree about retires nothing until they agree.
    package func dueCut() throws -> RetentionCut? {
        let now = environment.now()
        let known = try retention.cuts(at: now)
        let parts = try RetentionCut.topics.compactMap { topic -> RetentionCut.Part? in
            guard let days = try RetentionRule(config).days(of: topic) else { return nil }
            let before = now.advanced(by: .seconds(-86_400 * days)).startOfDay
            guard before > known[topic] ?? Timestamp(milliseconds: 0) else { return nil }
            let isAny = try feeds.vector(of: topic).feeds.contains { feed in
                let floor = try retention.retired(of: feed)
                return try !feeds.sequences(of: feed, after: floor, before: before, maximum: 1)
                    .isEmpty
            }
            return isAny ? RetentionCut.Part(topic: topic, before: before) : nil
        }
        return parts.isEmpty ? nil : RetentionCut(parts)
    }
}

extension Replica {
    /// Erases all that was cut, in steps between which others have the database.
    ///
    /// - Parameter pause: How long they have it.
    /// - Returns: How many bytes were erased.
    /// - Throws: ``StorageError``, or `CancellationError`.
    package func retireAll(pausing pause: Duration) async throws -> Int {
        var step = RetirementStep()
        var erased = 0
        while !step.isFinished {
            try Task.checkCancellation()
            let last = step
            step = try await write { try $0.retire(after: last) }
            erased += step.erasedByteCount
            if step.erasedByteCount > 0 { try await environment.sleep(pause) }
        }
        return erased
    }
}

extension Timestamp {
    /// The first moment of the day, in UTC.
    fileprivate var startOfDay: Timestamp {
        let day: Int64 = 86_400_000
        return Timestamp(milliseconds: milliseconds - (milliseconds % day + day) % day)
    }
}

extension FeedStore {
    /// The next records behind a place, up to the first that was not written before a time.
    fileprivate func sequences(
        of feed: FeedID, after sequence: UInt64, before time: Timestamp, maximum: Int
    ) throws -> [UInt64] {
        let headers = try connection.rows(
            """
            SELECT header FROM record
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND sequence > ?
            ORDER BY sequence LIMIT ?
            """, .bytes(feed.canonicalBytes), .integer(sequence), .integer(maximum)
        ) { try RecordHeader(canonicalBytes: $0.bytes(0)) }
        return headers.prefix { $0.time.timestamp < time }.map(\.sequence)
    }
}
