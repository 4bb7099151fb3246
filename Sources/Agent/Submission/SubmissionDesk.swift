package import Outbox
package import SyncCore

/// Takes complete mails from programs: for `sendmail`, and for every other way in.
///
/// One place decides who may send, what is stored and what is answered, so that all ways keep
/// the same promises.
package struct SubmissionDesk: Sendable {
    let engine: Engine

    package init(engine: Engine) {
        self.engine = engine
    }

    /// What became of a mail that was taken.
    package struct Taken: Sendable {
        package let receipt: SubmissionReceipt
        /// Why no account can send it at present, if that is so.
        package let wait: SenderWait?
    }

    /// Queues a mail, and returns when it is on stable storage.
    ///
    /// - Parameters:
    ///   - intake: The mail.
    ///   - caller: Who hands it in.
    ///   - way: By which way.
    ///   - sender: The envelope's sender, if there is one; the mail's own From goes before it.
    ///   - submission: The name of this submission: repeated under it, nothing more is stored.
    /// - Returns: The mail's name.
    /// - Throws: ``IntakeError``, ``SendRefusal``, ``SubmissionError``, ``StorageError``.
    package func take(
        _ intake: MessageIntake, from caller: MailCaller, by way: MailSource.Way,
        sender: MailAddress? = nil, submission: SubmissionID
    ) async throws -> Taken {
        let workspace = try engine.workspace()
        let environment = engine.environment
        let author = intake.author?.address ?? sender
        let names = intake.localNames
        let (facts, addresses) = try await workspace.replica.read { transaction in
            let directory = transaction.directory
            let facts = try SendFacts(
                for: caller, .author(author), in: engine.sendHome, transaction)
            var addresses: [String: MailAddress] = [:]
            for name in names.sorted() {
                addresses[name] = try directory.address(
                    ofLocalName: name, on: transaction.identity.id)
            }
            return (facts, addresses)
        }
        let message = MessageID(randomFrom: environment)
        let arrived = try intake.finish(
            names: addresses, messageID: MessageIDHeader(message, at: facts.domain),
            date: environment.now())
        guard arrived.rendered.bytes.count <= facts.wireSizeMaximum else {
            throw IntakeError(.tooLarge(limit: facts.wireSizeMaximum))
        }
        var mail = MailSubmission(
            message: message, submission: submission, rendered: arrived.rendered,
            user: facts.grant.user, actor: facts.grant.actor, recipients: arrived.recipients)
        mail.subject = intake.subject
        mail.replyTo = arrived.signedAs == nil ? replyTo(of: intake, facts) : nil
        mail.signedAs = arrived.signedAs
        mail.key = intake.key
        mail.type = intake.type ?? mail.type
        mail.entity = intake.entity
        mail.terms = intake.wishes.terms(at: environment.now(), facts.defaults)
        mail.source = MailSource(way, contact: intake.contact)
        let receipt = try await enqueue(mail, workspace)
        workspace.wakeOutbox()
        workspace.wakeSync()
        return Taken(receipt: receipt, wait: facts.wait)
    }

    /// The application with this name and password, or nil.
    func caller(named name: String, _ password: SecretBytes) async -> MailCaller? {
        guard let name = ApplicationName(name) else { return nil }
        do {
            return try await engine.workspace().replica.read { transaction in
                let application = try transaction.directory.application(
                    name, on: transaction.identity.id)
                return application?.accepts(password) == true ? .application(name) : nil
            }
        } catch {
            // Whoever cannot be looked up is not let in; the mail itself would fail as well.
            return nil
        }
    }

    /// What a program that speaks SMTP is granted: as many bytes as a mail may have (`mail/size`).
    func submissionLimits() async -> SubmissionDialogue.Limits {
        var limits = SubmissionDialogue.Limits()
        do {
            let size = try await engine.workspace().replica.read {
                try $0.directory.sizeMaximum()
            }
            limits.mailByteCountMaximum = SendFacts.wireSizeMaximum(
                of: size ?? SendFacts.sizeMaximumDefault)
        } catch {
            // Each mail is measured again before it is stored, which needs the replica anyway.
        }
        return limits
    }

    /// Queues a mail; while nobody knows whether it was stored, the same submission is repeated,
    /// which stores it once.
    func enqueue(
        _ mail: MailSubmission, _ workspace: Workspace
    ) async throws -> SubmissionReceipt {
        for _ in 1..<Self.enqueueAttempts {
            do { return try await workspace.submission.enqueue(mail) } catch {
                guard error.code == .outcomeUnknown else { throw error }
                try await engine.environment.sleep(Self.enqueueWait)
            }
        }
        return try await workspace.submission.enqueue(mail)
    }

    private static let enqueueAttempts = 5
    private static let enqueueWait = Duration.seconds(1)

    /// Where answers go: where the mail says, or to an author who is not the sender himself,
    /// such as the visitor who filled in a form.
    private func replyTo(of intake: MessageIntake, _ facts: SendFacts) -> Mailbox? {
        if let replyTo = intake.replyTo { return replyTo }
        guard let author = intake.author, author.address.domain.text != "localhost",
            !facts.addresses.contains(author.address)
        else { return nil }
        return author
    }
}
