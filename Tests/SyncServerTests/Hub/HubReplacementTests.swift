import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Another hub takes the place of the one that the devices know.
struct HubReplacementTests {
    private static let branch = BranchID(validated: "matriz")

    /// A former hub, the one that takes its place, and two devices.
    private struct World {
        let former: TestHub
        let next: TestHub
        let founder: Replica
        let branch: Replica
        let organisation: Digest

        /// Makes them; the new hub may have been given the keys of the former one.
        init(hasKeys: Bool = false) async throws {
            former = try await TestHub()
            var next = try await TestHub(seed: 900)
            (founder, organisation) = try await former.foundOrganisation()
            branch = try await former.join("n1", seed: 2, [.auditor], founder, organisation)
            try await former.synchronise(founder, organisation)
            try await former.synchronise(branch, organisation)
            if hasKeys {
                try await next.store.takeKeys(of: former.store)
                next = try await next.reopened()
            }
            self.next = next
        }

        /// What `hub replace` does; a lost hub is not asked.
        func replace(isLost: Bool) async throws {
            let card = next.card
            if isLost {
                try await founder.write { try $0.admit($0.nextEntry(.hub(card))) }
            } else {
                try await former.writer(founder, organisation).make { _ in .hub(card) }
            }
            let chain = try await founder.read {
                try $0.replicaStore.membershipEntries(after: 0)
            }
            _ = try await next.channel(for: founder, organisation: organisation).ask(
                .admit(chain), within: .seconds(1))
        }

        /// A device's way to the address of the hub, at which now the new one answers, while it
        /// still seals for the former one.
        func stale(_ replica: Replica) -> HubClient {
            HubClient(
                identity: replica.identity, organisation: organisation,
                hub: former.store.identity.card,
                transport: DirectTransport(handler: HubHandler(hub: next.hub)),
                environment: replica.environment)
        }

        func hub(knownTo replica: Replica) async throws -> HubCard? {
            try await replica.read { $0.membership.hub }
        }
    }

