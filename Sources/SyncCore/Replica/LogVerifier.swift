/// What a check of a whole replica found.
package struct VerificationReport: Sendable {
    /// One feed that was checked.
    package struct Feed: Hashable, Sendable {
        package let feed: FeedID
        package let recordsCount: UInt64
        /// How many of them have no content any more.
        package let erasedCount: Int
        /// When the last one was written.
        package let lastTime: HybridTime?
    }

    /// Who belongs, as far as the chain is whole.
    package var membership = Membership()
    /// The first height at which the chain of membership is wrong.
    package var brokenMembership: UInt64?
    /// The feeds, in ascending order.
    package var feeds: [Feed] = []
    /// What administrators signed to be erased, in the order in which they did.
    package var cuts: [RetentionStore.Entry] = []
    /// The feeds that begin at a snapshot here.
    package var bases: [FeedEnd] = []
    /// What is wrong, feed by feed.
    package var findings: [FeedFinding] = []
    /// How many feeds have no readable name.
    package var unreadableFeedsCount = 0
    /// The newest checkpoint of the hub that was proved to continue those before.
    package var checkpoint: Checkpoint?
    /// What proves that a hub showed different histories.
    package var splitViews: [CheckpointStore.SplitView] = []

    /// Whether everything that is stored is what was signed, and nothing that the hub signed
    /// contradicts it.
    package var isWhole: Bool {
        brokenMembership == nil && findings.isEmpty && unreadableFeedsCount == 0
            && splitViews.isEmpty
    }
}

/// Checks everything that a replica holds, down to the signatures, with nobody's help.
///
/// It reads page by page and lets others work in between; what is written meanwhile is not
/// checked.
package struct LogVerifier: Sendable {
    private let replica: Replica

    /// How many records are read at once: about 5 ms, while nobody else can use the database.
    private static let pageRecordsMaximum = 256

    package init(_ replica: Replica) {
        self.replica = replica
    }

    /// Checks membership from genesis, then every feed.
    ///
    /// - Returns: What was found.
    /// - Throws: ``StorageError`` if the database itself cannot be read.
    package func verify() async throws -> VerificationReport {
        var report = VerificationReport()
        try await verifyMembership(into: &report)
        let (ends, unreadable) = try await replica.inspect { try StoredFeeds($0).ends() }
        report.unreadableFeedsCount = unreadable
        (report.checkpoint, report.splitViews) = try await replica.inspect { connection in
            let store = CheckpointStore(connection)
            return (try store.newest(), try store.splitViews())
        }
        let (bases, unshown) = try await bases()
        report.bases = bases
        report.findings = unshown.map {
            FeedFinding(feed: $0.feed, sequence: $0.count, fault: .missing)
        }
        report.cuts = try await cuts(in: report.membership)
        for end in ends {
            var check = FeedVerification(
                of: end, in: report.membership, retired: Self.retired(end.feed, report.cuts))
            while let next = check.next {
                try Task.checkCancellation()
                let (records, heads) = try await replica.inspect {
                    try StoredFeeds($0).page(
                        of: end.row, from: next, maximum: Self.pageRecordsMaximum)
                }
                check.check(records, heads)
            }
            report.findings += check.findings
            report.feeds.append(
                VerificationReport.Feed(
                    feed: end.feed, recordsCount: end.count, erasedCount: check.erasedCount,
                    lastTime: check.lastTime))
        }
        return report
    }

    /// The feeds that begin at a snapshot, and those of them whose snapshot nobody signed.
    private func bases() async throws -> (all: [FeedEnd], unshown: [FeedEnd]) {
        try await replica.read { transaction in
            let bases = try transaction.snapshots.bases()
            return (
                bases.map(\.end), try bases.filter { try !transaction.isShown($0) }.map(\.end)
            )
        }
    }

    /// The cuts, each as its record says it; a cut that no record says does not count.
    private func cuts(in membership: Membership) async throws -> [RetentionStore.Entry] {
        try await replica.inspect { connection in
            let feeds = FeedStore(connection)
            return try RetentionStore(connection).entries().filter { entry in
                let feed = FeedID(of: entry.dot)
                let record = try feeds.records(
                    of: feed, after: entry.dot.sequence - 1, maximum: 1
                ).first
                guard let record, record.header.kind == RetentionCut.recordKind,
                    let content = record.content,
                    membership.wasAdmin(feed.device, at: record.header.membershipHeight)
                else { return false }
                return try RetentionCut(canonicalBytes: content.body).parts.contains(
                    RetentionCut.Part(topic: entry.topic, before: entry.before))
            }
        }
    }

    /// Before when contents of a feed may be gone.
    ///
    /// What a device offered of a mail it erases itself when the mail's time is over, so there
    /// nothing can be told from a missing content.
    private static func retired(_ feed: FeedID, _ cuts: [RetentionStore.Entry]) -> Timestamp? {
        guard feed.topic != .mail else { return nil }
        return cuts.filter { $0.topic == feed.topic }.map(\.before).max()
            ?? Timestamp(milliseconds: .min)
    }

    private func verifyMembership(into report: inout VerificationReport) async throws {
        while report.brokenMembership == nil {
            let height = report.membership.height
            let rows = try await replica.inspect { connection in
                try connection.rows(
                    "SELECT height, hash, entry FROM membership WHERE height > ? "
                        + "ORDER BY height LIMIT ?",
                    .integer(height), .integer(Self.pageRecordsMaximum)
                ) { (height: $0.integer(0), hash: $0.bytes(1), entry: $0.bytes(2)) }
            }
            guard !rows.isEmpty else { return }
            for row in rows {
                do {
                    let entry = try MembershipEntry(bytes: row.entry)
                    guard entry.height == UInt64(max(row.height, 0)), entry.hash.bytes == row.hash
                    else { throw MembershipError(.stale) }
                    try report.membership.admit(entry)
                } catch {
                    report.brokenMembership = report.membership.height + 1
                    return
                }
            }
        }
    }
}
