/// Writes header fields: folded, and in ASCII (RFC 5322, RFC 2047) wherever that is possible.
///
/// GMime writes encoded words of more than 75 characters and may choose Latin-1; this writer
/// does neither, so the headers of a mail are the same everywhere. Values must have been
/// checked for control characters: a field that holds one is a defect, and traps.
struct HeaderWriter {
    /// What has been written.
    private(set) var bytes: [UInt8] = []

    private var column = 0

    /// Where lines are folded (RFC 2047 §2: 76 for a line that holds an encoded word).
    static let columnMaximum = 76
    /// How long an encoded word may be (RFC 2047 §2).
    private static let encodedWordMaximum = 75
    /// A line is never longer than this (RFC 5322 §2.1.1).
    static let lineBytesMaximum = 998

    /// Writes a field whose value is ASCII without spaces, such as a date or an identifier.
    mutating func plain(_ name: String, _ value: String) {
        begin(name)
        word(value)
        end()
    }

    /// Writes a field whose value is free text, such as a subject.
    mutating func text(_ name: String, _ value: String) {
        begin(name)
        let words = value.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if words.allSatisfy(\.isPlainWord) {
            for piece in words { word(piece) }
        } else if !value.isEmpty {
            encodedWords(value)
        }
        end()
    }

    /// Writes a field that names mailboxes.
    ///
    /// Without any, the field is left out.
    mutating func mailboxes(_ name: String, _ mailboxes: [Mailbox]) {
        guard !mailboxes.isEmpty else { return }
        begin(name)
        for (index, mailbox) in mailboxes.enumerated() {
            let comma = index + 1 < mailboxes.count ? "," : ""
            if let name = mailbox.name {
                phrase(name)
                word("<\(mailbox.address)>\(comma)")
            } else {
                word("\(mailbox.address)\(comma)")
            }
        }
        end()
    }

    private mutating func begin(_ name: String) {
        bytes += Array("\(name):".utf8)
        column = name.utf8.count + 1
    }

    private mutating func end() {
        bytes += [0x0D, 0x0A]
        column = 0
    }

    /// Writes a space and a word, on a new line if this one is full.
    private mutating func word(_ word: String) {
        precondition(
            !word.unicodeScalars.contains(where: \.isControl),
            "A header value with a control character would begin another header.")
        if column + 1 + word.utf8.count > Self.columnMaximum, column > 1 {
            bytes += [0x0D, 0x0A]
            column = 0
        }
        bytes.append(0x20)
        bytes += Array(word.utf8)
        column += 1 + word.utf8.count
    }

    /// Writes a mailbox's name.
    private mutating func phrase(_ name: String) {
        let words = name.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if words.allSatisfy(\.isAtom) {
            for piece in words { word(piece) }
        } else if name.utf8.allSatisfy({ $0 < 0x80 }), !name.contains("=?") {
            let escaped = name.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }
            word("\"\(escaped.joined())\"")
        } else {
            encodedWords(name)
        }
    }

    /// Writes text as encoded words: Q while a person can still read it, else B.
    ///
    /// No character is split.
    private mutating func encodedWords(_ text: String) {
        let scalars = text.unicodeScalars.map { Array(String($0).utf8) }
        let quotedCount = text.utf8.reduce(0) { $0 + $1.quotedForm.utf8.count }
        let isQuoted = quotedCount * 2 <= text.utf8.count * 3
        let frame = "=?utf-8?q??=".utf8.count
        var start = 0
        while start < scalars.count {
            // A fresh line holds a full word; what is left of this one may hold a shorter one.
            let left = Self.columnMaximum - column - 1
            let whole = Self.encodedWordMaximum
            let size = left < frame + 16 ? whole : min(left, whole)
            var payload: [UInt8] = []
            var length = 0
            while start < scalars.count {
                let next =
                    isQuoted
                    ? length + scalars[start].reduce(0) { $0 + $1.quotedForm.utf8.count }
                    : (payload.count + scalars[start].count + 2) / 3 * 4
                if frame + next > size { break }
                payload += scalars[start]
                length = next
                start += 1
            }
            let encoded = isQuoted ? payload.map(\.quotedForm).joined() : Base64.encode(payload)
            word("=?utf-8?\(isQuoted ? "q" : "b")?\(encoded)?=")
        }
    }
}

extension String {
    /// Whether a word of free text may be written as it is.
    ///
    /// An empty word stands for a doubled, leading or trailing space, which folding would lose.
    fileprivate var isPlainWord: Bool {
        !isEmpty && utf8.count < HeaderWriter.lineBytesMaximum - 100
            && utf8.allSatisfy { (0x21...0x7E).contains($0) } && !contains("=?")
    }

    /// Whether a word of a name may be written without quotes (RFC 5322 §3.2.3).
    fileprivate var isAtom: Bool {
        !isEmpty && !contains("=?")
            && utf8.allSatisfy {
                $0.isASCIILetter || $0.isASCIIDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0)
            }
    }
}

extension UInt8 {
    /// A byte inside an encoded word of kind Q, in the set that is safe in names too.
    fileprivate var quotedForm: String {
        if isASCIILetter || isASCIIDigit || "!*+-/".utf8.contains(self) {
            return String(UnicodeScalar(self))
        }
        if self == 0x20 { return "_" }
        let digits = String(self, radix: 16, uppercase: true)
        return "=" + (self < 16 ? "0" + digits : digits)
    }
}
