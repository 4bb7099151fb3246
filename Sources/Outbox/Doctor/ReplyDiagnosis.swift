/// When a server said something.
package enum ReplyMoment: Hashable, Sendable {
    case greeting
    /// To STARTTLS, AUTH, or a command that would have needed them.
    case signingIn
    /// To MAIL, RCPT, DATA or the mail itself.
    case mail
}

extension DiagnosisCode {
    /// What a server's refusal means, or nil for an answer that refuses nothing.
    ///
    /// Providers use the codes of RFC 5321 and RFC 3463 loosely, so the words count first where
    /// they are unmistakable, then the enhanced code, then the plain one.
    package init?(_ reply: SMTPReply, at moment: ReplyMoment) {
        guard reply.code >= 400 else { return nil }
        switch moment {
        case .greeting: self = .bannerRejected
        case .signingIn: self = Self.signingIn(reply)
        case .mail:
            guard let code = Self.mail(reply) else { return nil }
            self = code
        }
    }

    private static func signingIn(_ reply: SMTPReply) -> DiagnosisCode {
        let words = Words(reply)
        if words.hold("5.7.139", "smtpclientauthentication", "basic authentication is disabled") {
            return .officeAuthOff
        }
        if words.hold("application-specific", "app password", "app-specific") {
            return .appPassword
        }
        switch reply.code {
        case 432: return .passwordTransition
        case 530 where words.hold("starttls"), 538: return .needsTLS
        case 530: return .needsAuthentication
        case 534: return .appPassword
        case 504: return .authMechanism
        case 400..<500: return .authTemporary
        default: return .badPassword
        }
    }

    /// Whether a server's words leave no doubt that it refuses the address the account writes
    /// from, whoever the recipient is.
    static func isAboutSender(_ reply: SMTPReply) -> Bool {
        Words(reply).hold(
            "senddenied", "sendasdenied", "5.2.252", "5.7.60", "not owned by user",
            "sender address rejected", "permissions to send as")
    }

    private static func mail(_ reply: SMTPReply) -> DiagnosisCode? {
        let words = Words(reply)
        if reply.code == 530 {
            return words.hold("starttls") ? .needsTLS : .needsAuthentication
        }
        if words.hold("daily", "per day", "relays", "5.4.5", "sending limit", "quota exceeded for")
        {
            return .quota
        }
        if words.hold("greylist", "graylist", "postgrey") { return .greylisted }
        if words.hold("senddenied", "sendasdenied", "5.2.252", "not owned", "not allowed to send")
            || words.hold("sender address rejected", "send as", "5.7.60")
        {
            return .fromNotAllowed
        }
        if words.hold("spf", "dkim", "dmarc", "5.7.26", "5.7.23", "5.7.20", "5.7.509") {
            return .senderUnproved
        }
        if let code = enhanced(reply, words) { return code }
        return plain(reply, words)
    }

    /// By RFC 3463's subject and detail, whatever the class.
    private static func enhanced(_ reply: SMTPReply, _ words: Words) -> DiagnosisCode? {
        switch reply.enhanced?.dropFirst(2) {
        case "1.1", "1.2", "1.10", "1.6": .noSuchUser
        case "1.7", "1.8": .fromNotAllowed
        case "2.2": .mailboxFull
        case "3.4", "2.3": .tooBig
        case "4.5", "5.3", "7.28": .rate
        case "2.1" where reply.kind == .temporaryRefusal: .rate
        case "7.0" where reply.kind == .temporaryRefusal: .rate
        case "7.1" where reply.kind == .temporaryRefusal: .greylisted
        case "7.1" where words.hold("sender"): .fromNotAllowed
        case "7.1", "7.0", "7.5", "7.511", "7.606": .blocked
        default: nil
        }
    }

    private static func plain(_ reply: SMTPReply, _ words: Words) -> DiagnosisCode? {
        switch reply.code {
        case 421 where words.hold("too many", "rate", "throttl"): .rate
        case 450, 451:
            words.hold("too many", "rate", "throttl") ? .rate : nil
        case 452: words.hold("recipients") ? .rate : .mailboxFull
        case 552: words.hold("quota", "full") ? .mailboxFull : .tooBig
        case 553 where words.hold("sender"): .fromNotAllowed
        case 550, 551, 553:
            words.hold("user", "mailbox", "recipient", "unknown", "no such")
                ? .noSuchUser : .blocked
        case 554: .blocked
        default: nil
        }
    }

    /// The words of an answer, without regard to case.
    private struct Words {
        private let text: String

        init(_ reply: SMTPReply) { text = reply.description.lowercased() }

        func hold(_ parts: String...) -> Bool { parts.contains(where: text.contains) }
    }
}
