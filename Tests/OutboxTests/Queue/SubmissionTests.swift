import Outbox
import SyncCore
import Synchronization
import TestSupport
import Testing

struct SubmissionTests {
    @Test func `mails that arrive together share commits, and each is stored once`() async throws {
        let fixture = try await QueueFixture()
        let commits = Mutex(0)
        let receipts = try await fixture.withSubmission(
            afterCommit: { commits.withLock { $0 += 1 } }
        ) { submission in
            try await withThrowingTaskGroup(of: SubmissionReceipt.self) { group in
                for number in 0..<1000 {
                    let mail = try QueueFixture.mail(number)
                    group.addTask { try await submission.enqueue(mail) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(Set(receipts.map(\.message)).count == 1000)
        #expect(commits.withLock(\.self) < 300)
        #expect(try await fixture.records(of: .audit) == 1000)
        let counts = try await fixture.replica.read { transaction in
            try transaction.outbox.counts().map { "\($0.state) \($0.count)" }
        }
        #expect(counts == ["queued 1000"])
    }

    @Test func `repeating a submission or a key gives the first mail`() async throws {
        let fixture = try await QueueFixture()
        let first = try await fixture.enqueue(QueueFixture.mail(1, key: "pedido-7"))
        let again = try await fixture.enqueue(QueueFixture.mail(2, submission: 1))
        let sameKey = try await fixture.enqueue(QueueFixture.mail(3, key: "pedido-7"))
        #expect(!first.isRepetition)
        #expect(again == SubmissionReceipt(message: first.message, isRepetition: true))
        #expect(sameKey == again)
        #expect(try await fixture.records(of: .audit) == 1)
    }

    @Test func `what was queued is read back byte by byte`() async throws {
        let fixture = try await QueueFixture()
        let text = String(repeating: "Línea de texto. ", count: 60_000)
        let mail = try QueueFixture.mail(1, text: text)
        try await fixture.enqueue(mail)
        let bytes = try await fixture.replica.read { transaction in
            let own = try #require(try transaction.outbox.ownMail(mail.message))
            return try transaction.outbox.content(own.content)
        }
        #expect(bytes == mail.rendered.bytes)
        #expect(mail.rendered.bytes.count > OutboxStore.partByteCount)
    }

    @Test func `a queue that stops tells whoever waits`() async throws {
        let fixture = try await QueueFixture()
        let submission = Submission(replica: fixture.replica)
        let running = Task { await submission.run() }
        running.cancel()
        await running.value
        let mail = try QueueFixture.mail(1)
        await #expect { try await submission.enqueue(mail) } throws: { error in
            let error = error as? SubmissionError
            return error?.code == .stopping && error?.exitStatus == .tryLater
        }
    }

    @Test(arguments: [
        ("no recipients", SubmissionError.Code.noRecipients),
        ("too many", .tooManyRecipients), ("too large", .tooLarge), ("long key", .textTooLong),
        ("line break", .controlCharacter), ("no type", .noType),
    ])
    func `a mail beyond the limits is refused and nothing is stored`(
        what: String, code: SubmissionError.Code
    ) async throws {
        let fixture = try await QueueFixture()
        var limits = MailSubmission.Limits()
        var mail = try QueueFixture.mail(1)
        switch code {
        case .noRecipients: mail = try QueueFixture.mail(1, to: ["a@b.co"]).withoutRecipients
        case .tooManyRecipients: limits.recipientsMaximum = 0
        case .tooLarge: limits.mailByteCountMaximum = 10
        case .textTooLong: mail.key = String(repeating: "k", count: 201)
        case .controlCharacter: mail.entity = "a\r\nb"
        default: mail.type = ""
        }
        let submission = Submission(replica: fixture.replica, limits: limits)
        let refused = mail
        await #expect { try await submission.enqueue(refused) } throws: { error in
            guard let error = error as? SubmissionError else { return false }
            return error.code == code && error.exitStatus == .badData
                && !error.explanation.es.isEmpty && !error.explanation.en.isEmpty
        }
        #expect(try await fixture.records(of: .audit) == 0)
    }
}

extension MailSubmission {
    fileprivate var withoutRecipients: MailSubmission {
        MailSubmission(
            message: message, submission: submission, rendered: rendered, user: user,
            actor: actor, recipients: [])
    }
}
