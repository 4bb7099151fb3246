import Foundation
import Outbox
import SyncCore
import TestSupport
import Testing

/// What a mail said goes when its time is over; what happened to it stays.
struct ContentErasureTests {
    private static let day = Duration.seconds(86_400)

    private func erase(on replica: Replica) async throws -> (steps: Int, byteCount: Int) {
        var (steps, erased) = (0, 0)
        let (policy, start) = try await replica.read { transaction in
            (try RetentionPolicy(transaction.config), try transaction.erasureStart())
        }
        var step = ErasureStep(next: start)
        while !step.isFinished, steps < 1000 {
            let next = step.next
            step = try await replica.write { try $0.eraseContents(by: policy, after: next) }
            steps += 1
            erased += step.erasedByteCount
        }
        return (steps, erased)
    }

    private func cancel(_ mail: MailSubmission, on replica: Replica) async throws {
        let id = DeliveryID(message: mail.message, recipient: 0)
        _ = try await replica.write { try $0.decide(.cancel, about: id, actor: "juan") }
    }

    private func hasContent(_ mail: MailSubmission, on replica: Replica) async throws -> Bool {
        try await replica.read { transaction in
            try transaction.outbox.contentPart(mail.rendered.sha256, 0) != nil
        }
    }

    private func sizes(_ replica: Replica) async throws -> StorageSizes {
        try await replica.read { try $0.outbox.sizes() }
    }

