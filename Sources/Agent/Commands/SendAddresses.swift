import Outbox

/// The recipients and the subject of a mail, as they were typed.
struct SendAddresses: Sendable {
    let to: [String]
    let cc: [String]
    let bcc: [String]
    let subject: String

    /// Whether nobody was named.
    var isEmpty: Bool { to.isEmpty && cc.isEmpty && bcc.isEmpty }

    /// The mailboxes that were typed.
    ///
    /// - Throws: ``MessageError`` about the first value that is not one.
    func parsed() throws(MessageError) -> (to: [Mailbox], cc: [Mailbox], bcc: [Mailbox]) {
        (
            to: try Self.mailboxes(to, in: .to), cc: try Self.mailboxes(cc, in: .cc),
            bcc: try Self.mailboxes(bcc, in: .bcc)
        )
    }

    private static func mailboxes(
        _ typed: [String], in field: MessageError.Field
    ) throws(MessageError) -> [Mailbox] {
        var mailboxes: [Mailbox] = []
        for text in typed { mailboxes.append(try Mailbox(text, in: field)) }
        return mailboxes
    }
}
