import Outbox
import SyncCore
import TestSupport
import Testing

struct OutboxFoldTests {
    private func grant(_ device: DeviceID) throws -> LeaseGrant {
        LeaseGrant(
            account: try #require(AccountID("ventas")), device: device,
            fence: FencingToken(counter: 1, nonce: 2))
    }

    private func report(
        _ facts: [DeliveryFact], about id: DeliveryID, on replica: Replica,
        detail: AttemptDetail = AttemptDetail()
    ) async throws {
        try await replica.write { transaction in
            for fact in facts {
                try transaction.append(
                    DeliveryReport(delivery: id, fact: fact, detail: detail),
                    kind: DeliveryReport.recordKind, topic: .audit,
                    scope: .branch(BranchID(validated: "matriz")), actor: "agent")
            }
        }
    }

    private func state(_ id: DeliveryID, on replica: Replica) async throws -> LedgerState? {
        try await replica.read { try $0.outbox.delivery(id)?.state }
    }

    @Test func `facts that come before the mail count once it arrives`() async throws {
        let fixture = try await QueueFixture(count: 3)
        let replicas = fixture.organisation.replicas
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        let attempt = AttemptID(number: 1, grant: try grant(replicas[1].identity.id))
        try await report(
            [.dataBegun(attempt), .concluded(attempt, .accepted)], about: id, on: replicas[1])
        // The third replica hears of the attempt first, the first replica of the mail.
        try await fixture.organisation.copy(from: 1, to: 2)
        #expect(try await state(id, on: replicas[2]) == nil)
        try await fixture.organisation.copy(from: 0, to: 2)
        try await fixture.organisation.copy(from: 1, to: 0)
        #expect(try await state(id, on: replicas[2]) == .sent)
        #expect(try await state(id, on: replicas[0]) == .sent)
        let records = try await [0, 2].asyncMap { index in
            try await replicas[index].read { try $0.outbox.delivery(id) }
        }
        #expect(records[0] == records[1])
        // A second time changes nothing.
        try await fixture.organisation.copy(from: 1, to: 2)
        let lines = try await replicas[2].read {
            try $0.outbox.lines(of: mail.message).map(\.word.rawValue)
        }
        #expect(lines.sorted() == ["data_begun", "queued", "sent"])
    }

    @Test func `a body that is under way is not in doubt`() async throws {
        let fixture = try await QueueFixture(count: 2)
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        let sender = fixture.organisation.replicas[1]
        let attempt = AttemptID(number: 1, grant: try grant(sender.identity.id))
        try await report([.dataBegun(attempt)], about: id, on: sender)
        try await fixture.organisation.copy(from: 1, to: 0)
        #expect(try await state(id, on: fixture.replica)?.word == "sending")
    }

    @Test func `a report of another device than the attempt's is ignored`() async throws {
        let fixture = try await QueueFixture(count: 3)
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        let replicas = fixture.organisation.replicas
        let attempt = AttemptID(number: 1, grant: try grant(replicas[1].identity.id))
        try await report([.concluded(attempt, .accepted)], about: id, on: replicas[2])
        try await fixture.organisation.copy(from: 2, to: 0)
        #expect(try await state(id, on: fixture.replica)?.word == "queued")
    }

    @Test func `nobody but the origin can offer a mail or take it over`() async throws {
        let fixture = try await QueueFixture(count: 2)
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let other = fixture.organisation.replicas[1]
        try await QueueFixture.offer(mail, on: other)
        _ = try await other.write { transaction in
            try transaction.append(
                QueuedReport(
                    message: mail.message, user: mail.user, type: "robado",
                    recipients: ["espia@example.net"], byteCount: 1, entity: nil),
                kind: QueuedReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "agent")
        }
        try await fixture.organisation.copy(from: 1, to: 0)
        let shown = try #require(
            try await fixture.replica.read { try $0.outbox.show(mail.message) })
        #expect(shown.mail.device == fixture.replica.identity.id)
        #expect(shown.deliveries.map(\.address) == ["ana@example.com"])
        #expect(shown.deliveries.map(\.record.custody) == [.origin])
    }

    @Test func `the offered record passes custody wherever it arrives`() async throws {
        let fixture = try await QueueFixture(count: 2)
        let mail = try QueueFixture.mail(1, to: ["a@example.com", "b@example.com"])
        try await fixture.enqueue(mail)
        try await fixture.offer(mail)
        try await fixture.organisation.copy(from: 0, to: 1)
        for replica in fixture.organisation.replicas {
            let records = try await replica.read { try $0.outbox.deliveries(of: mail.message) }
            #expect(records.map(\.custody) == [.hub, .hub])
        }
    }
}

extension QueueFixture {
    /// Commits an offer of a mail, as if its bytes were at the hub.
    func offer(_ mail: MailSubmission) async throws {
        try await Self.offer(mail, on: replica)
    }

    static func offer(_ mail: MailSubmission, on replica: Replica) async throws {
        _ = try await replica.write { transaction in
            try transaction.append(
                MailOffer(
                    message: mail.message, branch: BranchID(validated: "matriz"),
                    user: mail.user, type: mail.type, recipients: mail.recipients.map(\.text),
                    byteCount: UInt64(mail.rendered.bytes.count),
                    created: Timestamp(milliseconds: 0),
                    epoch: 1, manifest: [1], blob: .zero),
                kind: MailOffer.recordKind, topic: .mail, scope: .organisation, actor: "agent")
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(
        _ body: (Element) async throws -> Value
    ) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
