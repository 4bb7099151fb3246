import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// What the hub's ledger makes of a mail that its origin takes back by force.
struct HubRecallTests {
    private let branch = BranchID(validated: "matriz")
    private let message = MessageID(validated: [UInt8](repeating: 9, count: 16))

    /// One thing that the origin records.
    private enum Step {
        case queue
        case offer([String])
        case fact(DeliveryFact, recipient: Int)
    }

    private static let both = ["ana@example.com", "beto@example.com"]
    private static let recall = [
        Step.fact(.custody(turn: 2), recipient: 1), .fact(.suspicion(turn: 1), recipient: 1),
    ]

    /// Lets the hub's fold see records of a device, in the order given.
    private func fold(_ steps: [Step], after earlier: [Step] = []) async throws -> [HubDelivery?] {
        let hub = try await TestHub()
        let recovery = RecoveryKey(randomFrom: hub.manual.environment)
        let device = try await hub.replica("n1", seed: 3)
        try await device.write { try $0.found("INAIR", branch: branch, recovery: recovery) }
        let entries = try await device.read { try $0.replicaStore.membershipEntries(after: 0) }
        try await hub.store.transaction { store in
            for entry in entries { try store.admit(entry, at: nil) }
        }
        for part in [earlier, steps] {
            try await device.write { transaction in
                for step in part { try append(step, to: transaction) }
            }
            let feeds = part.contains { if case .offer = $0 { true } else { false } }
            for topic in feeds ? [Topic.mail, .audit] : [.audit] {
                try await push(topic, of: device, to: hub)
            }
        }
        return try await hub.store.transaction { store in
            try [0, 1].map { recipient in
                try store.delivery(DeliveryID(message: message, recipient: recipient))
            }
        }
    }

    private func append(_ step: Step, to transaction: ReplicaTransaction) throws {
        switch step {
        case .queue:
            try transaction.append(
                QueuedReport(
                    message: message, user: UserID(validated: "juan"), type: "general",
                    recipients: Self.both, byteCount: 100, entity: nil),
                kind: QueuedReport.recordKind, topic: .audit, scope: .branch(branch),
                actor: "juan")
        case .offer(let recipients):
            try transaction.append(
                MailOffer(
                    message: message, branch: branch, user: UserID(validated: "juan"),
                    type: "general", recipients: recipients, byteCount: 100,
                    created: Timestamp(milliseconds: 0), epoch: 1, manifest: [1],
                    blob: Digest(of: [1])),
                kind: MailOffer.recordKind, topic: .mail, scope: .organisation, actor: "agent")
        case .fact(let fact, let recipient):
            let id = DeliveryID(message: message, recipient: recipient)
            try transaction.append(
                DeliveryReport(delivery: id, fact: fact, detail: AttemptDetail()),
                kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(branch),
                actor: "juan")
        }
    }

    private func push(_ topic: Topic, of device: Replica, to hub: TestHub) async throws {
        let batches = try await device.read { transaction in
            try transaction.feeds.vector(of: topic).feeds.compactMap {
                try transaction.feeds.batch(of: $0, after: 0)
            }
        }
        try await hub.store.transaction { store in
            for batch in batches { _ = try store.admit(batch) }
        }
    }

    @Test func `a recalled delivery leaves the hub's custody, and the others stay`() async throws {
        let found = try await fold([.queue, .offer(Self.both)] + Self.recall)
        #expect(found[0]?.record.custody == .hub)
        #expect(found[1]?.record.custody == .origin)
        #expect(found[1]?.record.state == .inDoubt(nil))
    }

    @Test func `a recall that arrives before the offer is not undone by it`() async throws {
        let found = try await fold([.offer(Self.both)], after: [.queue] + Self.recall)
        #expect(found[0]?.record.custody == .hub)
        #expect(found[1]?.record.custody == .origin)
    }

    @Test func `what is offered again is the hub's again, with the offer that names it`()
        async throws
    {
        let again = [
            Step.fact(.suspicion(turn: 2), recipient: 1), .offer(["", "beto@example.com"]),
        ]
        let found = try await fold(again, after: [.queue, .offer(Self.both)] + Self.recall)
        #expect(found.map { $0?.record.custody } == [.hub, .hub])
        #expect(found[1]?.record.state == .queued(notBefore: Timestamp(milliseconds: 0)))
        #expect(found[0]?.offer.recipients == Self.both)
        #expect(found[1]?.offer.recipients == ["", "beto@example.com"])
    }
}
