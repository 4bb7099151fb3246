import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A device that was copied: two machines write under one name.
struct FrozenDeviceTests {
    private static let account = AccountID(validated: "ventas")
    private let path = RegisterPath("user", "juan", "name")

    @Test func `two histories of one device are both kept, and raise the alarm`() async throws {
        let world = try await ClonedDevice()
        try await world.fork()
        let feed = world.device.identity.feed(.config, .organisation)
        let id = world.device.identity.id
        let (stored, other, alarms) = try await world.hub.store.transaction { transaction in
            let sqlite = try #require(transaction as? SQLiteTransaction)
            return (
                try transaction.batch(of: feed, after: 0)?.records.first?.hash,
                try transaction.evidence(against: id)?.records.first?.hash,
                try AlarmStore(sqlite.transaction.connection).all()
            )
        }
        #expect(stored != nil)
        #expect(other != nil)
        #expect(stored != other)
        #expect(alarms.map(\.kind) == [.fork])
        #expect(alarms.map(\.subject) == [id.description])
        #expect(alarms.map(\.detail) == ["config 1"])
    }

    @Test func `a forked device gets no lease and claims nothing, whichever copy asks`()
        async throws
    {
        let world = try await ClonedDevice()
        let wish = LeaseRequest(account: Self.account, fence: nil, canReach: true)
        let channel = world.hub.channel(for: world.device, organisation: world.organisation)
        guard
            case .lease(let replies) = try await channel.ask(.lease([wish]), within: .seconds(1)),
            case .granted(let fence, _) = replies[0].outcome
        else {
            Issue.record("The device was granted no lease before.")
            return
        }
        try await world.fork()
        let lease = HeldLease(account: Self.account, fence: fence)
        let delivery = DeliveryID(
            message: MessageID(validated: [UInt8](repeating: 7, count: 16)), recipient: 0)
        let requests: [HubRequest] = [
            .lease([wish]), .reserve(ReserveRequest(leases: [lease], maximum: 1)),
            .claim([ClaimRequest(delivery: delivery, attempt: 1, lease: lease)]),
        ]
        for replica in [world.device, world.copy] {
            let channel = world.hub.channel(for: replica, organisation: world.organisation)
            for request in requests {
                await #expect(throws: HubRefusal(.feedFork)) {
                    _ = try await channel.ask(request, within: .seconds(1))
                }
            }
        }
    }

    @Test func `a forked device configures nothing, and what it queues is still taken`()
        async throws
    {
        let world = try await ClonedDevice()
        try await world.fork()
        let report = QueuedReport(
            message: MessageID(validated: [UInt8](repeating: 7, count: 16)),
            user: UserID(validated: "juan"), type: "general",
            recipients: ["ana@cliente.example"], byteCount: 1, entity: nil)
        _ = try await world.device.write { transaction in
            try transaction.append(
                report, kind: QueuedReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "juan")
        }
        try await world.hub.synchronise(world.device, world.organisation)
        let feed = world.device.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        #expect(try await world.hub.store.transaction { try $0.vector()[feed] } == 1)
        let path = path
        try await world.device.write { try $0.configure([path: .text("Pepe")], actor: "test") }
        await #expect(throws: HubRefusal(.feedFork)) {
            try await world.hub.synchronise(world.device, world.organisation)
        }
    }
}

/// An administrator's device and its copy.
struct ClonedDevice {
    let hub: TestHub
    let organisation: Digest
    let founder: Replica
    let device: Replica
    let copy: Replica

    init() async throws {
        hub = try await TestHub()
        (founder, organisation) = try await hub.foundOrganisation()
        let first = try await hub.join("n1", seed: 2, [.sender], founder, organisation)
        let id = first.identity.id
        try await hub.writer(founder, organisation).make { _ in
            .grant(device: id, capabilities: [.admin, .sender], keys: [])
        }
        try await hub.synchronise(first, organisation)
        try await first.close()
        try hub.copyReplica("n1", as: "copy")
        // As a machine that was copied whole, its disk's numbers and its name included.
        device = try await hub.replica("n1", seed: 2, habitat: .none)
        copy = try await hub.replica("copy", seed: 2, habitat: .none)
    }

    /// Lets both write a record with one number, and the hub hear of both.
    func fork() async throws {
        for (replica, name) in [(device, "Juan"), (copy, "Juanito")] {
            let path = RegisterPath("user", "juan", "name")
            try await replica.write { try $0.configure([path: .text(name)], actor: "test") }
        }
        try await hub.synchronise(device, organisation)
        await #expect(throws: HubRefusal(.feedFork)) {
            try await hub.synchronise(copy, organisation)
        }
    }
}
