import Outbox
import SyncCore

extension SubmissionDesk {
    /// Queues a mail that a program described, and returns when it is on stable storage.
    func take(
        _ message: APIMessage, from caller: MailCaller
    ) async throws -> (SubmissionReceipt, MessageIDHeader) {
        let workspace = try engine.workspace()
        let environment = engine.environment
        let home = engine.sendHome
        let request = message.user.map { SendRequest.user($0) } ?? .caller
        let facts = try await workspace.replica.read { transaction in
            try SendFacts(for: caller, request, in: home, transaction)
        }
        let id = MessageID(randomFrom: environment)
        var draft = MessageDraft(
            messageID: MessageIDHeader(id, at: facts.domain), date: environment.now())
        (draft.to, draft.cc, draft.bcc) = (message.to, message.cc, message.bcc)
        (draft.subject, draft.text, draft.html) = (message.subject, message.text, message.html)
        draft.attachments = message.attachments
        var mail = MailSubmission(
            message: id, submission: SubmissionID(randomFrom: environment),
            rendered: try MessageRenderer(limits: facts.limits).render(draft),
            user: facts.grant.user, actor: facts.grant.actor, recipients: draft.recipients)
        mail.subject = message.subject
        mail.replyTo = message.replyTo
        mail.key = message.key
        mail.type = message.type ?? mail.type
        mail.entity = message.entity
        mail.terms = message.wishes.terms(at: environment.now(), facts.defaults)
        mail.source = MailSource(message.way, contact: message.contact)
        let receipt = try await enqueue(mail, workspace)
        workspace.wakeOutbox()
        workspace.wakeSync()
        return (receipt, MessageIDHeader(receipt.message, at: facts.domain))
    }

    /// What a caller should know about his mails.
    func alerts(for caller: MailCaller) async throws -> [MailAlert] {
        let users = try await visibleUsers(to: caller) ?? []
        let now = engine.environment.now()
        return try await engine.workspace().replica.read { transaction in
            try transaction.outbox.alerts(of: users, at: now)
        }
    }

    /// Whose mails a caller may see; nil for everybody's, never empty.
    ///
    /// - Throws: ``SendRefusal`` for a caller who is nobody here.
    func visibleUsers(to caller: MailCaller) async throws -> [UserID]? {
        let home = engine.sendHome
        return try await engine.workspace().replica.read { transaction in
            let directory = transaction.directory
            switch caller {
            case .login(let uid):
                let login = LocalLogin(device: transaction.identity.id, uid: uid)
                return try directory.authority(of: login, in: home).visibleUsers()
            case .application(let name):
                let found = try directory.application(name, on: transaction.identity.id)
                guard let found else { throw SendRefusal(.noSuchApplication(name)) }
                return [found.user] + found.delegates
            }
        }
    }
}