    @Test func `the former hub admits its successor, tells everybody, and does nothing more`()
        async throws
    {
        let world = try await World()
        try await world.replace(isLost: false)
        let channel = world.former.channel(for: world.founder, organisation: world.organisation)
        let lease = LeaseRequest(
            account: AccountID(validated: "ventas"), fence: nil, canReach: true)
        for request in [HubRequest.lease([lease]), .counts(of: world.branch.identity.id)] {
            await #expect(throws: HubRefusal(.replaced)) {
                _ = try await channel.ask(request, within: .seconds(1))
            }
        }
        let late = try await world.founder.read {
            $0.nextEntry(.epoch($0.identity.makeEpoch(2, for: [], using: $0.environment)))
        }
        await #expect(throws: HubRefusal(.replaced)) {
            _ = try await channel.ask(.admit([late]), within: .seconds(1))
        }
        await #expect(throws: HubRefusal(.replaced)) {
            try await world.former.synchronise(world.branch, world.organisation)
        }
        #expect(try await world.hub(knownTo: world.branch) == world.next.card)
    }

    @Test func `devices give the new hub what it lacks, their own and others'`() async throws {
        let world = try await World()
        let path = RegisterPath("user", "juan", "name")
        try await world.founder.write { try $0.configure([path: .text("Juan")], actor: "t") }
        try await world.former.synchronise(world.founder, world.organisation)
        try await world.former.synchronise(world.branch, world.organisation)
        try await world.replace(isLost: true)
        // The founder is away: what it wrote comes from whoever has it.
        let chain = try await world.founder.read {
            try $0.replicaStore.membershipEntries(after: 0)
        }
        _ = try await world.branch.write { try $0.reconcile(chain) }
        for _ in 0..<2 { try await world.next.synchronise(world.branch, world.organisation) }
        let feed = world.founder.identity.feed(.config, .organisation)
        #expect(try await world.next.store.transaction { try $0.vector()[feed] } == 1)
    }

    @Test func `a device that was away finds the new hub by the keys of the former one`()
        async throws
    {
        let world = try await World(hasKeys: true)
        try await world.replace(isLost: true)
        let driver = SyncDriver(replica: world.branch, channel: world.stale(world.branch))
        await #expect(throws: HubRefusal(.replaced)) { try await driver.synchronise() }
        #expect(try await world.hub(knownTo: world.branch) == world.next.card)
    }

    @Test func `without those keys it is told who took the place, and believes the chain alone`()
        async throws
    {
        let world = try await World()
        try await world.replace(isLost: true)
        let driver = SyncDriver(
            replica: world.branch, channel: world.stale(world.branch),
            successor: { hub in
                HubClient(
                    identity: world.branch.identity, organisation: world.organisation,
                    hub: hub.card,
                    transport: DirectTransport(handler: HubHandler(hub: world.next.hub)),
                    environment: world.branch.environment)
            })
        await #expect(throws: EnvelopeError.self) { try await driver.synchronise() }
        #expect(try await world.hub(knownTo: world.branch) == world.next.card)
    }

    @Test func `a hub that nobody signed in takes nobody's place`() async throws {
        let world = try await World()
        // It names itself, with its own key: there is no administrator behind it.
        let liar = world.next
        let entry = MembershipEntry(
            .hub(liar.card), height: 2, previous: world.organisation,
            signedBy: liar.store.identity.signingKey)
        struct Hint: SyncTransport {
            let bytes: [UInt8]
            func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8] {
                bytes
            }
        }
        struct Chain: HubChannel {
            let entries: [MembershipEntry]
            func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
                .membership(entries)
            }
        }
        let chain = try await world.founder.read {
            try $0.replicaStore.membershipEntries(after: 0, maximum: 1)
        }
        let before = try await world.hub(knownTo: world.branch)
        let client = HubClient(
            identity: world.branch.identity, organisation: world.organisation,
            hub: world.former.store.identity.card,
            transport: Hint(bytes: SealedEnvelope.unknownHubReply + entry.bytes),
            environment: world.branch.environment)
        let driver = SyncDriver(
            replica: world.branch, channel: client,
            successor: { _ in Chain(entries: chain + [entry]) })
        await #expect(throws: MembershipError(.notPermitted)) { try await driver.synchronise() }
        #expect(try await world.hub(knownTo: world.branch) == before)
    }

    @Test func `retired keys open for 400 days, and not longer`() async throws {
        let world = try await World(hasKeys: true)
        try await world.replace(isLost: true)
        let channel = world.stale(world.branch)
        world.next.manual.advance(by: RequestOpener.retirement - .seconds(60))
        await #expect(throws: HubRefusal(.replaced)) {
            _ = try await channel.ask(.exchange(ExchangeRequest()), within: .seconds(1))
        }
        world.next.manual.advance(by: .seconds(120))
        await #expect(throws: EnvelopeError.self) {
            _ = try await channel.ask(.exchange(ExchangeRequest()), within: .seconds(1))
        }
    }

    @Test func `what was offered to the former hub is in doubt at the new one`() async throws {
        let world = try await World()
        let message = MessageID(validated: [UInt8](repeating: 3, count: 16))
        let hub = try await world.founder.read {
            try SyncStore($0.replicaStore).hubIncarnation()
        }
        try await world.founder.offer(message, of: Self.branch, to: hub)
        try await world.former.synchronise(world.founder, world.organisation)
        try await world.replace(isLost: true)
        try await world.next.synchronise(world.founder, world.organisation)
        let record = try await world.next.store.transaction {
            try $0.delivery(DeliveryID(message: message, recipient: 0))?.record
        }
        #expect(record?.isSuspect == true)
        guard case .inDoubt? = record?.state else {
            return #expect(Bool(false), "It would be sent a second time.")
        }
    }
}
