import Testing

@testable import Outbox

struct ReplyDiagnosisTests {
    /// What servers of the world say, and what it means.
    private static let rows: [(ReplyMoment, String, DiagnosisCode)] = [
        (.greeting, "554 5.7.1 Service unavailable; client blocked", .bannerRejected),
        (.signingIn, "535 5.7.8 Username and Password not accepted", .badPassword),
        (.signingIn, "535 Incorrect authentication data", .badPassword),
        (.signingIn, "534 5.7.9 Application-specific password required", .appPassword),
        (.signingIn, "535 5.7.9 please use an app password", .appPassword),
        (
            .signingIn,
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
            .officeAuthOff
        ),
        (.signingIn, "530 5.7.0 Must issue a STARTTLS command first", .needsTLS),
        (.signingIn, "538 5.7.11 Encryption required", .needsTLS),
        (.signingIn, "530 5.7.1 Authentication required", .needsAuthentication),
        (.signingIn, "454 4.7.0 Temporary authentication failure", .authTemporary),
        (.signingIn, "432 4.7.12 A password transition is needed", .passwordTransition),
        (.signingIn, "504 5.5.4 Unrecognized authentication type", .authMechanism),
        (.mail, "530 5.7.0 Must issue a STARTTLS command first", .needsTLS),
        (.mail, "530 5.7.57 Client was not authenticated", .needsAuthentication),
        (.mail, "550 5.1.1 The email account does not exist", .noSuchUser),
        (.mail, "550 No such user here", .noSuchUser),
        (.mail, "553 5.7.1 Sender address rejected: not owned by user", .fromNotAllowed),
        (.mail, "554 5.2.252 SendAsDenied; not allowed to send as", .fromNotAllowed),
        (.mail, "552 5.2.2 Mailbox full", .mailboxFull),
        (.mail, "452 4.2.2 The recipient's inbox is out of storage", .mailboxFull),
        (.mail, "552 5.3.4 Message size exceeds fixed limit", .tooBig),
        (.mail, "554 5.7.1 Service unavailable; blocked using zen.example", .blocked),
        (.mail, "550 5.7.26 This mail is unauthenticated, SPF did not pass", .senderUnproved),
        (.mail, "450 4.7.1 Greylisted, try again in 300 seconds", .greylisted),
        (.mail, "451 4.7.1 Please try again later", .greylisted),
        (.mail, "421 4.7.0 Too many connections", .rate),
        (.mail, "452 4.5.3 Too many recipients", .rate),
        (.mail, "450 4.2.1 The user is receiving mail too quickly", .rate),
        (.mail, "550 5.4.5 Daily user sending limit exceeded", .quota),
        (.mail, "554 This mailbox has exceeded its 250 relays", .quota),
    ]

    private func reply(_ text: String) throws -> SMTPReply {
        var parser = SMTPReplyParser()
        return try #require(try parser.consume(Array("\(text)\r\n".utf8)).first)
    }

    @Test(arguments: rows.indices)
    func `a refusal leads to its leaf`(index: Int) throws {
        let (moment, text, code) = Self.rows[index]
        #expect(DiagnosisCode(try reply(text), at: moment) == code, "\(text)")
    }

    @Test func `an answer that refuses nothing has no leaf`() throws {
        for text in ["220 hello", "250 2.1.0 Ok", "354 go on", "235 2.7.0 in"] {
            for moment in [ReplyMoment.greeting, .signingIn, .mail] {
                #expect(DiagnosisCode(try reply(text), at: moment) == nil)
            }
        }
        // Nothing is concluded where nothing is known.
        #expect(DiagnosisCode(try reply("451 4.3.0 internal error"), at: .mail) == nil)
    }
}
