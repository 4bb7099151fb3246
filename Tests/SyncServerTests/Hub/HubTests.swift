import SyncCore
import TestSupport
import Testing

@testable import SyncServer

struct HubTests {
    @Test(arguments: [-1, 1])
    func `a device whose clock is a day wrong agrees with the others`(days: Int) async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let token = try await hub.invite([.admin], founder, organisation)
        let device = try await hub.join(
            "n1", seed: 2, with: token, clockAhead: .seconds(86_400 * days))
        let id = device.identity.id
        try await hub.writer(founder, organisation).make { _ in
            .grant(device: id, capabilities: [.admin], keys: [])
        }
        try await hub.synchronise(device, organisation)
        let path = RegisterPath("user", "juan", "name")
        for (writer, reader) in [(device, founder), (founder, device)] {
            let value = RegisterValue.text(writer.identity.name)
            try await writer.write { try $0.configure([path: value], actor: "t") }
            try await hub.synchronise(writer, organisation)
            try await hub.synchronise(reader, organisation)
            #expect(try await reader.read { try $0.config.register(path).value } == value)
        }
    }

    private let path = RegisterPath("user", "juan", "name")

    @Test func `two devices join through the hub and agree`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let other = try await hub.join("n1", seed: 2, [.sender], founder, organisation)
        let path = path
        try await founder.write { try $0.configure([path: .text("Juan")], actor: "test") }
        try await hub.synchronise(founder, organisation)
        try await hub.synchronise(other, organisation)
        #expect(try await other.read { try $0.config.register(path).value } == .text("Juan"))
        let digests = try await digests([founder, other])
        #expect(digests[0] == digests[1])
        let alarms = try await other.read { try AlarmStore($0.connection).all() }
        #expect(alarms == [])
    }

    @Test func `an invitation serves one device`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let token = try await hub.invite([.sender], founder, organisation)
        try await hub.join("n1", seed: 2, with: token)
        await #expect(throws: HubRefusal(.inviteSpent)) {
            try await hub.join("n2", seed: 3, with: token)
        }
    }

    @Test func `a device that does not belong is refused`() async throws {
        let hub = try await TestHub()
        let (_, organisation) = try await hub.foundOrganisation()
        let stranger = try await hub.replica("stranger", seed: 66)
        await #expect(throws: HubRefusal(.notAMember)) {
            try await hub.synchronise(stranger, organisation)
        }
    }

    @Test func `a sender capability waits for approval`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let other = try await hub.join("n1", seed: 2, [.sender], founder, organisation)
        let channel = hub.channel(for: other, organisation: organisation)
        await #expect(throws: HubRefusal(.notPermitted)) {
            _ = try await channel.ask(.lease([]), within: .seconds(1))
        }
        let card = other.identity.card
        try await hub.writer(founder, organisation).make { transaction in
            .grant(
                device: card.id, capabilities: [.sender],
                keys: transaction.identity.epochKeys(for: card, in: transaction.membership))
        }
        guard case .lease = try await channel.ask(.lease([]), within: .seconds(1)) else {
            Issue.record("The lease was not answered.")
            return
        }
        try await hub.synchronise(other, organisation)
        let key = try await other.read { $0.identity.epochKey(1, in: $0.membership) != nil }
        #expect(key)
    }

    @Test func `the answer to a claim says whether the lease is the current one`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let channel = hub.channel(for: founder, organisation: organisation)
        let account = AccountID(validated: "ventas")
        let wish = LeaseRequest(account: account, fence: nil, canReach: true)
        var fences: [FencingToken] = []
        for _ in 0..<2 {
            // Without naming its fence the device is granted another one.
            let reply = try await channel.ask(.lease([wish]), within: .seconds(1))
            if case .lease(let replies) = reply, case .granted(let fence, _) = replies[0].outcome {
                fences.append(fence)
            }
        }
        let delivery = DeliveryID(
            message: MessageID(validated: [UInt8](repeating: 7, count: 16)), recipient: 0)
        let claims = fences.map { fence in
            ClaimRequest(
                delivery: delivery, attempt: 1, lease: HeldLease(account: account, fence: fence))
        }
        let reply = try await channel.ask(.claim(claims), within: .seconds(1))
        guard case .claimed(let replies) = reply else {
            Issue.record("The claims were not answered.")
            return
        }
        #expect(replies.map(\.isCurrent) == [false, true])
        #expect(replies.map(\.isGranted) == [false, false])
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
