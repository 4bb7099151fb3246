/// The headers that say who sends a mail.
///
/// The account is chosen per attempt, so these are rendered per attempt and put in front of
/// the bytes that were rendered when the mail was queued; the two together are the mail.
package enum SenderHeaders {
    /// Renders `From`, and `Sender` and `Reply-To` where they are given.
    ///
    /// - Parameters:
    ///   - from: Whose mail it is.
    ///   - sender: Who handed it in, when that is somebody else.
    ///   - replyTo: Where answers go, when that is not `from`.
    /// - Returns: Whole lines that end with CRLF, to be put before a ``RenderedMessage``.
    package static func render(from: Mailbox, sender: Mailbox?, replyTo: Mailbox?) -> [UInt8] {
        var writer = HeaderWriter()
        writer.mailboxes("From", [from])
        writer.mailboxes("Sender", sender.map { [$0] } ?? [])
        writer.mailboxes("Reply-To", replyTo.map { [$0] } ?? [])
        return writer.bytes
    }
}
