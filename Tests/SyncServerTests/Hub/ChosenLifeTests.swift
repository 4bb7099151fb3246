import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A device that was copied, until an administrator says which copy goes on.
struct ChosenLifeTests {
    private static let account = AccountID(validated: "ventas")

    private func kinds(_ replica: Replica) async throws -> [Alarm.Kind] {
        try await replica.read { try AlarmStore($0.connection).all().map(\.kind) }
    }

    private func isGrantedLease(_ replica: Replica, _ world: ClonedDevice) async throws -> Bool {
        let wish = LeaseRequest(account: Self.account, fence: nil, canReach: true)
        let channel = world.hub.channel(for: replica, organisation: world.organisation)
        guard case .lease(let replies) = try await channel.ask(.lease([wish]), within: .seconds(1))
        else { return false }
        if case .granted = replies[0].outcome { return true }
        return false
    }

    private func configure(_ text: String, _ replica: Replica) async throws {
        let path = RegisterPath("user", "juan", "name")
        try await replica.write { try $0.configure([path: .text(text)], actor: "test") }
    }

    private func choose(_ replica: Replica, _ world: ClonedDevice) async throws {
        try await world.hub.writer(world.founder, world.organisation)
            .chooseLife(replica.identity.incarnation, of: replica.identity.id)
    }

    @Test func `the copy whose history was refused goes on under another life`() async throws {
        let world = try await ClonedDevice()
        let before = world.copy.identity.incarnation
        try await world.fork()
        #expect(world.copy.identity.incarnation != before)
        #expect(world.device.identity.incarnation == before)
        #expect(try await kinds(world.copy) == [.frozen])
        // What it queues is taken, and nothing is offered for ever.
        _ = try await world.copy.write { transaction in
            try transaction.append(
                UInt64(1), kind: "audit.other", topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "test")
        }
        try await world.hub.synchronise(world.copy, world.organisation)
        let feed = world.copy.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        #expect(try await world.hub.store.transaction { try $0.vector()[feed] } > 0)
        // An administrator is told by the hub.
        try await world.hub.synchronise(world.founder, world.organisation)
        #expect(try await kinds(world.founder) == [.frozen])
    }

    @Test(arguments: [true, false])
    func `the copy that is chosen works again, and the other one is turned away`(
        choosesCopy: Bool
    ) async throws {
        let world = try await ClonedDevice()
        try await world.fork()
        let (chosen, other) =
            choosesCopy ? (world.copy, world.device) : (world.device, world.copy)
        try await configure("chosen", chosen)
        await #expect(throws: (any Error).self) {
            _ = try await isGrantedLease(chosen, world)
        }
        try await choose(chosen, world)
        try await world.hub.synchronise(chosen, world.organisation)
        #expect(try await kinds(chosen).isEmpty)
        #expect(try await isGrantedLease(chosen, world))
        try await configure("again", chosen)
        try await world.hub.synchronise(chosen, world.organisation)
        try await world.hub.synchronise(world.founder, world.organisation)
        let path = RegisterPath("user", "juan", "name")
        let value = try await world.founder.read { try $0.config.register(path).value }
        #expect(value == .text("again"))
        #expect(try await kinds(world.founder).isEmpty)
        await #expect(throws: HubRefusal(.otherLife)) {
            try await world.hub.synchronise(other, world.organisation)
        }
        await #expect(throws: HubRefusal(.otherLife)) {
            _ = try await isGrantedLease(other, world)
        }
        // Both histories stay as the proof.
        let others = try await world.hub.store.transaction { transaction in
            try #require(transaction as? SQLiteTransaction).transaction.otherHistories.all()
        }
        #expect(others.count == 1)
    }

    @Test func `a life is chosen at the counts that the hub has, or not at all`() async throws {
        let world = try await ClonedDevice()
        try await world.fork()
        let id = world.device.identity.id
        await #expect(throws: HubRefusal(.membershipStale)) {
            let entry = try await world.founder.read { transaction in
                transaction.nextEntry(
                    .life(
                        device: id, survivor: Incarnation(number: 1), counted: VersionVector()))
            }
            _ = try await world.hub.channel(
                for: world.founder, organisation: world.organisation
            ).ask(.admit([entry]), within: .seconds(1))
        }
    }
}