    @Test func `contents go 90 days after the end of a mail, and the log stays whole`()
        async throws
    {
        let device = try await OutboxDevice()
        let (done, waiting) = (try QueueFixture.mail(1), try QueueFixture.mail(2))
        try await device.enqueue([done, waiting])
        let before = try await sizes(device.replica)
        #expect(before.bodies == done.rendered.bytes.count + waiting.rendered.bytes.count)
        device.manual.advance(by: Self.day * 60)
        try await cancel(done, on: device.replica)
        device.manual.advance(by: Self.day * 89)
        #expect(try await erase(on: device.replica).byteCount == 0)
        #expect(try await hasContent(done, on: device.replica))
        device.manual.advance(by: Self.day * 2)
        #expect(try await erase(on: device.replica).byteCount == done.rendered.bytes.count)
        #expect(try await !hasContent(done, on: device.replica))
        // It was never sent, however long it waits.
        #expect(try await hasContent(waiting, on: device.replica))
        #expect(try await sizes(device.replica).bodies == waiting.rendered.bytes.count)
        let shown = try await device.replica.read { try $0.outbox.show(done.message) }
        #expect(shown?.subject == done.subject)
        #expect(try await LogVerifier(device.replica).verify().isWhole)
        let again = try await erase(on: device.replica)
        #expect(again.byteCount == 0)
        let id = DeliveryID(message: done.message, recipient: 0)
        await #expect(throws: ErasedContentError.self) {
            try await device.replica.write {
                try $0.decide(.retry, about: id, actor: "juan")
            }
        }
        // The submission is still known: a repetition queues nothing.
        try await device.enqueue([done])
        #expect(try await device.deliveries().count == 2)
        #expect(try await !hasContent(done, on: device.replica))
    }

    @Test func `each type has days of its own, and the others go by the rule for all`()
        async throws
    {
        let device = try await OutboxDevice()
        var (short, usual) = (try QueueFixture.mail(1), try QueueFixture.mail(2))
        short.type = "aviso"
        usual.type = "Cotización especial"
        try await device.enqueue([short, usual])
        for mail in [short, usual] { try await cancel(mail, on: device.replica) }
        try await device.replica.write { transaction in
            try transaction.configure(
                [
                    RegisterPath("mail", "retention"): .integer(10),
                    RegisterPath("mail", "retention", "aviso"): .integer(2),
                ], actor: "juan")
        }
        device.manual.advance(by: Self.day * 3)
        _ = try await erase(on: device.replica)
        #expect(try await !hasContent(short, on: device.replica))
        #expect(try await hasContent(usual, on: device.replica))
        device.manual.advance(by: Self.day * 8)
        _ = try await erase(on: device.replica)
        #expect(try await !hasContent(usual, on: device.replica))
    }

    @Test func `an offer loses salt and body, and every replica agrees as before`() async throws {
        let device = try await OutboxDevice()
        let hub = try await device.attachHub()
        let mail = try QueueFixture.mail(1)
        try await device.enqueue([mail])
        try await QueueFixture.offer(mail, on: device.replica)
        try await concludeAtHub(mail, hub, device)
        let before = try await sizes(device.replica)
        let digests = try await device.replica.read { try $0.stateDigests() }
        device.manual.advance(by: Self.day * 100)
        _ = try await erase(on: device.replica)
        #expect(try await sizes(device.replica).log < before.log)
        #expect(try await device.replica.read { try $0.stateDigests() } == digests)
        let report = try await LogVerifier(device.replica).verify()
        #expect(report.isWhole)
        #expect(report.feeds.map(\.erasedCount).reduce(0, +) == 1)
        // Another replica takes the chain, erased content and all.
        let offers = device.replica.identity.feed(.mail, .organisation)
        let batch = try #require(
            try await device.replica.read { try $0.feeds.batch(of: offers, after: 0) })
        #expect(batch.records.map { $0.content == nil } == [true])
        #expect(try await hub.write { try $0.admit(batch) } == 1)
        #expect(try await LogVerifier(hub).verify().isWhole)
    }

    /// Lets the hub cancel a mail in its custody, which ends it.
    private func concludeAtHub(
        _ mail: MailSubmission, _ hub: Replica, _ device: OutboxDevice
    ) async throws {
        let id = DeliveryID(message: mail.message, recipient: 0)
        let report = DeliveryReport(delivery: id, fact: .cancelled, detail: AttemptDetail())
        let feed = try await hub.write { transaction in
            try transaction.append(
                report, kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "hub"
            ).header.feed
        }
        let records = try #require(
            try await hub.read { try $0.feeds.batch(of: feed, after: 0) })
        _ = try await device.replica.write { try $0.admit(records) }
    }

    @Test func `a large mail goes in small steps, and the file gets shorter`() async throws {
        let device = try await OutboxDevice()
        let text = String(repeating: "0123456789abcdef", count: 200_000)
        let mails = [
            try QueueFixture.mail(1, text: text), try QueueFixture.mail(2),
            try QueueFixture.mail(3),
        ]
        try await device.enqueue(mails)
        for mail in mails { try await cancel(mail, on: device.replica) }
        try await device.replica.checkpoint()
        let before = try byteCount(of: device)
        device.manual.advance(by: Self.day * 100)
        let (steps, byteCount) = try await erase(on: device.replica)
        #expect(byteCount == mails.reduce(0) { $0 + $1.rendered.bytes.count })
        // Two parts of 256 KiB each.
        #expect(steps >= byteCount / (2 * OutboxStore.partByteCount))
        #expect(try await sizes(device.replica).bodies == 0)
        #expect(try await device.replica.read { try $0.erasureStart() } == 3)
        var returns = 0
        while try await device.replica.returnFreePages() { returns += 1 }
        #expect(returns > 1)
        try await device.replica.checkpoint()
        #expect(try self.byteCount(of: device) < before - 2_000_000)
        // What the next mail takes is kept.
        #expect(try await sizes(device.replica).free >= 256 * PageLayout.pageBytes)
        let check = try await device.replica.inspect { connection in
            try connection.first("PRAGMA integrity_check") { $0.text(0) }
        }
        #expect(check == "ok")
        try await device.replica.close()
    }

    private func byteCount(of device: OutboxDevice) throws -> Int {
        let path = device.directory.file("replica.db")
        return try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    @Test func `attachments are counted apart from texts`() async throws {
        let device = try await OutboxDevice()
        var mail = try QueueFixture.mail(1)
        var draft = MessageDraft(
            messageID: MessageIDHeader(mail.message, at: try #require(MailDomain("inair.mx"))),
            date: Timestamp(milliseconds: 0))
        draft.to = [try Mailbox(name: nil, address: mail.recipients[0], in: .to)]
        draft.text = "Adjunto."
        draft.attachments = [
            try MailAttachment(
                name: "factura.pdf", bytes: [UInt8](repeating: 7, count: 100_000), number: 1)
        ]
        mail = MailSubmission(
            message: mail.message, submission: mail.submission,
            rendered: try MessageRenderer().render(draft), user: mail.user, actor: mail.actor,
            recipients: mail.recipients)
        try await device.enqueue([mail])
        let sizes = try await sizes(device.replica)
        let lines = mail.rendered.bytes.split(separator: 0x0A)
        let encoded = lines.filter { $0.count == 77 }.count * 78
        #expect(sizes.bodies + sizes.attachments == mail.rendered.bytes.count)
        #expect(abs(sizes.attachments - encoded) < 80)
        #expect(sizes.total >= sizes.attachments)
    }
}
