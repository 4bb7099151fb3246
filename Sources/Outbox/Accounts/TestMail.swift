package import SyncCore
import Synchronization

/// A mail that shows whether an account can send.
///
/// It goes straight to the account's server: nobody waits for it, so it is not queued, is not
/// tried again, and no other account stands in.
package struct TestMail: Sendable {
    package let recipient: MailAddress
    let mail: SMTPMail

    /// Writes the mail.
    ///
    /// - Parameters:
    ///   - account: Whose address and name it shows.
    ///   - recipient: Who receives it.
    ///   - environment: Time, and chance for its name.
    /// - Throws: ``MessageError``, or ``SecretError`` if the account has no address.
    package init(
        from account: DirectoryAccount, to recipient: MailAddress, in environment: Environment
    ) throws {
        guard let sender = account.address else {
            throw SecretError(.incomplete, account: account.id)
        }
        let id = MessageID(randomFrom: environment)
        var draft = MessageDraft(
            messageID: MessageIDHeader(id, at: sender.domain), date: environment.now())
        draft.to = [try Mailbox(name: nil, address: recipient, in: .to)]
        draft.subject = "Prueba de envío / Test mail"
        draft.text =
            "Este correo prueba que la cuenta «\(account.id)» de syncmail puede enviar.\n"
            + "Si lo lee, funciona: dígaselo a quien lo envió.\n\n"
            + "This mail tests that the account “\(account.id)” of syncmail can send.\n"
            + "If you read it, it works: tell whoever sent it.\n"
        let rendered = try MessageRenderer().render(draft)
        let from = try Mailbox(name: account.name, address: sender, in: .from)
        self.recipient = recipient
        mail = SMTPMail(
            id: 1, sender: sender, recipients: [recipient],
            pieces: [
                SenderHeaders.render(from: from, sender: nil, replyTo: nil), rendered.bytes,
            ], hasInternationalHeader: rendered.needsSMTPUTF8)
    }
}

/// What became of a test mail.
package enum TestMailOutcome: Hashable, Sendable {
    /// The server took responsibility: it may still not arrive.
    case accepted(reply: String)
    /// The server does not let the account write from its address.
    case senderRefused(reply: String)
    /// The server refused the mail.
    case refused(isPermanent: Bool, reply: String)
    /// It may have been sent, and nobody can tell.
    case inDoubt(cause: String)
    /// Certainly not sent.
    case notSent(cause: String)

    init(_ outcome: SMTPOutcome) {
        switch outcome {
        case .refused(_, let reply) where outcome.isAboutSender:
            self = .senderRefused(reply: reply.description)
        case .accepted(let reply): self = .accepted(reply: reply.description)
        case .refused(let isPermanent, let reply):
            self = .refused(isPermanent: isPermanent, reply: reply.description)
        case .inDoubt(let why): self = .inDoubt(cause: why.code)
        case .notSent(let why): self = .notSent(cause: why.code)
        }
    }

    /// The state in a word that programs read.
    package var word: String {
        switch self {
        case .accepted: "accepted"
        case .senderRefused, .refused(isPermanent: true, _): "refused"
        case .refused(isPermanent: false, _): "refused_for_now"
        case .inDoubt: "in_doubt"
        case .notSent: "not_sent"
        }
    }

    /// The server's own words.
    package var reply: String? {
        switch self {
        case .accepted(let reply), .senderRefused(let reply), .refused(_, let reply): reply
        case .inDoubt, .notSent: nil
        }
    }

    /// The code of what went wrong without a verdict on the mail.
    package var cause: String? {
        switch self {
        case .senderRefused: DiagnosisCode.fromNotAllowed.rawValue
        case .inDoubt(let cause), .notSent(let cause): cause
        case .accepted, .refused: nil
        }
    }

    /// What it says of the account, beyond that the server let it in.
    package var verdict: AccountTest.Outcome? {
        switch self {
        case .accepted: .working
        case .senderRefused: .sender
        case .refused, .inDoubt, .notSent: nil
        }
    }
}

extension SMTPConnection {
    /// Sends one mail on a connection that is open, and closes it.
    nonisolated func send(_ mail: SMTPMail) async throws -> SMTPOutcome? {
        let waiting = Mutex<SMTPMail?>(mail)
        let outcome = Mutex<SMTPOutcome?>(nil)
        try await deliver(
            next: {
                waiting.withLock { mail in
                    defer { mail = nil }
                    return mail
                }
            },
            dataBegins: { _ in },
            finished: { _, outcomes in outcome.withLock { $0 = outcomes.first } })
        return outcome.withLock(\.self)
    }
}
