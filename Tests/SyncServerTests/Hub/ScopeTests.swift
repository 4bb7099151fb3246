import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// What a device holds follows what it may receive.
struct ScopeTests {
    private static let quito = Scope.branch(BranchID(validated: "quito"))
    private static let matriz = Scope.branch(BranchID(validated: "matriz"))

    /// An administrator that wrote about two branches, and a device of one of them.
    private struct World {
        let hub: TestHub
        let founder: Replica
        let organisation: Digest
        let device: Replica

        init(records: Int = 5) async throws {
            hub = try await TestHub()
            (founder, organisation) = try await hub.foundOrganisation()
            device = try await hub.join("n1", seed: 2, [], founder, organisation)
            try await founder.audit(records, in: quito)
            try await founder.audit(3, in: matriz)
            try await synchronise(founder)
            try await synchronise(device)
        }

        var feed: FeedID { founder.identity.feed(.audit, quito) }

        func synchronise(_ replica: Replica) async throws {
            try await hub.synchronise(replica, organisation)
        }

        /// Says what the device may do from now on, and lets it hear of that.
        func allow(_ capabilities: [Capability]) async throws {
            let id = device.identity.id
            try await hub.writer(founder, organisation).make { _ in
                .grant(device: id, capabilities: capabilities, keys: [])
            }
            try await synchronise(device)
        }

        func count(_ feed: FeedID) async throws -> UInt64 {
            try await device.read { try $0.feeds.end(of: feed).count }
        }

        /// Forgets step by step, and checks after each that what is left is whole.
        func forget() async throws -> Int {
            var steps = 0
            while try await device.write({ try $0.forgetOutOfScope() }) {
                steps += 1
                #expect(try await LogVerifier(device).verify().isWhole)
            }
            return steps
        }

        /// Whether the device and the hub agree about all that the device receives.
        func agrees() async throws -> Bool {
            let theirs = try await hub.store.stateDigests()
            let membership = try await device.read { $0.membership }
            guard let member = membership.device(device.identity.id) else { return false }
            let own = try await device.read { try $0.stateDigests() }
            return own == theirs.filter { member.receives($0.topic, $0.scope) }
        }
    }

    @Test func `an auditor gets the past of every branch, and forgets it when it is one no more`()
        async throws
    {
        let world = try await World()
        #expect(try await world.count(world.feed) == 0)
        #expect(try await world.agrees())

        try await world.allow([.auditor])
        try await world.synchronise(world.device)
        #expect(try await world.count(world.feed) == 5)
        #expect(try await world.agrees())
        #expect(try await world.forget() == 0)

        try await world.allow([])
        #expect(try await world.forget() == 1)
        #expect(try await world.count(world.feed) == 0)
        #expect(try await world.count(world.founder.identity.feed(.audit, Self.matriz)) == 3)
        try await world.synchronise(world.device)
        #expect(try await world.agrees())

        // And again: nothing that was forgotten is missing.
        try await world.allow([.auditor])
        try await world.synchronise(world.device)
        #expect(try await world.count(world.feed) == 5)
        #expect(try await world.agrees())
    }

    @Test func `whoever sends no more forgets what others offered`() async throws {
        let world = try await World()
        let mail = world.founder.identity.feed(.mail, .organisation)
        _ = try await world.founder.write { transaction in
            try transaction.append(
                UInt64(1), kind: "mail.other", topic: .mail, scope: .organisation, actor: "test")
        }
        try await world.synchronise(world.founder)
        try await world.allow([.sender])
        try await world.synchronise(world.device)
        #expect(try await world.count(mail) == 1)
        try await world.allow([])
        #expect(try await world.forget() == 1)
        #expect(try await world.count(mail) == 0)
    }

    @Test func `forgetting in the middle of a long feed leaves a beginning that is signed`()
        async throws
    {
        let world = try await World(records: 300)
        try await world.allow([.auditor])
        for _ in 0..<2 {
            try await world.founder.audit(600, in: Self.quito)
            try await world.synchronise(world.founder)
            try await world.synchronise(world.device)
        }
        #expect(try await world.count(world.feed) == 1500)
        try await world.allow([])
        #expect(try await world.device.write { try $0.forgetOutOfScope() })
        let rest = try await world.count(world.feed)
        #expect(rest > 0)
        #expect(rest < 1500)
        #expect(try await LogVerifier(world.device).verify().isWhole)
        // Allowed again meanwhile, it gets what is missing, and nothing twice.
        try await world.allow([.auditor])
        try await world.synchronise(world.device)
        #expect(try await world.count(world.feed) == 1500)
        #expect(try await world.agrees())
    }

    @Test func `a device keeps what it wrote itself, and what it is to pass on`() async throws {
        let world = try await World()
        try await world.allow([.auditor])
        try await world.synchronise(world.device)
        try await world.device.audit(2, in: Self.quito)
        var carried = VersionVector()
        carried[world.feed] = 5
        let vector = carried
        try await world.device.write { try SyncStore($0.replicaStore).carry(vector) }
        try await world.hub.writer(world.founder, world.organisation).make { _ in
            .grant(device: world.device.identity.id, capabilities: [], keys: [])
        }
        let entries = try await world.founder.read { transaction in
            try transaction.replicaStore.membershipEntries(after: 0)
        }
        try await world.device.write { transaction in
            for entry in entries where entry.height > transaction.membership.height {
                try transaction.admit(entry)
            }
        }
        #expect(try await world.forget() == 0)
        try await world.synchronise(world.device)
        #expect(try await world.forget() == 1)
        #expect(try await world.count(world.feed) == 0)
        #expect(try await world.count(world.device.identity.feed(.audit, Self.quito)) == 2)
    }
}
