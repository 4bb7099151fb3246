import Outbox
import SyncCore
import TestThreads
import Testing

@testable import Agent

/// What an administrator asks of a mail on another device, from command to answer.
@Suite(.realWorld)
struct RequestTests {
    @Test func `A mail that waits on its device is cancelled from another one`() async throws {
        try await LiveOrganisation.with(engines: 2) { organisation in
            let id = try await queueForLater(on: organisation)
            try await organisation.wait(for: "The other device hears of the mail.") {
                try await state(of: id, on: organisation.replica(1)) == "queued"
            }
            try await organisation.run(["outbox", "cancel", id.message.description], on: 1)
            for index in 0...1 {
                try await organisation.wait(for: "Device \(index) sees the mail cancelled.") {
                    try await state(of: id, on: organisation.replica(index)) == "cancelled"
                }
            }
            let open = try await organisation.replica(1).read { transaction in
                try transaction.outbox.show(id.message)?.deliveries[0].requests
            }
            #expect(open == [])
        }
    }

    /// Queues a mail that may leave only after an hour, so that its device keeps it.
    private func queueForLater(on organisation: LiveOrganisation) async throws -> DeliveryID {
        let environment = organisation.environment
        let message = MessageID(randomFrom: environment)
        let domain = try #require(MailDomain("inair.example"))
        var draft = MessageDraft(
            messageID: MessageIDHeader(message, at: domain), date: environment.now())
        let recipient = try MailAddress("ana@cliente.example", in: .to)
        draft.to = [try Mailbox(name: nil, address: recipient, in: .to)]
        draft.subject = "Cotización"
        draft.text = "Adjunto la cotización."
        var mail = MailSubmission(
            message: message, submission: SubmissionID(randomFrom: environment),
            rendered: try MessageRenderer().render(draft), user: UserID(validated: "juan"),
            actor: "juan", recipients: [recipient])
        mail.terms.notBefore = environment.now().advanced(by: .seconds(3600))
        let workspace = try organisation.engines[0].workspace()
        _ = try await workspace.submission.enqueue(mail)
        workspace.wakeSync()
        return DeliveryID(message: message, recipient: 0)
    }

    private func state(of id: DeliveryID, on replica: Replica) async throws -> String? {
        try await replica.read { try $0.outbox.show(id.message)?.deliveries[0].record.state.word }
    }
}
