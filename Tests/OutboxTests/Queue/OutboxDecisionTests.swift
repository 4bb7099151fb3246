import Outbox
import SyncCore
import TestSupport
import Testing

struct OutboxDecisionTests {
    private func decide(
        _ decision: OutboxDecision, _ id: DeliveryID, on replica: Replica
    ) async throws -> DecisionAnswer? {
        try await replica.write { try $0.decide(decision, about: id, actor: "juan") }
    }

    private func shown(_ id: DeliveryID, on replica: Replica) async throws -> ListedDelivery? {
        try await replica.read { try $0.outbox.show(id.message)?.deliveries[id.recipient] }
    }

    @Test func `in the origin's custody a decision is carried out at once`() async throws {
        let fixture = try await QueueFixture()
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        #expect(try await decide(.hold, id, on: fixture.replica) == .done(.held))
        #expect(try await decide(.hold, id, on: fixture.replica) == .done(.held))
        #expect(
            try await decide(.release, id, on: fixture.replica)
                == .done(.queued(notBefore: Timestamp(milliseconds: 0))))
        #expect(try await decide(.cancel, id, on: fixture.replica) == .done(.cancelled))
        await #expect(throws: LedgerRefusal.self) {
            try await decide(.hold, id, on: fixture.replica)
        }
        // hold, release, cancel, and the mail itself.
        #expect(try await fixture.records(of: .audit) == 4)
    }

    @Test func `in the hub's custody a decision is a request until the hub answers`() async throws {
        let fixture = try await QueueFixture()
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        try await fixture.offer(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        #expect(try await decide(.cancel, id, on: fixture.replica) == .requested)
        let delivery = try #require(try await shown(id, on: fixture.replica))
        #expect(delivery.record.state.word == "queued")
        #expect(delivery.requests == [.cancelled])
    }

    @Test func `what the hub answers counts, also when it repeats the request`() async throws {
        let device = try await OutboxDevice()
        let hub = try await device.attachHub()
        let mail = try QueueFixture.mail(1)
        try await device.enqueue([mail])
        try await QueueFixture.offer(mail, on: device.replica)
        let id = DeliveryID(message: mail.message, recipient: 0)
        #expect(try await decide(.cancel, id, on: device.replica) == .requested)
        var detail = AttemptDetail()
        detail.reason = DeliveryReport.requestedReason
        let answer = DeliveryReport(delivery: id, fact: .cancelled, detail: detail)
        let batch = try await hub.write { transaction in
            try transaction.append(
                answer, kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "hub"
            ).header.feed
        }
        let records = try #require(
            try await hub.read { try $0.feeds.batch(of: batch, after: 0) })
        _ = try await device.replica.write { try $0.admit(records) }
        let delivery = try #require(try await shown(id, on: device.replica))
        #expect(delivery.record.state == .cancelled)
        #expect(delivery.requests == [])
    }

    @Test func `an administrator elsewhere asks, and the origin answers`() async throws {
        let fixture = try await QueueFixture(count: 2)
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        try await fixture.organisation.copy(from: 0, to: 1)
        let id = DeliveryID(message: mail.message, recipient: 0)
        let other = fixture.organisation.replicas[1]
        #expect(try await decide(.cancel, id, on: other) == .requested)
        #expect(try await shown(id, on: other)?.requests == [.cancelled])
        try await fixture.organisation.copy(from: 1, to: 0)
        #expect(try await fixture.replica.write { try $0.answerRequests() } == 1)
        #expect(try await fixture.replica.write { try $0.answerRequests() } == 0)
        #expect(try await shown(id, on: fixture.replica)?.record.state == .cancelled)
        try await fixture.organisation.copy(from: 0, to: 1)
        #expect(try await shown(id, on: other)?.record.state == .cancelled)
        #expect(try await shown(id, on: other)?.requests == [])
    }

    @Test func `the origin takes back by force what the hub has, in doubt`() async throws {
        let fixture = try await QueueFixture(count: 2)
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        try await fixture.offer(mail)
        try await fixture.organisation.copy(from: 0, to: 1)
        let id = DeliveryID(message: mail.message, recipient: 0)
        await #expect(throws: LedgerRefusal(.notTheOrigin, id)) {
            try await decide(.recall, id, on: fixture.organisation.replicas[1])
        }
        for _ in 1...2 {
            #expect(try await decide(.recall, id, on: fixture.replica) == .done(.inDoubt(nil)))
        }
        #expect(try await shown(id, on: fixture.replica)?.record.custody == .origin)
        #expect(
            try await decide(.resolveResend, id, on: fixture.replica)
                == .done(.queued(notBefore: Timestamp(milliseconds: 0))))
        try await fixture.offer(mail)
        #expect(try await shown(id, on: fixture.replica)?.record.custody == .hub)
        try await fixture.organisation.copy(from: 0, to: 1)
        let other = try await shown(id, on: fixture.organisation.replicas[1])
        #expect(other?.record.facts == [.custody(turn: 3), .suspicion(turn: 2)])
    }

    @Test func `a delivery in doubt is resent once for each decision`() async throws {
        let fixture = try await QueueFixture()
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        let attempt = AttemptID(
            number: 1,
            grant: LeaseGrant(
                account: AccountID(validated: "ventas"), device: fixture.replica.identity.id,
                fence: FencingToken(counter: 1, nonce: 1)))
        _ = try await fixture.replica.write { transaction in
            try transaction.append(
                DeliveryReport(
                    delivery: id, fact: .concluded(attempt, .inDoubt), detail: AttemptDetail()),
                kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "agent")
        }
        await #expect(throws: LedgerRefusal(.inDoubt, id)) {
            try await decide(.retry, id, on: fixture.replica)
        }
        let answer = try await decide(.resolveResend, id, on: fixture.replica)
        #expect(answer == .done(.queued(notBefore: Timestamp(milliseconds: 0))))
        await #expect(throws: LedgerRefusal(.nothingToResolve, id)) {
            try await decide(.resolveResend, id, on: fixture.replica)
        }
    }

    @Test func `what a revoked device decides about its mail does not count elsewhere`()
        async throws
    {
        let fixture = try await QueueFixture(count: 2)
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        try await fixture.organisation.copy(from: 0, to: 1)
        let (device, admin) = (fixture.replica, fixture.organisation.replicas[1])
        let revoked = device.identity.id
        try await admin.write { transaction in
            let cutoff = try transaction.feeds.vector().filtered { $0.device == revoked }
            try transaction.admit(
                transaction.nextEntry(.revoke(device: revoked, cutoff: cutoff)))
        }
        let id = DeliveryID(message: mail.message, recipient: 0)
        #expect(try await decide(.cancel, id, on: device) == .done(.cancelled))
        try await fixture.organisation.copy(from: 0, to: 1)
        #expect(try await shown(id, on: admin)?.record.state.word == "queued")
    }
}
