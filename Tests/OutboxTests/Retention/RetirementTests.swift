import Outbox
import SyncCore
import TestSupport
import Testing

/// What was folded from retired records goes with them, unless something is left to do.
struct RetirementTests {
    private static let day = Duration.seconds(86_400)

    private func retire(on device: OutboxDevice) async throws {
        let before = device.manual.environment.now().advanced(by: .zero - Self.day * 60)
        try await device.replica.write { transaction in
            try transaction.sign(
                RetentionCut([.init(topic: .audit, before: before)]), actor: "ana")
        }
        _ = try await device.replica.retireAll(pausing: .zero)
    }

    private func lines(of mail: MailSubmission, on device: OutboxDevice) async throws -> Int {
        try await device.replica.read { try $0.outbox.lines(of: mail.message).count }
    }

    @Test func `a mail that is done goes from the log and the lists, one that waits stays`()
        async throws
    {
        let device = try await OutboxDevice()
        let (done, waiting) = (try QueueFixture.mail(1), try QueueFixture.mail(2))
        try await device.enqueue([done, waiting])
        let id = DeliveryID(message: done.message, recipient: 0)
        let other = DeliveryID(message: waiting.message, recipient: 0)
        _ = try await device.replica.write { try $0.decide(.cancel, about: id, actor: "juan") }
        device.manual.advance(by: Self.day * 100)
        try await retire(on: device)
        #expect(try await lines(of: done, on: device) == 0)
        #expect(try await lines(of: waiting, on: device) == 1)
        try await device.replica.read { transaction throws in
            let outbox = transaction.outbox
            #expect(try outbox.mail(done.message) == nil)
            #expect(try outbox.delivery(id) == nil)
            #expect(try outbox.delivery(other)?.state.isFinal == false)
            #expect(try outbox.ownMail(waiting.message) != nil)
        }
        #expect(try await LogVerifier(device.replica).verify().isWhole)
        // What it said does not outlive it, whatever the days for mails.
        let hasContent = try await device.replica.write { transaction in
            var policy = RetentionPolicy()
            policy.days = 1000
            _ = try transaction.eraseContents(by: policy, after: 0)
            return try transaction.outbox.contentPart(done.rendered.sha256, 0) != nil
        }
        #expect(!hasContent)
        // The submission is still known: a repetition queues nothing.
        try await device.enqueue([done])
        #expect(try await device.replica.read { try $0.outbox.mail(done.message) } == nil)

        // Once it is done, it goes with the next cut.
        _ = try await device.replica.write { try $0.decide(.cancel, about: other, actor: "juan") }
        device.manual.advance(by: Self.day * 100)
        try await retire(on: device)
        #expect(try await lines(of: waiting, on: device) == 0)
        #expect(try await device.replica.read { try $0.outbox.delivery(other) } == nil)
    }
}
