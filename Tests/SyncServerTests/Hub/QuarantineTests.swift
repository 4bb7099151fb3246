import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// What a device hands over once after it was revoked.
struct QuarantineTests {
    private static let branch = BranchID(validated: "matriz")
    private static let message = MessageID(validated: [UInt8](repeating: 7, count: 16))
    private static let delivery = DeliveryID(message: message, recipient: 0)

    @Test func `what a revoked device offers is held until an administrator lets it go`()
        async throws
    {
        let (hub, founder, device, organisation) = try await revoked()
        try await surrender(device, to: hub, organisation)
        #expect(try await isHeld(in: hub) == true)
        let reports = try await reports(in: hub)
        #expect(reports.map(\.detail.cause) == [DeliveryReport.quarantineCause])
        try await decide(.hold(turn: 2), on: founder)
        try await hub.synchronise(founder, organisation)
        #expect(try await isHeld(in: hub) == false)
        let waiting = try await hub.store.transaction {
            try $0.waiting(at: Timestamp(milliseconds: .max), accounts: [], maximum: 9)
        }
        #expect(waiting.map(\.record.delivery) == [Self.delivery])
    }

    @Test func `nobody but an administrator decides about it`() async throws {
        let (hub, founder, device, organisation) = try await revoked()
        let branch = try await hub.join("n2", seed: 3, [.auditor], founder, organisation)
        try await hub.synchronise(branch, organisation)
        try await surrender(device, to: hub, organisation)
        try await decide(.hold(turn: 2), on: branch)
        try await hub.synchronise(branch, organisation)
        #expect(try await isHeld(in: hub) == true)
    }

