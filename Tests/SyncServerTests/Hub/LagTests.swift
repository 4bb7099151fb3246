import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// How far devices are behind, as the hub and as their own records tell it.
struct LagTests {
    private let scope = Scope.branch(BranchID(validated: "matriz"))

    private func lags(
        _ hub: TestHub, _ asker: Replica, _ organisation: Digest
    ) async throws -> [DeviceID: DeviceLag] {
        let reply = try await hub.channel(for: asker, organisation: organisation)
            .ask(.lags, within: .seconds(1))
        guard case .lags(let lags) = reply else { throw HubRefusal(.malformed) }
        return Dictionary(uniqueKeysWithValues: lags.map { ($0.device, $0) })
    }

    @Test func `a device that stops asking lags by what came since`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let other = try await hub.join("n1", seed: 2, [], founder, organisation)
        #expect(try await lags(hub, founder, organisation)[other.identity.id]?.heard == nil)
        try await founder.audit(2, in: scope)
        try await hub.synchronise(founder, organisation)
        // The second exchange confirms what the first one brought.
        for _ in 0..<2 { try await hub.synchronise(other, organisation) }
        let before = try await lags(hub, founder, organisation)[other.identity.id]
        #expect(before?.recordsCount == 0)
        #expect(before?.since == nil)
        #expect(before?.heard != nil)

        try await founder.audit(3, in: scope)
        try await hub.synchronise(founder, organisation)
        let after = try await lags(hub, founder, organisation)[other.identity.id]
        let feed = founder.identity.feed(.audit, scope)
        let written = try await founder.read { try $0.feeds.time(of: feed, at: 3)?.timestamp }
        #expect(after?.recordsCount == 3)
        #expect(after?.since == written)
    }

    @Test func `what a device is not to receive is no lag`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let other = try await hub.join("n1", seed: 2, [], founder, organisation)
        try await founder.audit(4, in: .branch(BranchID(validated: "quito")))
        try await hub.synchronise(founder, organisation)
        try await hub.synchronise(other, organisation)
        #expect(try await lags(hub, founder, organisation)[other.identity.id]?.recordsCount == 0)
    }

    @Test func `a branch device learns of itself alone`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let other = try await hub.join("n1", seed: 2, [], founder, organisation)
        #expect(try await lags(hub, other, organisation).keys.elementsEqual([other.identity.id]))
    }

    @Test func `without a hub, a device's own records tell the most that it lacks`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let (first, second) = (organisation.replicas[0], organisation.replicas[1])
        func lag() async throws -> DeviceLag? {
            try await first.read { transaction in
                guard let member = transaction.membership.device(second.identity.id) else {
                    return nil
                }
                return try transaction.recordedLag(of: member)
            }
        }
        try await first.audit(2, in: scope)
        #expect(try await lag() == nil)
        try await organisation.copy(from: 0, to: 1)
        try await second.audit(1, in: scope)
        try await organisation.copy(from: 1, to: 0)
        #expect(try await lag()?.recordsCount == 0)
        try await first.audit(5, in: scope)
        #expect(try await lag()?.recordsCount == 5)
    }
}

extension Replica {
    /// Writes records that no view knows.
    func audit(_ count: Int, in scope: Scope) async throws {
        try await write { transaction in
            for number in 0..<count {
                try transaction.append(
                    UInt64(number), kind: "audit.other", topic: .audit, scope: scope,
                    actor: "test")
            }
        }
    }
}
