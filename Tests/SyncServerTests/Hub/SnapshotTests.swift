import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A new replica that begins where an administrator signed that it may.
struct SnapshotTests {
    private static let scope = Scope.branch(BranchID(validated: "matriz"))

    /// An organisation with a log, a snapshot of all of it, and a little more.
    private struct World {
        let hub: TestHub
        let founder: Replica
        let organisation: Digest
        var feed: FeedID { founder.identity.feed(.audit, scope) }

        init() async throws {
            hub = try await TestHub()
            (founder, organisation) = try await hub.foundOrganisation()
            try await founder.audit(20, in: scope)
            let time = founder.environment.now().advanced(by: .seconds(60))
            let spared = try await founder.write {
                try $0.takeSnapshot(of: scope, before: time, actor: "ana")
            }
            #expect(spared == 20)
            try await founder.audit(4, in: scope)
            try await hub.synchronise(founder, organisation)
        }

        func join(_ seed: UInt64, _ capabilities: [Capability] = []) async throws -> Replica {
            let replica = try await hub.join(
                "n\(seed)", seed: seed, capabilities, founder, organisation)
            try await hub.synchronise(replica, organisation)
            return replica
        }

        /// How many records of the log a replica stores, and how many it counts.
        func counts(at replica: Replica) async throws -> [Int] {
            let feed = feed
            return try await replica.read { transaction in
                [
                    try transaction.feeds.records(of: feed, after: 0, maximum: 100).count,
                    Int(try transaction.feeds.end(of: feed).count),
                ]
            }
        }
    }

    @Test func `a new replica gets what came after the snapshot, and agrees about all of it`()
        async throws
    {
        let world = try await World()
        let device = try await world.join(2)
        #expect(try await world.counts(at: device) == [5, 25])
        #expect(try await device.read { try $0.stateDigests() } == world.hub.store.stateDigests())
        let report = try await LogVerifier(device).verify()
        #expect(report.isWhole)
        #expect(report.bases.map(\.count) == [20])
        // It goes on like any other.
        try await world.founder.audit(3, in: Self.scope)
        try await device.audit(2, in: Self.scope)
        for replica in [world.founder, device, world.founder] {
            try await world.hub.synchronise(replica, world.organisation)
        }
        #expect(try await world.counts(at: device) == [8, 28])
        #expect(try await device.read { try $0.stateDigests() } == world.hub.store.stateDigests())
        // Everything is compared once more: nothing is missing, and nothing comes twice.
        try await device.write { try SyncStore($0.replicaStore).restart() }
        try await world.hub.synchronise(device, world.organisation)
        #expect(try await world.counts(at: device) == [8, 28])
        #expect(try await LogVerifier(device).verify().isWhole)
    }

    @Test func `an auditor has all of it, also one that was none at first`() async throws {
        let world = try await World()
        let auditor = try await world.join(2, [.auditor])
        #expect(try await world.counts(at: auditor) == [25, 25])
        let device = try await world.join(3)
        #expect(try await world.counts(at: device) == [5, 25])
        let id = device.identity.id
        try await world.hub.writer(world.founder, world.organisation).make { _ in
            .grant(device: id, capabilities: [.auditor], keys: [])
        }
        try await world.hub.synchronise(device, world.organisation)
        try await world.hub.synchronise(device, world.organisation)
        #expect(try await world.counts(at: device) == [25, 25])
        let report = try await LogVerifier(device).verify()
        #expect(report.isWhole)
        #expect(report.bases == [])
    }

    @Test func `only an administrator's snapshot counts`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let device = try await hub.join("n1", seed: 2, [], founder, organisation)
        try await founder.audit(5, in: Self.scope)
        try await hub.synchronise(founder, organisation)
        try await hub.synchronise(device, organisation)
        let now = device.environment.now().advanced(by: .seconds(60))
        await #expect(throws: MembershipError.self) {
            try await device.write { try $0.takeSnapshot(of: Self.scope, before: now, actor: "x") }
        }
        let feed = founder.identity.feed(.audit, Self.scope)
        _ = try await device.write { transaction in
            let end = try transaction.feeds.end(of: feed)
            return try transaction.append(
                LogSnapshot([FeedEnd(feed: feed, count: end.count, hash: end.hash)]),
                kind: LogSnapshot.recordKind, topic: .audit, scope: Self.scope, actor: "x")
        }
        try await hub.synchronise(device, organisation)
        #expect(try await hub.store.transaction { try $0.shownSnapshot(of: Self.scope) } == nil)
        // A hub that shows it all the same is not believed.
        let other = try await hub.join("n2", seed: 3, [], founder, organisation)
        let batch = try await device.read { transaction in
            try transaction.feeds.batch(of: device.identity.feed(.audit, Self.scope), after: 0)
        }
        let shown = try #require(batch)
        try await other.write { try $0.begin(at: shown) }
        #expect(try await other.read { try $0.snapshots.bases() } == [])
    }

    @Test func `a beginning that nobody signed is found, and so is another one`() async throws {
        let world = try await World()
        let device = try await world.join(2)
        _ = try await device.write { transaction in
            try transaction.connection.run("UPDATE feed_base SET hash = zeroblob(32)")
        }
        let report = try await LogVerifier(device).verify()
        #expect(report.findings.map(\.fault).contains(.missing))
        #expect(report.findings.map(\.fault).contains(.altered))
        _ = try await device.write { try $0.connection.run("DELETE FROM feed_base") }
        #expect(try await LogVerifier(device).verify().findings.map(\.fault).contains(.missing))
    }
}
