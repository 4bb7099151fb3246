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
        await #expect(throws: HubRefusal(.notAMember)) {
            try await hub.synchronise(device, organisation)
        }
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
