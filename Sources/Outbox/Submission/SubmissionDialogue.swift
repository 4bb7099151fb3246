package import SyncCore

/// The server's side of an SMTP conversation, in which a program hands in mails (RFC 6409).
///
/// It performs no I/O and reads no clock: the driver tells what arrived and carries the actions
/// out, in order. While it waits for an answer to ``Action/authenticate(name:password:)`` or
/// ``Action/store(_:)``, whatever else arrives stays where it is.
///
/// ```
///            EHLO           MAIL            RCPT          DATA, BDAT
///  greeted ───────▶ ready ───────▶ envelope ─────▶ envelope ─────▶ content
///                     ▲                                               │ final dot, last chunk
///                     └──────────────── stored, refused ◀── storing ◀─┘
/// ```
///
/// Lines and the end of a mail are CRLF and nothing else: what holds a lone CR or LF is refused
/// whole, and the connection ends, because servers disagree about where such a mail ends
/// (SMTP smuggling).
package struct SubmissionDialogue: Sendable {
    /// What happens to a conversation.
    package enum Event: Sendable {
        /// A program connected; whether it is known who it is.
        case opened(isIdentified: Bool)
        case received([UInt8])
        /// The answer to ``Action/authenticate(name:password:)``.
        case authenticated(Bool)
        /// The answer to ``Action/store(_:)``: it is on stable storage under this name.
        case stored(String)
        /// The other answer: nothing was stored.
        case refused(SubmissionReply)
        /// The program sends nothing more.
        case inputEnded
        /// There is no memory for more content now.
        case memoryExhausted
        case tick
        /// The engine stops.
        case stopping
    }

    /// What to do about it.
    package enum Action: Sendable {
        case reply(SubmissionReply)
        /// Tell whether this is the password of this application.
        case authenticate(name: String, password: SecretBytes)
        /// Put the mail on stable storage.
        case store(SubmittedMail)
        /// End the connection when the replies are written.
        case close
    }

    /// What a program is granted.
    package struct Limits: Sendable {
        package var mailByteCountMaximum = MailSubmission.Limits().mailByteCountMaximum
        package var recipientsMaximum = MailOffer.recipientsMaximum
        package var lineByteCountMaximum = 2048
        package var authenticationByteCountMaximum = 12_288
        package var failedLoginsMaximum = 3
        package var errorsMaximum = 20
        /// How long a program may be silent (RFC 5321 §4.5.3.2.7).
        package var idle = Duration.seconds(300)
        /// How long content may take, beside a second for each ``bytesPerSecondMinimum``.
        package var contentTime = Duration.seconds(600)
        package var bytesPerSecondMinimum = 1024

        package init() {}
    }

    enum Mode {
        case command
        /// The next line belongs to AUTH.
        case login(LoginStep)
        case data(DataScanner)
        /// Content of a known length; the refusal, if there is one, is told behind it.
        case chunk(left: Int, isLast: Bool, refusal: SubmissionReply?)
        case closed
    }

    let limits: Limits
    let hostName: String
    var mode = Mode.command
    var isGreeted = false
    var isIdentified = false
    /// Whether an answer of the driver is awaited.
    var isWaiting = false
    var transaction: Transaction?
    var failedLogins = 0
    var errors = 0
    private var input: [UInt8] = []
    private var consumed = 0
    private var hasInputEnded = false
    private var lastArrival = Duration.zero
    var contentStart: Duration?

    /// Prepares a conversation.
    ///
    /// - Parameters:
    ///   - hostName: What the greeting calls this machine.
    ///   - limits: What the program is granted.
    package init(hostName: String, limits: Limits = Limits()) {
        self.hostName = hostName
        self.limits = limits
    }

    /// How many bytes of mails and commands it holds.
    package var heldByteCount: Int { input.count + (transaction?.content.count ?? 0) }

    /// Whether more input may be read: not while an answer is awaited and much has arrived.
    package var wantsInput: Bool {
        if case .closed = mode { return false }
        return !hasInputEnded && (!isWaiting || input.count < limits.lineByteCountMaximum)
    }

    /// When the program will have been silent for too long.
    package var deadline: Duration? {
        if isWaiting { return nil }
        if case .closed = mode { return nil }
        let silence = lastArrival + limits.idle
        guard let contentStart else { return silence }
        let bytes = transaction?.content.count ?? 0
        return min(
            silence,
            contentStart + limits.contentTime
                + .seconds(bytes / max(limits.bytesPerSecondMinimum, 1)))
    }

    /// Takes one event into account, at a time measured from anywhere.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        if case .closed = mode { return [] }
        switch event {
        case .opened(let isIdentified):
            self.isIdentified = isIdentified
            lastArrival = now
            return [.reply(SubmissionReply(220, "\(hostName) ESMTP syncmail"))]
        case .received(let bytes):
            lastArrival = now
            input += bytes
        case .authenticated(let isRight):
            return answerLogin(isRight) + proceed(at: now)
        case .stored(let name):
            return answerMail(SubmissionReply(250, "2.0.0", "queued as \(name)"), at: now)
        case .refused(let reply):
            return answerMail(reply, at: now)
        case .inputEnded:
            hasInputEnded = true
        case .memoryExhausted:
            return close(SubmissionReply(421, "4.3.1", "no memory for this mail now"))
        case .tick:
            guard let deadline, now >= deadline else { return [] }
            return close(SubmissionReply(421, "4.4.2", "too slow; nothing was stored"))
        case .stopping:
            // Whoever waits for a verdict gets it first.
            guard !isWaiting else { return [] }
            return close(SubmissionReply(421, "4.3.2", "stopping; nothing was stored"))
        }
        return proceed(at: now)
    }

    /// Goes through what has arrived, as far as that is possible now.
    private mutating func proceed(at now: Duration) -> [Action] {
        var actions: [Action] = []
        loop: while !isWaiting {
            switch mode {
            case .closed: break loop
            case .command, .login:
                guard let line = takeLine(&actions) else { break loop }
                actions += take(line, at: now)
            case .data(var scanner):
                let isOver = takeData(&scanner)
                guard isOver else {
                    mode = .data(scanner)
                    break loop
                }
                mode = .command
                actions += finishContent(hasLoneLineEnd: scanner.hasLoneLineEnd)
            case .chunk(let left, let isLast, let refusal):
                guard let chunk = takeChunk(left, isLast, refusal) else { break loop }
                actions += chunk
            }
        }
        input.removeFirst(consumed)
        consumed = 0
        if hasInputEnded, !isWaiting {
            mode = .closed
            actions.append(.close)
        }
        return actions
    }

    private mutating func answerMail(
        _ reply: SubmissionReply, at now: Duration
    ) -> [Action] {
        isWaiting = false
        lastArrival = now
        return [.reply(reply)] + proceed(at: now)
    }

    /// Ends the conversation with a last reply.
    mutating func close(_ reply: SubmissionReply) -> [Action] {
        mode = .closed
        transaction = nil
        input = []
        consumed = 0
        return [.reply(reply), .close]
    }

    // MARK: What has arrived

    /// Takes a line without its CRLF, or nil while there is none.
    private mutating func takeLine(_ actions: inout [Action]) -> [UInt8]? {
        let rest = input[consumed...]
        var maximum = limits.lineByteCountMaximum
        if case .login = mode { maximum = limits.authenticationByteCountMaximum }
        if rest.prefix(5).map({ $0 & 0xDF }) == Array("AUTH".utf8) + [0] {
            maximum = limits.authenticationByteCountMaximum
        }
        guard let end = rest.firstIndex(of: 0x0A), end - consumed < maximum else {
            if rest.count >= maximum {
                actions += close(SubmissionReply(500, "5.5.2", "line too long"))
            }
            return nil
        }
        let line = rest[..<end]
        consumed = end + 1
        guard line.last == 0x0D, !line.dropLast().contains(where: { $0 == 0x0D || $0 == 0 }) else {
            actions += close(SubmissionReply(500, "5.5.2", "lines must end with CRLF"))
            return nil
        }
        return Array(line.dropLast())
    }

    private mutating func takeData(_ scanner: inout DataScanner) -> Bool {
        var content = transaction?.content ?? []
        // Held once only, or each piece would copy all of it.
        transaction?.content = []
        let taken = scanner.take(
            input[consumed...], into: &content, maximum: limits.mailByteCountMaximum)
        consumed += taken
        transaction?.content = content
        return scanner.isOver
    }

    private mutating func takeChunk(
        _ left: Int, _ isLast: Bool, _ refusal: SubmissionReply?
    ) -> [Action]? {
        let taken = min(left, input.count - consumed)
        if refusal == nil, var transaction {
            // Held once only, or each piece would copy all of it.
            self.transaction = nil
            transaction.append(input[consumed..<(consumed + taken)], limits)
            self.transaction = transaction
        }
        consumed += taken
        guard taken == left else {
            mode = .chunk(left: left - taken, isLast: isLast, refusal: refusal)
            return nil
        }
        mode = .command
        if let refusal { return complain(refusal) }
        guard isLast else { return [.reply(SubmissionReply(250, "2.0.0", "chunk taken"))] }
        return finishContent(
            hasLoneLineEnd: DataScanner.hasLoneLineEnd(transaction?.content ?? []))
    }

    /// The mail is here: hands it on, or says why not.
    private mutating func finishContent(hasLoneLineEnd: Bool) -> [Action] {
        contentStart = nil
        guard let done = transaction else { return [] }
        transaction = nil
        if hasLoneLineEnd {
            return close(
                SubmissionReply(
                    554, "5.6.0", "a lone CR or LF in the mail: lines must end with CRLF"))
        }
        if done.isTooLarge || done.content.count > limits.mailByteCountMaximum {
            return [.reply(tooLarge)]
        }
        isWaiting = true
        return [
            .store(
                SubmittedMail(
                    sender: done.sender, recipients: done.recipients, bytes: done.content))
        ]
    }

    var tooLarge: SubmissionReply {
        SubmissionReply(
            552, "5.3.4", "larger than \(limits.mailByteCountMaximum) bytes; nothing was stored")
    }
}

