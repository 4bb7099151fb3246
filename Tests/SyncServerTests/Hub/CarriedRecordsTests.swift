import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Records that reach the hub through somebody else, and records that it lost.
struct CarriedRecordsTests {
    private let path = RegisterPath("user", "juan", "name")

    /// An organisation of an administrator and a branch device that has no network.
    private struct World {
        let hub: TestHub
        let founder: Replica
        let organisation: Digest
        let branch: Replica

        init() async throws {
            hub = try await TestHub()
            (founder, organisation) = try await hub.foundOrganisation()
            branch = try await hub.join("n1", seed: 2, [], founder, organisation)
        }

        func audit(_ count: Int, on replica: Replica) async throws {
            for number in 0..<count {
                _ = try await replica.write { transaction in
                    try transaction.append(
                        UInt64(number), kind: "audit.other", topic: .audit,
                        scope: .branch(BranchID(validated: "matriz")), actor: "test")
                }
            }
        }

        /// Carries what one replica holds to another, as a file.
        func carry(from source: Replica, to target: Replica) async throws {
            var file: [UInt8] = []
            _ = try await ExportMaker(source, program: "1").make(write: { file += $0 })
            let bytes = file
            let directory = TemporaryDirectory()
            _ = try await ExportImport(
                into: target, path: "f", spool: directory.file("file")
            ).run(from: { try await $0(bytes) })
        }

        func digests(_ replica: Replica) async throws -> [StateDigest] {
            try await replica.read { try $0.stateDigests() }
        }
    }

    @Test func `what a file brought to head office reaches the hub and everybody`()
        async throws
    {
        let world = try await World()
        try await world.audit(3, on: world.branch)
        try await world.hub.synchronise(world.founder, world.organisation)
        try await world.carry(from: world.branch, to: world.founder)
        try await world.hub.synchronise(world.founder, world.organisation)
        let feed = world.branch.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        #expect(try await world.hub.store.transaction { try $0.vector()[feed] } == 3)
        let carried = try await world.founder.read {
            try SyncStore($0.replicaStore).carried()
        }
        #expect(carried.feeds.isEmpty)
        // When the branch has a network one day, nothing comes twice and nothing is missing.
        try await world.audit(1, on: world.branch)
        try await world.hub.synchronise(world.branch, world.organisation)
        try await world.hub.synchronise(world.founder, world.organisation)
        #expect(try await world.digests(world.branch) == world.digests(world.founder))
        #expect(try await world.hub.store.stateDigests() == world.digests(world.founder))
    }

    @Test func `a carrier cannot change what it carries, nor speak for itself that way`()
        async throws
    {
        let world = try await World()
        let channel = world.hub.channel(for: world.founder, organisation: world.organisation)
        let liar = LyingAuthor(replica: world.founder, organisation: world.organisation)
        let victim = world.branch.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        var request = ExchangeRequest()
        request.carried = [liar.batch([liar.record(of: victim)])]
        await #expect(throws: HubRefusal(.notAuthentic)) {
            _ = try await channel.ask(.exchange(request), within: .seconds(1))
        }
        request.carried = [liar.batch([liar.first])]
        _ = try await channel.ask(.exchange(request), within: .seconds(1))
        let vector = try await world.hub.store.transaction { try $0.vector() }
        #expect(vector[victim] == 0)
        #expect(vector[liar.feed] == 0)
    }

    @Test func `a hub that lost what it acknowledged is given it again, and that is told`()
        async throws
    {
        let world = try await World()
        try await world.audit(2, on: world.branch)
        let feed = world.branch.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        let hub = try await world.hub.store.transaction { _ in
            world.hub.store.identity.incarnation
        }
        try await world.branch.write { transaction in
            var lost = VersionVector()
            lost[feed] = 1
            try SyncStore(transaction.replicaStore).advance(to: 0, of: hub, acknowledged: lost)
        }
        await #expect(throws: HubRefusal(.feedGap)) {
            try await world.hub.synchronise(world.branch, world.organisation)
        }
        try await world.hub.synchronise(world.branch, world.organisation)
        #expect(try await world.hub.store.transaction { try $0.vector()[feed] } == 2)
        let alarms = try await world.branch.read { try AlarmStore($0.connection).all() }
        #expect(alarms.map(\.kind) == [.hubWentBack])
    }
}
