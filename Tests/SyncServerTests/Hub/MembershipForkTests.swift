import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Two lists of members that exclude each other: nobody goes on until the paper has decided.
struct MembershipForkTests {
    private static let path = RegisterPath("user", "juan", "name")

    /// A hub, a founder, and a second administrator that was shown another list.
    private struct World {
        let hub: TestHub
        let founder: Replica
        let other: Replica
        let organisation: Digest
        let recovery: RecoveryKey

        init() async throws {
            hub = try await TestHub()
            let recovery = RecoveryKey(randomFrom: ManualEnvironment(seed: 9).environment)
            self.recovery = recovery
            (founder, organisation) = try await hub.foundOrganisation(recovery: recovery)
            other = try await hub.join("n1", seed: 2, [.admin], founder, organisation)
            let id = other.identity.id
            try await hub.writer(founder, organisation).make { _ in
                .grant(device: id, capabilities: [.admin], keys: [])
            }
            try await hub.synchronise(other, organisation)
        }

        func synchronise() async throws {
            for replica in [founder, other, founder] {
                try await hub.synchronise(replica, organisation)
            }
        }

        /// Lets the hub admit one change, while the other device was told of another.
        func fork() async throws -> (Digest, Digest) {
            let id = other.identity.id
            let own = try await other.write { transaction -> Digest in
                let entry = transaction.nextEntry(
                    .grant(device: id, capabilities: [.admin, .auditor], keys: []))
                try transaction.admit(entry)
                return entry.hash
            }
            try await hub.writer(founder, organisation).make { _ in
                .grant(device: id, capabilities: [.auditor], keys: [])
            }
            return (try await founder.read { $0.membership.head }, own)
        }

        func alarms(_ replica: Replica) async throws -> [Alarm.Kind] {
            try await replica.read { try AlarmStore($0.connection).all().map(\.kind) }
        }

        /// Decides on a device, as the command does.
        func settle(keeping kept: Digest, on replica: Replica) async throws {
            let channel = hub.channel(for: replica, organisation: organisation)
            guard
                case .membership(let remote) = try await channel.ask(
                    .chain(after: 0), within: .seconds(1))
            else { throw HubRefusal(.malformed) }
            let key = recovery.organisationKey
            let chain = try await replica.read { transaction -> [MembershipEntry] in
                let stored = try transaction.replicaStore.membershipEntries(after: 0)
                let whole = try #require(
                    [stored, remote].first { $0.contains { $0.hash == kept } })
                let place = try #require(whole.firstIndex { $0.hash == kept })
                var membership = Membership()
                for entry in whole { try membership.admit(entry) }
                var draft = MembershipDraft(
                    behind: membership, by: transaction.identity, using: transaction.environment)
                let rejected =
                    [stored[place].hash] + (try transaction.rivals().map(\.hash))
                for hash in Set(rejected) where hash != kept {
                    try draft.add(.settled(rejected: hash), signedBy: key)
                }
                return Array(whole[place...]) + draft.entries
            }
            _ = try await replica.write { try $0.reconcile(chain) }
            _ = try await channel.ask(.showChain(chain), within: .seconds(1))
        }
    }

    @Test func `a fork freezes membership everywhere, raises the alarm, and mail goes on`()
        async throws
    {
        let world = try await World()
        let (first, second) = try await world.fork()
        try await world.synchronise()
        for replica in [world.founder, world.other] {
            #expect(try await world.alarms(replica) == [.membershipFork])
            let rivals = try await replica.read { try $0.rivals().map(\.hash) }
            #expect(rivals == [replica === world.founder ? second : first])
            await #expect(throws: MembershipError(.forked)) {
                try await world.hub.writer(replica, world.organisation).add { draft, _ in
                    try draft.addEpoch()
                }
            }
        }
        let id = world.other.identity.id
        let entry = try await world.founder.read {
            $0.nextEntry(.grant(device: id, capabilities: [], keys: []))
        }
        let channel = world.hub.channel(for: world.founder, organisation: world.organisation)
        await #expect(throws: HubRefusal(.membershipForked)) {
            _ = try await channel.ask(.admit([entry]), within: .seconds(1))
        }
        // What is not membership still travels.
        try await world.founder.write { try $0.configure([Self.path: .text("Juan")], actor: "t") }
        try await world.synchronise()
        #expect(try await value(on: world.other) == .text("Juan"))
    }

    @Test(arguments: [true, false])
    func `the recovery key decides for either side, and everybody follows`(
        keepsHub: Bool
    ) async throws {
        let world = try await World()
        let (first, second) = try await world.fork()
        // Written while the hub's list says that this device may not.
        try await world.other.write { try $0.configure([Self.path: .text("Ana")], actor: "t") }
        try await world.synchronise()
        #expect(try await value(on: world.founder) != .text("Ana"))
        let decider = keepsHub ? world.founder : world.other
        try await world.settle(keeping: keepsHub ? first : second, on: decider)
        try await world.synchronise()
        var heads: Set<Digest> = []
        for replica in [world.founder, world.other] {
            #expect(try await world.alarms(replica).isEmpty)
            heads.insert(try await replica.read { $0.membership.head })
            // The configuration was folded again under the list that counts.
            let isVoid = keepsHub
            #expect(try await (value(on: replica) == .text("Ana")) == !isVoid)
        }
        heads.insert(try await world.hub.store.transaction { $0.membership.head })
        #expect(heads.count == 1)
        let id = world.other.identity.id
        #expect(try await world.founder.read { $0.membership.may(id, .admin) } == !keepsHub)
        // And it can change again.
        try await world.hub.writer(world.founder, world.organisation).add { draft, _ in
            try draft.addEpoch()
        }
    }

    @Test func `a change that lost the race for its place is no fork`() async throws {
        let world = try await World()
        let id = world.other.identity.id
        let late = try await world.other.read {
            $0.nextEntry(.grant(device: id, capabilities: [.admin, .auditor], keys: []))
        }
        try await world.hub.writer(world.founder, world.organisation).add { draft, _ in
            try draft.addEpoch()
        }
        let channel = world.hub.channel(for: world.other, organisation: world.organisation)
        await #expect(throws: HubRefusal(.membershipStale)) {
            _ = try await channel.ask(.admit([late]), within: .seconds(1))
        }
        try await world.synchronise()
        #expect(try await world.alarms(world.founder).isEmpty)
        #expect(try await world.hub.store.transaction { try $0.rivals().isEmpty })
    }

    private func value(on replica: Replica) async throws -> RegisterValue {
        try await replica.read { try $0.config.register(Self.path).value }
    }
}
