/// Who a mail is from and for, as the server is told.
package struct SMTPEnvelope: Hashable, Sendable {
    /// The caller's name for the transaction; unique on a connection.
    package let id: Int
    /// Where bounces go.
    package let sender: MailAddress
    /// Who receives this copy.
    package let recipients: [MailAddress]
    /// How long the mail is before dot-stuffing.
    package let byteCount: Int
    /// Whether the mail holds bytes above 127.
    package let isEightBit: Bool
    /// Whether a header needs SMTPUTF8; addresses of the envelope are looked at by themselves.
    package let hasInternationalHeader: Bool

    package init(
        id: Int, sender: MailAddress, recipients: [MailAddress], byteCount: Int,
        isEightBit: Bool = false, hasInternationalHeader: Bool = false
    ) {
        precondition(!recipients.isEmpty, "A mail without recipients is never sent.")
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.byteCount = byteCount
        self.isEightBit = isEightBit
        self.hasInternationalHeader = hasInternationalHeader
    }

    /// Whether only a server with SMTPUTF8 can take the mail.
    package var needsSMTPUTF8: Bool {
        hasInternationalHeader || sender.needsSMTPUTF8
            || recipients.contains(where: \.needsSMTPUTF8)
    }
}

/// What became of one recipient's copy.
package enum SMTPOutcome: Hashable, Sendable {
    /// The server took responsibility.
    case accepted(SMTPReply)
    /// The server refused, for now or for good.
    case refused(isPermanent: Bool, SMTPReply)
    /// Certainly not sent: nothing that could end the mail was handed over.
    case notSent(SMTPInterruption)
    /// The mail was or may have been handed over, and no verdict came. Never resent by itself.
    case inDoubt(SMTPInterruption)
}

extension SMTPOutcome {
    /// Whether the server refused for good because of the address the account writes from.
    var isAboutSender: Bool {
        guard case .refused(isPermanent: true, let reply) = self else { return false }
        return DiagnosisCode.isAboutSender(reply)
    }
}

/// Why a transaction ended without a verdict.
package enum SMTPInterruption: Hashable, Sendable {
    /// The connection ended.
    case connectionLost
    /// No answer came in time.
    case timedOut(SMTPStage)
    /// The server sent something that is not an answer to what it was asked.
    case protocolViolation(SMTPStage)
    /// The server announced that it closes the connection.
    case serviceClosing(SMTPReply)
    /// The caller stopped.
    case cancelled
    /// The mail is larger than the server's limit in bytes.
    case tooBig(limit: Int)
    /// An address or header needs SMTPUTF8, which the server does not offer.
    case internationalNotOffered
    /// The mail needs 8BITMIME, which the server does not offer.
    case eightBitNotOffered

    /// The stable code under which the attempt is recorded.
    package var code: String {
        switch self {
        case .connectionLost: TransportFailure.Cause.connectionLost.rawValue
        case .timedOut(let stage):
            "\(TransportFailure.Cause.replyTimeout.rawValue)_\(stage.rawValue)"
        case .protocolViolation: AttemptCause.protocolViolation.rawValue
        case .serviceClosing: AttemptCause.serviceClosing.rawValue
        case .cancelled: TransportFailure.Cause.cancelled.rawValue
        case .tooBig: AttemptCause.tooBig.rawValue
        case .internationalNotOffered: AttemptCause.internationalNotOffered.rawValue
        case .eightBitNotOffered: AttemptCause.eightBitNotOffered.rawValue
        }
    }
}

extension SMTPInterruption {
    /// What the server said with it.
    var reply: SMTPReply? {
        if case .serviceClosing(let reply) = self { reply } else { nil }
    }
}

/// What the server was last asked.
package enum SMTPStage: String, Hashable, Sendable, CaseIterable {
    case idle = "IDLE"
    case mail = "MAIL"
    case recipient = "RCPT"
    case data = "DATA"
    case body = "BODY"
    case verdict = "VERDICT"
    case reset = "RSET"
    case quit = "QUIT"
}

/// How long to wait for a server (RFC 5321 §4.5.3.2).
package struct SMTPTimings: Hashable, Sendable {
    package var mail = Duration.seconds(300)
    package var recipient = Duration.seconds(300)
    package var data = Duration.seconds(120)
    /// How long a part of the mail may wait to be taken.
    package var block = Duration.seconds(180)
    /// The answer to the final dot.
    ///
    /// A shorter wait makes duplicates (RFC 1047).
    package var verdict = Duration.seconds(600)
    package var reset = Duration.seconds(60)
    package var quit = Duration.seconds(5)

    package init() {}

    /// The wait that belongs to a stage.
    package func limit(_ stage: SMTPStage) -> Duration {
        switch stage {
        case .mail, .idle: mail
        case .recipient: recipient
        case .data: data
        case .body: block
        case .verdict: verdict
        case .reset: reset
        case .quit: quit
        }
    }
}
