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

    /// What was said, for the record: commands without secrets, and answers.
    private(set) var lines: [String] = []

    private static let repliesMaximum = 50
    private static let linesMaximum = 100
    private static let characterCountMaximum = 300

    /// Takes a command that libcurl sent.
    ///
    /// Only what is known to hold no secret is copied: of AUTH the name of the mechanism, and of
    /// whatever follows it nothing.
    func observeSent(_ bytes: UnsafeRawBufferPointer) {
        func begins(_ word: StaticString) -> Bool {
            bytes.count >= word.utf8CodeUnitCount
                && bytes.prefix(word.utf8CodeUnitCount)
                    .elementsEqual(
                        UnsafeRawBufferPointer(
                            start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        if begins("EHLO ") || begins("HELO ") || begins("STARTTLS") {
            let line = bytes.prefix { $0 != 0x0D && $0 != 0x0A }
            note("C: " + String(decoding: line, as: UTF8.self))
        } else if begins("AUTH ") {
            let word = bytes.dropFirst(5).prefix { $0 > 0x20 && $0 < 0x7F }
            note("C: AUTH \(String(decoding: word, as: UTF8.self)) ***")
        } else {
            note("C: ***")
        }
    }

    private func note(_ line: String) {
        guard lines.count < Self.linesMaximum else { return }
        lines.append(String(line.prefix(Self.characterCountMaximum)))
    }

    /// Takes a piece of what the server sent.
    func observe(_ bytes: UnsafeRawBufferPointer) {
        guard !isConfused else { return }
        do {
            // libcurl shows whole lines, but not always their ends.
            let isEnded = bytes.last == 0x0A
            for reply in try parser.consume(isEnded ? Array(bytes) : bytes + [0x0A]) {
                // A challenge echoes what only the account's owner should read.
                guard reply.code != 334, replies.count < Self.repliesMaximum else {
                    if reply.code == 334 { note("S: 334 ***") }
                    continue
                }
                replies.append(reply)
                note("S: \(reply)")
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
