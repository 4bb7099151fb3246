import Outbox
import SyncCore

/// Mails that a program wrote, in the form in which they would be stored.
enum ArrivedMailFixture {
    struct FixtureError: Error {}

    /// Takes a mail as the queue would.
    static func take(
        _ text: String, to recipients: [String] = ["ana@example.com"],
        readsRecipients: Bool = false,
        endsAtDot: Bool = false
    ) throws -> ArrivedMessage {
        try take(
            Array(text.utf8), to: recipients, readsRecipients: readsRecipients,
            endsAtDot: endsAtDot)
    }

    static func take(
        _ bytes: [UInt8], to recipients: [String] = ["ana@example.com"],
        readsRecipients: Bool = false, endsAtDot: Bool = false
    ) throws -> ArrivedMessage {
        var rules = MessageIntake.Rules()
        rules.readsRecipients = readsRecipients
        rules.endsAtDot = endsAtDot
        guard let domain = MailDomain("inair.com.mx") else { throw FixtureError() }
        return try MessageIntake(reading: bytes, for: recipients, rules: rules).finish(
            names: ["root": try MailAddress("admin@inair.com.mx", in: .to)],
            messageID: MessageIDHeader(MessageID(validated: Array(0..<16)), at: domain),
            date: Timestamp(milliseconds: 1_700_000_000_000))
    }

    /// The stored mail as text, with LF line ends.
    static func stored(
        _ text: String, to recipients: [String] = ["ana@example.com"],
        readsRecipients: Bool = false,
        endsAtDot: Bool = false
    ) throws -> String {
        let arrived = try take(
            text, to: recipients, readsRecipients: readsRecipients, endsAtDot: endsAtDot)
        return String(decoding: arrived.rendered.bytes, as: UTF8.self)
            .replacing("\r\n", with: "\n")
    }
}
