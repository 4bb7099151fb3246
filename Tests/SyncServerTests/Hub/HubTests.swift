import SyncCore
import TestSupport
import Testing

@testable import SyncServer

struct HubTests {
    private let path = RegisterPath("user", "juan", "name")

    @Test func `two devices join through the hub and agree`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await foundOrganisation(on: hub)
        let other = try await join("n1", seed: 2, [.sender], on: hub, founder, organisation)
        let path = path
        try await founder.write { try $0.configure([path: .text("Juan")], actor: "test") }
        try await synchronise(founder, hub, organisation)
        try await synchronise(other, hub, organisation)
        #expect(try await other.read { try $0.config.register(path).value } == .text("Juan"))
        let digests = try await digests([founder, other])
        #expect(digests[0] == digests[1])
        let alarms = try await other.read { try AlarmStore($0.connection).all() }
        #expect(alarms == [])
    }

    @Test func `an invitation serves one device`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await foundOrganisation(on: hub)
        let token = try await invite([.sender], on: hub, founder, organisation)
        try await join("n1", seed: 2, with: token, on: hub)
        await #expect(throws: HubRefusal(.inviteSpent)) {
            try await self.join("n2", seed: 3, with: token, on: hub)
        }
    }

    @Test func `a device that does not belong is refused`() async throws {
        let hub = try await TestHub()
        let (_, organisation) = try await foundOrganisation(on: hub)
        let stranger = try await hub.replica("stranger", seed: 66)
        await #expect(throws: HubRefusal(.notAMember)) {
            try await self.synchronise(stranger, hub, organisation)
        }
    }

    @Test func `a sender capability waits for approval`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await foundOrganisation(on: hub)
        let other = try await join("n1", seed: 2, [.sender], on: hub, founder, organisation)
        let channel = hub.channel(for: other, organisation: organisation)
        await #expect(throws: HubRefusal(.notPermitted)) {
            _ = try await channel.ask(.lease([]), within: .seconds(1))
        }
        let card = other.identity.card
        try await writer(founder, hub, organisation).make { transaction in
            .grant(
                device: card.id, capabilities: [.sender],
                keys: transaction.identity.epochKeys(for: card, in: transaction.membership))
        }
        guard case .lease = try await channel.ask(.lease([]), within: .seconds(1)) else {
            Issue.record("The lease was not answered.")
            return
        }
        try await synchronise(other, hub, organisation)
        let key = try await other.read { $0.identity.epochKey(1, in: $0.membership) != nil }
        #expect(key)
    }

    @Test func `a planted merge fault raises the alarm at the next exchange`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await foundOrganisation(on: hub)
        let other = try await join("n1", seed: 2, [], on: hub, founder, organisation)
        let path = path
        try await founder.write { try $0.configure([path: .text("Juan")], actor: "test") }
        try await synchronise(founder, hub, organisation)
        try await synchronise(other, hub, organisation)
        _ = try await other.write { try $0.connection.run("DELETE FROM config_write") }
        try await synchronise(other, hub, organisation)
        let alarms = try await other.read { try AlarmStore($0.connection).all() }
        #expect(alarms.map(\.kind) == [.digestMismatch])
    }

    // MARK: - Steps

    private func foundOrganisation(on hub: TestHub) async throws -> (Replica, Digest) {
        let founder = try await hub.replica("founder", seed: 1)
        let recovery = RecoveryKey(randomFrom: founder.environment)
        try await founder.write {
            try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
        }
        let organisation = try await founder.read { $0.membership.organisation }
        let card = hub.card
        let entries = try await founder.read { transaction in
            try transaction.replicaStore.membershipEntries(after: 0)
                + [transaction.nextEntry(.hub(card))]
        }
        let channel = hub.channel(for: founder, organisation: organisation)
        _ = try await channel.ask(.admit(entries), within: .seconds(1))
        try await founder.write { transaction in
            if let last = entries.last { try transaction.admit(last) }
        }
        return (founder, organisation)
    }

    private func writer(
        _ replica: Replica, _ hub: TestHub, _ organisation: Digest
    ) -> MembershipWriter {
        MembershipWriter(
            replica: replica, channel: hub.channel(for: replica, organisation: organisation))
    }

    private func invite(
        _ capabilities: [Capability], on hub: TestHub, _ founder: Replica, _ organisation: Digest
    ) async throws -> JoinToken {
        let environment = founder.environment
        let seed = environment.randomBytes(SigningKey.seedByteCount)
        let id = InviteID(randomFrom: environment)
        let expires = environment.now().advanced(by: .seconds(3600))
        try await writer(founder, hub, organisation).make { _ in
            var copy = seed
            let key = SigningKey(seed: SecretBytes(consuming: &copy))
            return .invite(
                Invitation(
                    id: id, key: key.verificationKey, branch: BranchID(validated: "matriz"),
                    capabilities: capabilities, expires: expires))
        }
        return JoinToken(
            hub: hub.card, organisation: organisation, invite: id, seed: seed, expires: expires)
    }

    @discardableResult
    private func join(
        _ name: String, seed: UInt64, with token: JoinToken, on hub: TestHub
    ) async throws -> Replica {
        let replica = try await hub.replica(name, seed: seed)
        let channel = hub.channel(for: replica, organisation: token.organisation)
        try await Joining(replica: replica, token: token, channel: channel).join()
        return replica
    }

    private func join(
        _ name: String, seed: UInt64, _ capabilities: [Capability], on hub: TestHub,
        _ founder: Replica, _ organisation: Digest
    ) async throws -> Replica {
        let token = try await invite(capabilities, on: hub, founder, organisation)
        return try await join(name, seed: seed, with: token, on: hub)
    }

    private func synchronise(
        _ replica: Replica, _ hub: TestHub, _ organisation: Digest
    ) async throws {
        try await SyncDriver(
            replica: replica, channel: hub.channel(for: replica, organisation: organisation)
        ).synchronise()
    }

    private func digests(_ replicas: [Replica]) async throws -> [Digest] {
        var digests: [Digest] = []
        for replica in replicas {
            digests.append(
                try await replica.read { try $0.stateDigest(of: .config, .organisation).digest })
        }
        return digests
    }
}