/// A mail with its envelope, as a program handed it in.
package struct SubmittedMail: Hashable, Sendable {
    /// Nothing for the null sender, and for what is no address.
    package let sender: MailAddress?
    /// As they were written, the syntax checked.
    package let recipients: [String]
    package let bytes: [UInt8]
}

/// One reply of the server, on one line or several.
package struct SubmissionReply: Hashable, Sendable {
    package let code: Int
    package let lines: [String]

    package init(_ code: Int, _ lines: String...) {
        self.code = code
        self.lines = lines
    }

    init(_ code: Int, lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// A reply with an enhanced status code (RFC 2034), on as many lines as the text needs.
    package init(_ code: Int, _ status: String, _ text: String) {
        var lines: [String] = []
        var line = status
        for word in text.split(whereSeparator: \.isWhitespace) {
            if line.utf8.count + word.utf8.count > Self.lineByteCountMaximum {
                lines.append(line)
                line = status
            }
            line += " " + word.prefix(Self.lineByteCountMaximum)
        }
        self.init(code, lines: lines + [line])
    }

    /// RFC 5321 §4.5.3.1.5 allows 512 bytes.
    private static let lineByteCountMaximum = 400

    /// The reply as it goes over the wire: ASCII, whatever the text holds.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (index, line) in lines.enumerated() {
            let mark = index + 1 < lines.count ? "-" : " "
            bytes += Array("\(code)\(mark)".utf8)
            bytes += line.unicodeScalars.map { scalar in
                switch scalar {
                case " "..."~": UInt8(ascii: scalar)
                case "“", "”", "«", "»": UInt8(ascii: "\"")
                case "‘", "’": UInt8(ascii: "'")
                case "—", "–": UInt8(ascii: "-")
                default: UInt8(ascii: "?")
                }
            }
            bytes += [0x0D, 0x0A]
        }
        return bytes
    }

    static let badSequence = SubmissionReply(503, "5.5.1", "bad sequence of commands")
}
