/// Remembers what a server says while libcurl leads the dialogue.
///
/// A class because libcurl's callback gets a pointer to it; used on the connection's thread.
final class SMTPObserver {
    private var parser = SMTPReplyParser()
    /// The answers so far, without the challenges of AUTH.
    private(set) var replies: [SMTPReply] = []
    /// Whether the server speaks something else than SMTP.
    private(set) var isConfused = false

    /// Whether TLS was begun, and so the connection is there.
    var hasBegunTLS = false

    private static let repliesMaximum = 50

    /// Takes a piece of what the server sent.
    func observe(_ bytes: UnsafeRawBufferPointer) {
        guard !isConfused else { return }
        do {
            // libcurl shows whole lines, but not always their ends.
            let isEnded = bytes.last == 0x0A
            for reply in try parser.consume(isEnded ? Array(bytes) : bytes + [0x0A]) {
                // A challenge echoes what only the account's owner should read.
                guard reply.code != 334, replies.count < Self.repliesMaximum else { continue }
                replies.append(reply)
            }
        } catch {
            isConfused = true
        }
    }

    /// The server's first answer.
    var greeting: SMTPReply? { replies.first }

    /// Whether the server greeted as one that takes mail.
    var hasValidGreeting: Bool { greeting?.code == 220 }

    /// What the server offers.
    ///
    /// After STARTTLS there is a second list, and only that one counts.
    var capabilities: SMTPCapabilities? {
        replies.last { $0.code == 250 }.map(SMTPCapabilities.init(ehlo:))
    }
}
