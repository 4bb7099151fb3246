import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A mail that its origin offers more than once.
struct OfferTests {
    private static let message = MessageID(validated: [UInt8](repeating: 7, count: 16))
    private static let account = AccountID(validated: "ventas")

    @Test func `what is offered again as it was changes nothing`() async throws {
        try await withQueuedMail { hub, founder, organisation in
            try await offer(["ana@cliente.example", ""], on: founder)
            try await hub.synchronise(founder, organisation)
            let first = try await reserve(hub, founder, organisation)
            #expect(first.map(\.delivery.recipient) == [0])
            // Sealed anew, so its bytes differ.
            try await offer(["ana@cliente.example", ""], manifest: 2, on: founder)
            try await hub.synchronise(founder, organisation)
            let fence = try #require(first.first?.fence)
            #expect(try await reserve(hub, founder, organisation, holding: fence) == first)
            #expect(try await alarms(of: hub) == [])
        }
    }

    @Test func `a recipient offered later is given out with the offer that names him`()
        async throws
    {
        try await withQueuedMail { hub, founder, organisation in
            try await offer(["ana@cliente.example", ""], on: founder)
            try await offer(["", "luis@cliente.example"], manifest: 2, on: founder)
            try await hub.synchronise(founder, organisation)
            let reserved = try await reserve(hub, founder, organisation)
            #expect(reserved.map(\.delivery.recipient) == [0, 1])
            #expect(
                reserved.map(\.offer.recipients) == [
                    ["ana@cliente.example", ""], ["", "luis@cliente.example"],
                ])
            #expect(try await alarms(of: hub) == [])
        }
    }

    @Test func `another content under one name raises an alarm and is given to nobody`()
        async throws
    {
        try await withQueuedMail { hub, founder, organisation in
            try await offer(["ana@cliente.example", ""], on: founder)
            try await offer(
                ["ana@cliente.example", "luis@cliente.example"], blob: 9, on: founder)
            try await hub.synchronise(founder, organisation)
            let reserved = try await reserve(hub, founder, organisation)
            #expect(reserved.map(\.delivery.recipient) == [0])
            #expect(reserved.map(\.offer.blob) == [Digest(of: [1])])
            #expect(try await alarms(of: hub) == [.otherContent])
            let later = try await hub.store.transaction { transaction in
                try transaction.delivery(DeliveryID(message: Self.message, recipient: 1))?.record
            }
            #expect(later?.state == .held)
        }
    }

    @Test(arguments: [(isLeap: false, LedgerState.expired), (isLeap: true, .held)])
    func `the hub gives up what is over, and holds it on a clock that leapt`(
        isLeap: Bool, state: LedgerState
    ) async throws {
        try await withQueuedMail { hub, founder, organisation in
            let id = DeliveryID(message: Self.message, recipient: 0)
            try await offer(
                ["ana@cliente.example", ""], on: founder, lifetime: .seconds(3 * 3600))
            try await hub.synchronise(founder, organisation)
            try await hub.hub.sweep()
            let waiting = try await hub.store.transaction { try $0.delivery(id)?.record.state }
            #expect(waiting == .queued(notBefore: Timestamp(milliseconds: 0)))
            let lifetime = Duration.seconds(3 * 3600)
            let end = hub.manual.environment.now().advanced(by: lifetime)
            if isLeap { hub.manual.setWall(end) } else { hub.manual.advance(by: lifetime) }
            try await hub.hub.sweep()
            let record = try await hub.store.transaction { try $0.delivery(id)?.record }
            #expect(record?.state == state)
            #expect(try await reserve(hub, founder, organisation) == [])
            // The origin can let it go on.
            try await report(.expired(turn: 2), about: id, isRequest: true, on: founder)
            try await hub.synchronise(founder, organisation)
            #expect(try await reserve(hub, founder, organisation).isEmpty == isLeap)
        }
    }

    @Test func `what the origin decided before it offered counts at the hub`() async throws {
        try await withQueuedMail { hub, founder, organisation in
            let id = DeliveryID(message: Self.message, recipient: 0)
            for turn in 1...2 { try await report(.hold(turn: turn), about: id, on: founder) }
            try await hub.synchronise(founder, organisation)
            try await offer(["ana@cliente.example", ""], on: founder)
            // Somebody who saw both turns asks for the third.
            try await hub.synchronise(founder, organisation)
            try await report(.hold(turn: 3), about: id, isRequest: true, on: founder)
            try await hub.synchronise(founder, organisation)
            #expect(try await reserve(hub, founder, organisation) == [])
            let record = try await hub.store.transaction { try $0.delivery(id)?.record }
            #expect(record?.holdTurn == 3)
        }
    }

    // MARK: - Steps

    private func withQueuedMail(
        _ body: (TestHub, Replica, Digest) async throws -> Void
    ) async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let report = QueuedReport(
            message: Self.message, user: UserID(validated: "juan"), type: "cotizacion",
            recipients: ["ana@cliente.example", "luis@cliente.example"], byteCount: 100,
            entity: nil)
        _ = try await founder.write { transaction in
            try transaction.append(
                report, kind: QueuedReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "juan")
        }
        try await body(hub, founder, organisation)
    }

    private func offer(
        _ recipients: [String], manifest: UInt8 = 1, blob: UInt8 = 1, on replica: Replica,
        lifetime: Duration? = nil
    ) async throws {
        let offer = MailOffer(
            message: Self.message, branch: BranchID(validated: "matriz"),
            user: UserID(validated: "juan"), type: "cotizacion", recipients: recipients,
            byteCount: 100, created: Timestamp(milliseconds: 0), epoch: 1,
            manifest: [manifest], blob: Digest(of: [blob]), lifetime: lifetime)
        _ = try await replica.write { transaction in
            try transaction.append(
                offer, kind: MailOffer.recordKind, topic: .mail, scope: .organisation,
                actor: "agent")
        }
    }

    private func report(
        _ fact: DeliveryFact, about id: DeliveryID, isRequest: Bool = false, on replica: Replica
    ) async throws {
        var detail = AttemptDetail()
        detail.reason = isRequest ? DeliveryReport.requestedReason : nil
        let report = DeliveryReport(delivery: id, fact: fact, detail: detail)
        _ = try await replica.write { transaction in
            try transaction.append(
                report, kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "juan")
        }
    }

    /// Everything that the hub gives this device to send, in the order of the recipients.
    private func reserve(
        _ hub: TestHub, _ replica: Replica, _ organisation: Digest,
        holding fence: FencingToken? = nil
    ) async throws -> [ReservedDelivery] {
        let channel = hub.channel(for: replica, organisation: organisation)
        let wish = LeaseRequest(account: Self.account, fence: fence, canReach: true)
        guard case .lease(let replies) = try await channel.ask(.lease([wish]), within: .seconds(1)),
            case .granted(let fence, _)? = replies.first?.outcome
        else { return [] }
        let request = ReserveRequest(
            leases: [HeldLease(account: Self.account, fence: fence)], maximum: 10)
        guard
            case .reserved(let reserved) = try await channel.ask(
                .reserve(request), within: .seconds(1))
        else { return [] }
        return reserved.sorted { $0.delivery.recipient < $1.delivery.recipient }
    }

    private func alarms(of hub: TestHub) async throws -> [Alarm.Kind] {
        try await hub.store.transaction { transaction in
            let stored = try #require(transaction as? SQLiteTransaction)
            return try AlarmStore(stored.transaction.connection).all().map(\.kind)
        }
    }
}