    @Test func `it hands over once: more is refused, the same again is answered`() async throws {
        let (hub, _, device, organisation) = try await revoked()
        let channel = hub.channel(for: device, organisation: organisation)
        let last = Surrender(batches: try await batches(of: device), isLast: true)
        for _ in 0..<2 {
            let reply = try await channel.ask(.surrender(last), within: .seconds(1))
            #expect(reply == .surrendered)
        }
        let before = try await hub.store.transaction { try $0.vector() }
        try await device.offer(
            MessageID(validated: [UInt8](repeating: 8, count: 16)), of: Self.branch)
        let more = Surrender(batches: try await batches(of: device), isLast: true)
        await #expect(throws: HubRefusal(.quarantineClosed)) {
            _ = try await channel.ask(.surrender(more), within: .seconds(1))
        }
        let part = BlobPart(id: Digest(of: [1]), offset: 0, total: 1, bytes: [1])
        await #expect(throws: HubRefusal(.quarantineClosed)) {
            _ = try await channel.ask(.putBlob(part), within: .seconds(1))
        }
        #expect(try await hub.store.transaction { try $0.vector() } == before)
    }

    @Test func `a device that belongs surrenders nothing, and configuration is not taken`()
        async throws
    {
        let (hub, founder, device, organisation) = try await revoked()
        let own = hub.channel(for: founder, organisation: organisation)
        await #expect(throws: HubRefusal(.notPermitted)) {
            _ = try await own.ask(
                .surrender(Surrender(batches: [], isLast: true)), within: .seconds(1))
        }
        let feed = device.identity.feed(.config, .organisation)
        // It was an administrator, and may believe that it still is.
        let forged = LyingAuthor(replica: device, organisation: organisation)
        let record = forged.record(of: feed)
        let channel = hub.channel(for: device, organisation: organisation)
        await #expect(throws: HubRefusal(.notPermitted)) {
            _ = try await channel.ask(
                .surrender(Surrender(batches: [forged.batch([record])], isLast: true)),
                within: .seconds(1))
        }
        #expect(
            try await hub.store.transaction { try $0.surrender(of: device.identity.id).isClosed }
                == false)
    }

    @Test func `its word about an attempt counts towards in doubt, never back to the queue`()
        async throws
    {
        for (outcome, expected) in [
            (AttemptOutcome.accepted, LedgerState.sent),
            (.refusedTemporarily(until: Timestamp(milliseconds: 0)), nil),
        ] {
            let (hub, _, device, organisation) = try await revoked(offersFirst: true)
            let attempt = AttemptID(
                number: 1,
                grant: LeaseGrant(
                    account: AccountID(validated: "ventas"), device: device.identity.id,
                    fence: FencingToken(counter: 1, nonce: 1)))
            try await hub.store.transaction { transaction in
                var held = try #require(try transaction.delivery(Self.delivery))
                held.record.insert(
                    .claimed(attempt, doubtAt: Timestamp(milliseconds: 1_790_000_900_000)))
                try transaction.save(held)
            }
            try await report(.concluded(attempt, outcome), on: device)
            try await surrender(device, to: hub, organisation)
            let state = try await hub.store.transaction {
                try $0.delivery(Self.delivery)?.record.state
            }
            if let expected {
                #expect(state == expected)
            } else if case .inDoubt = state {
                // It may have been sent, and nobody but the device would know.
            } else {
                Issue.record("The mail is \(String(describing: state)).")
            }
        }
    }

    // MARK: - Steps

    /// A device that was revoked while a mail waited in its custody, or had passed to the hub.
    private func revoked(
        offersFirst: Bool = false
    ) async throws -> (TestHub, Replica, Replica, Digest) {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let device = try await hub.join("n1", seed: 2, [.admin], founder, organisation)
        let id = device.identity.id
        try await hub.writer(founder, organisation).make { _ in
            .grant(device: id, capabilities: [.admin, .sender], keys: [])
        }
        try await hub.synchronise(device, organisation)
        if offersFirst {
            try await device.offer(Self.message, of: Self.branch)
            try await hub.synchronise(device, organisation)
        }
        try await hub.writer(founder, organisation).revoke(id)
        if !offersFirst { try await device.offer(Self.message, of: Self.branch) }
        return (hub, founder, device, organisation)
    }

    private func report(_ fact: DeliveryFact, on device: Replica) async throws {
        _ = try await device.write { transaction in
            try transaction.append(
                DeliveryReport(delivery: Self.delivery, fact: fact, detail: AttemptDetail()),
                kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(Self.branch),
                actor: "agent")
        }
    }

    private func decide(_ fact: DeliveryFact, on device: Replica) async throws {
        var detail = AttemptDetail()
        detail.reason = DeliveryReport.requestedReason
        let report = DeliveryReport(delivery: Self.delivery, fact: fact, detail: detail)
        _ = try await device.write { transaction in
            try transaction.append(
                report, kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(Self.branch), actor: "juan")
        }
    }

    private func batches(of device: Replica) async throws -> [FeedBatch] {
        let id = device.identity.id
        return try await device.read { transaction in
            try transaction.feeds.vector().feeds
                .filter { $0.device == id && $0.topic != .config }
                .compactMap { try transaction.feeds.batch(of: $0, after: 0) }
        }
    }

    private func surrender(
        _ device: Replica, to hub: TestHub, _ organisation: Digest
    ) async throws {
        let surrender = Surrender(batches: try await batches(of: device), isLast: true)
        _ = try await hub.channel(for: device, organisation: organisation).ask(
            .surrender(surrender), within: .seconds(1))
    }

    private func isHeld(in hub: TestHub) async throws -> Bool? {
        try await hub.store.transaction { try $0.delivery(Self.delivery)?.record.isHeld }
    }

    /// What the hub wrote about the mail.
    private func reports(in hub: TestHub) async throws -> [DeliveryReport] {
        let id = hub.store.identity.id
        return try await hub.store.replica.read { transaction in
            try transaction.feeds.vector().feeds.filter { $0.device == id }
                .flatMap { try transaction.feeds.records(of: $0, after: 0, maximum: 99) }
                .compactMap { record in
                    try record.content.map { try DeliveryReport(canonicalBytes: $0.body) }
                }
        }
    }
}
