import Outbox
import SyncCore

/// A conversation with the server's side, told in one string per exchange.
struct SubmissionConversation {
    var dialogue: SubmissionDialogue
    var now = Duration.zero
    /// What was handed on to be stored.
    private(set) var stored: [SubmittedMail] = []
    private(set) var isClosed = false
    /// Answers every mail at once; otherwise the test does.
    var storesAtOnce = true

    /// The name and password of the only application.
    static let login = (name: "crm", password: "clave secreta")

    init(
        isIdentified: Bool = true, limits: SubmissionDialogue.Limits = SubmissionDialogue.Limits()
    ) {
        dialogue = SubmissionDialogue(hostName: "localhost", limits: limits)
        _ = tell(.opened(isIdentified: isIdentified))
    }

    /// Sends text, whose line ends are CRLF already, and returns the replies, one per line.
    mutating func say(_ text: String) -> [String] { say(Array(text.utf8)) }

    mutating func say(_ bytes: [UInt8]) -> [String] { tell(.received(bytes)) }

    /// Tells what happened, and returns the replies.
    mutating func tell(_ event: SubmissionDialogue.Event) -> [String] {
        var replies: [String] = []
        var events = [event]
        while !events.isEmpty {
            for action in dialogue.handle(events.removeFirst(), at: now) {
                switch action {
                case .reply(let reply):
                    replies += String(decoding: reply.bytes, as: UTF8.self)
                        .split(separator: "\r\n").map(String.init)
                case .authenticate(let name, let password):
                    let wanted = Digest(of: Array(Self.login.password.utf8))
                    events.append(
                        .authenticated(
                            name == Self.login.name && Digest(of: password) == wanted))
                case .store(let mail):
                    stored.append(mail)
                    if storesAtOnce { events.append(.stored("M\(stored.count)")) }
                case .close: isClosed = true
                }
            }
        }
        return replies
    }

    /// Says hello and names an envelope.
    mutating func envelope(_ recipients: [String] = ["ana@x.co"]) {
        _ = say("EHLO pc\r\nMAIL FROM:<juan@x.co>\r\n")
        for recipient in recipients { _ = say("RCPT TO:<\(recipient)>\r\n") }
    }

    /// The three digits of each reply.
    static func codes(_ replies: [String]) -> [String] { replies.map { String($0.prefix(3)) } }
}
