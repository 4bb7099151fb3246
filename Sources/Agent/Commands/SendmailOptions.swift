import SyncCore

/// The options of `sendmail`, as the programs that call it write them.
///
/// They follow getopt(3): `-ti`, `-f ADDRESS` and `-fADDRESS` are all in use.
struct SendmailOptions: Hashable, Sendable {
    /// `-t`: To, Cc and Bcc name recipients, beside the arguments.
    private(set) var readsRecipients = false
    /// `-i` or `-oi`: a line with a single dot is text.
    private(set) var ignoresDots = false
    /// `-f` or `-r`: who sends, for choosing the person.
    private(set) var sender: String?
    private(set) var recipients: [String] = []

    /// Letters that take a value, in the same word or the next one, and change nothing here.
    private static let ignoredWithValue: Set<Character> = [
        "F", "B", "N", "R", "V", "C", "h", "O", "p", "L", "X",
    ]
    /// Letters whose value, if any, stands in the same word.
    private static let ignoredWithAttached: Set<Character> = ["o", "A", "d", "q", "b"]
    private static let ignored: Set<Character> = ["n", "v", "m", "U", "G"]

    init(_ words: [String], _ arguments: Arguments) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                recipients += rest
                break
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                recipients.append(word)
                continue
            }
            try take(word.dropFirst(), &rest, arguments)
        }
    }

    /// Takes the letters of one word.
    private mutating func take(
        _ word: Substring, _ rest: inout ArraySlice<String>, _ arguments: Arguments
    ) throws(UsageError) {
        var letters = word
        while let letter = letters.popFirst() {
            switch letter {
            case "t": readsRecipients = true
            case "i": ignoresDots = true
            case "f", "r": sender = try value(of: letter, &letters, &rest, arguments)
            case _ where Self.ignored.contains(letter): break
            case _ where Self.ignoredWithValue.contains(letter):
                _ = try value(of: letter, &letters, &rest, arguments)
            case _ where Self.ignoredWithAttached.contains(letter):
                try check(letter, String(letters), arguments)
                letters = ""
            default: throw unknown("-\(letter)", arguments)
            }
        }
    }

    private func value(
        of letter: Character, _ letters: inout Substring, _ rest: inout ArraySlice<String>,
        _ arguments: Arguments
    ) throws(UsageError) -> String {
        defer { letters = "" }
        if !letters.isEmpty { return String(letters) }
        guard let next = rest.popFirst() else {
            throw arguments.error(
                es: "Falta el valor de -\(letter).", en: "-\(letter) needs a value.")
        }
        return next
    }

    /// Refuses what would make sendmail do something else than take a mail.
    private mutating func check(
        _ letter: Character, _ value: String, _ arguments: Arguments
    ) throws(UsageError) {
        switch (letter, value) {
        case ("o", _):
            // `-oi` is `-i`; `-oem`, `-odb` and others choose how to report and to queue.
            if value.hasPrefix("i") { ignoresDots = true }
        case ("b", "m"), ("A", _), ("d", _): break
        case ("b", "p"):
            throw arguments.error(
                es: "-bp no está; la cola se ve con «syncmail outbox list».",
                en: "There is no -bp; 'syncmail outbox list' shows the queue.")
        case ("b", "s"):
            throw arguments.error(
                es: "-bs no está; para hablar SMTP, conéctese a 127.0.0.1:2525 del agente.",
                en: "There is no -bs; to speak SMTP, connect to the agent's 127.0.0.1:2525.")
        default: throw unknown("-\(letter)\(value)", arguments)
        }
    }

    private func unknown(_ word: String, _ arguments: Arguments) -> UsageError {
        arguments.error(
            es: "sendmail no admite \(word) aquí: solo entrega correos. No se guardó nada.",
            en: "sendmail does not support \(word) here: it only takes mails. Nothing was stored.")
    }
}
