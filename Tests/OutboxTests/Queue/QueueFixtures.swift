import Outbox
import SyncCore
import TestSupport

/// One device with an outbox, and mails to put into it.
struct QueueFixture {
    let organisation: TestOrganisation
    var replica: Replica { organisation.replicas[0] }

    init(count: Int = 1) async throws {
        organisation = try await TestOrganisation(count: count, folds: [OutboxFold()])
    }

    static func mail(
        _ number: Int, to addresses: [String] = ["ana@example.com"], key: String? = nil,
        submission: Int? = nil, text: String? = nil
    ) throws -> MailSubmission {
        let recipients = try addresses.map { try MailAddress($0, in: .to) }
        let message = MessageID(validated: bytes(1, number))
        guard let domain = MailDomain("inair.com.mx") else { throw FixtureError() }
        var draft = MessageDraft(
            messageID: MessageIDHeader(message, at: domain),
            date: Timestamp(milliseconds: 1_790_000_000_000))
        draft.to = try recipients.map { try Mailbox(name: nil, address: $0, in: .to) }
        draft.subject = "Cotización \(number)"
        draft.text = text ?? "Adjunto la cotización \(number)."
        guard let user = UserID("juan") else { throw FixtureError() }
        var mail = MailSubmission(
            message: message, submission: SubmissionID(validated: bytes(2, submission ?? number)),
            rendered: try MessageRenderer().render(draft), user: user, actor: "juan",
            recipients: recipients)
        mail.key = key
        mail.type = "cotizacion"
        mail.subject = draft.subject
        return mail
    }

    static func bytes(_ kind: UInt8, _ number: Int) -> [UInt8] {
        [kind] + [UInt8](repeating: 0, count: 11)
            + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * (3 - $0))) }
    }

    struct FixtureError: Error {}

    /// Runs a body while the queue takes mails.
    func withSubmission<Value: Sendable>(
        afterCommit: @escaping @Sendable () -> Void = {},
        _ body: @Sendable (Submission) async throws -> Value
    ) async throws -> Value {
        let submission = Submission(replica: replica, afterCommit: afterCommit)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await submission.run() }
            let value = try await body(submission)
            group.cancelAll()
            return value
        }
    }

    @discardableResult
    func enqueue(_ mail: MailSubmission) async throws -> SubmissionReceipt {
        try await withSubmission { try await $0.enqueue(mail) }
    }

    func records(of topic: Topic) async throws -> UInt64 {
        try await replica.read { transaction in
            let vector = try transaction.feeds.vector(of: topic)
            return vector.feeds.reduce(0) { $0 + vector[$1] }
        }
    }
}
