import SyncCore
import TestSupport
import Testing

@testable import Outbox

/// Mails of a device that was put back to a state before they were queued.
struct ForgottenMailTests {
    /// A device whose file was put back to before its only mail; the mail's records came back.
    private func putBack() async throws -> (device: OutboxDevice, mail: MailSubmission) {
        var device = try await OutboxDevice()
        let path = device.directory.file("replica.db")
        try await device.replica.close()
        let old = try #require(WholeFile(path).bytes)
        try await device.restart()
        let mail = try QueueFixture.mail(1, to: ["a@example.com", "b@example.com"])
        try await device.enqueue([mail])
        let batches = try await device.replica.read { transaction in
            try transaction.feeds.vector(of: .audit).feeds.compactMap {
                try transaction.feeds.batch(of: $0, after: 0)
            }
        }
        try await device.replica.close()
        WholeFile(path).write(old)
        try await device.restart()
        // As an exchange with the hub does when it knows more of a feed than its author.
        try await device.replica.write { transaction in
            try transaction.beginLife(for: .behind)
            for batch in batches { _ = try transaction.receive(batch) }
        }
        return (device, mail)
    }

    @Test func `a mail of which only the record came back waits for a person`() async throws {
        let (device, mail) = try await putBack()
        #expect(try await device.deliveries().map(\.state) == [.inDoubt(nil), .inDoubt(nil)])
        let id = DeliveryID(message: mail.message, recipient: 0)
        await #expect(throws: LedgerRefusal(.contentGone, id)) {
            _ = try await device.replica.write {
                try $0.decide(.resolveResend, about: id, actor: "juan")
            }
        }
        let other = DeliveryID(message: mail.message, recipient: 1)
        _ = try await device.replica.write { transaction in
            _ = try transaction.decide(.cancel, about: id, actor: "juan")
            _ = try transaction.decide(.resolveSent, about: other, actor: "juan")
        }
        #expect(try await device.deliveries().map(\.state) == [.cancelled, .sent])
    }

    @Test func `another device cannot have it sent again either`() async throws {
        let (device, mail) = try await putBack()
        let id = DeliveryID(message: mail.message, recipient: 0)
        try await device.replica.write { transaction in
            try transaction.outbox.addRequest(.suspicion(turn: 2), about: id)
            #expect(try transaction.answerRequests() == 1)
        }
        #expect(try await device.deliveries().first?.state == .inDoubt(nil))
        #expect(try await device.log([]).contains { $0.detail.cause == "contentGone" })
    }
}
