import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// What a revoked device wrote, and from when on it does not count.
struct RevocationTests {
    private let path = RegisterPath("user", "juan", "name")

    @Test func `a revocation counts what the hub has, also what the administrator has not`()
        async throws
    {
        let (hub, founder, device, organisation) = try await twoAdministrators()
        try await write("Juan", on: device)
        // This device's mail goes to nobody but the hub.
        try await report(on: device)
        try await hub.synchronise(device, organisation)
        try await hub.writer(founder, organisation).revoke(device.identity.id)
        let stored = try await hub.store.transaction { try $0.vector() }
        let id = device.identity.id
        let cutoff = try await founder.read { $0.membership.device(id)?.cutoff }
        #expect(cutoff == stored.filtered { $0.device == id })
        #expect(cutoff?[device.identity.feed(.audit, branch)] == 1)
        #expect(try await value(on: founder) == .text("Juan"))
    }

    @Test func `a revocation at other counts than the hub's is refused`() async throws {
        let (hub, founder, device, organisation) = try await twoAdministrators()
        let id = device.identity.id
        let early = try await founder.read { transaction in
            transaction.nextEntry(
                .revoke(
                    device: id,
                    cutoff: try transaction.feeds.vector().filtered { $0.device == id }))
        }
        try await write("Juan", on: device)
        try await hub.synchronise(device, organisation)
        let channel = hub.channel(for: founder, organisation: organisation)
        await #expect(throws: HubRefusal(.membershipStale)) {
            _ = try await channel.ask(.admit([early]), within: .seconds(1))
        }
        #expect(try await hub.store.transaction { $0.membership.device(id)?.isActive } == true)
    }

    @Test func `a revocation begins a new epoch in the same step, without the device`()
        async throws
    {
        let (hub, founder, device, organisation) = try await twoAdministrators()
        let id = device.identity.id
        try await hub.writer(founder, organisation).make { transaction in
            let card = try #require(transaction.membership.device(id)?.card)
            return .grant(
                device: id, capabilities: [.admin, .sender],
                keys: transaction.identity.epochKeys(for: card, in: transaction.membership))
        }
        try await hub.synchronise(device, organisation)
        let old = try await device.read { $0.identity.epochKey(1, in: $0.membership) != nil }
        #expect(old)
        let before = try await founder.read { $0.membership.height }
        try await hub.writer(founder, organisation).revoke(id)
        let membership = try await founder.read { $0.membership }
        #expect(membership.height == before + 2)
        #expect(membership.epochs.count == 2)
        #expect(membership.sealedEpochKey(2, for: id) == nil)
        #expect(membership.sealedEpochKey(2, for: founder.identity.id) != nil)
        // What was sealed before can still be opened by those who could.
        #expect(membership.sealedEpochKey(1, for: founder.identity.id) != nil)
    }

    @Test func `what a revoked device configures later is void`() async throws {
        let (hub, founder, device, organisation) = try await twoAdministrators()
        try await write("Juan", on: device)
        try await hub.synchronise(device, organisation)
        try await hub.writer(founder, organisation).revoke(device.identity.id)
        try await write("Nadie", on: device)
        let feed = device.identity.feed(.config, .organisation)
        let batch = try #require(try await device.read { try $0.feeds.batch(of: feed, after: 0) })
        _ = try await founder.write { try $0.admit(batch) }
        #expect(try await value(on: founder) == .text("Juan"))
        // It is told, learns from the chain that it is true, and is told again.
        for _ in 0..<2 {
            await #expect(throws: HubRefusal(.revoked)) {
                try await hub.synchronise(device, organisation)
            }
        }
        let id = device.identity.id
        #expect(try await device.read { $0.membership.device(id)?.isActive } == false)
    }

    // MARK: - Steps

    private let branch = Scope.branch(BranchID(validated: "matriz"))

    private func twoAdministrators() async throws -> (TestHub, Replica, Replica, Digest) {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let device = try await hub.join("n1", seed: 2, [.admin], founder, organisation)
        let id = device.identity.id
        try await hub.writer(founder, organisation).make { _ in
            .grant(device: id, capabilities: [.admin], keys: [])
        }
        try await hub.synchronise(device, organisation)
        return (hub, founder, device, organisation)
    }

    private func write(_ name: String, on replica: Replica) async throws {
        let path = path
        try await replica.write { try $0.configure([path: .text(name)], actor: "test") }
    }

    private func value(on replica: Replica) async throws -> RegisterValue {
        let path = path
        return try await replica.read { try $0.config.register(path).value }
    }

    private func report(on replica: Replica) async throws {
        let route = RouteReport(
            account: AccountID(validated: "ventas"), host: "smtp.inair.example", port: 465,
            security: "implicit", cause: "TCP_DROP", milliseconds: 10)
        let branch = branch
        _ = try await replica.write { transaction in
            try transaction.append(
                route, kind: RouteReport.failedKind, topic: .audit, scope: branch, actor: "agent")
        }
    }
}
