/// A server's answer to one command.
package struct SMTPReply: Hashable, Sendable {
    /// The three-digit code.
    package let code: Int
    /// The enhanced status code (RFC 3463), such as `5.1.1`, when the answer has one.
    package let enhanced: String?
    /// The text of each line, without codes, fit to be shown: no control characters.
    package let lines: [String]

    package init(code: Int, enhanced: String? = nil, lines: [String]) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines
    }

    /// What the first digit of the code says.
    package enum Kind: Hashable, Sendable {
        case done, more, temporaryRefusal, permanentRefusal, unknown
    }

    /// What the first digit of the code says.
    package var kind: Kind {
        switch code {
        case 200...299: .done
        case 300...399: .more
        case 400...499: .temporaryRefusal
        case 500...599: .permanentRefusal
        default: .unknown
        }
    }

    /// Whether the server announces that it closes the connection.
    package var isClosing: Bool { code == 421 }

    /// Whether a word is an enhanced status code of a class, such as `5.1.1` of class 5.
    static func isEnhanced(_ word: some StringProtocol, class digit: Int) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == String(digit)
            && parts.allSatisfy { (1...3).contains($0.count) && $0.utf8.allSatisfy(\.isASCIIDigit) }
    }
}

extension SMTPReply: CustomStringConvertible {
    /// The answer in one line.
    package var description: String {
        ([String(code)] + (enhanced.map { [$0] } ?? []) + lines).joined(separator: " ")
    }
}

/// Reads answers out of a stream of bytes.
///
/// Whatever a server sends, the memory held is bounded, and a text never carries a control
/// character into a log.
package struct SMTPReplyParser: Sendable {
    /// What a server did that is not SMTP.
    package enum Violation: Error, Hashable, Sendable {
        case lineTooLong, tooManyLines, notAReply
    }

    /// RFC 5321 allows 512; real servers exceed it.
    package static let lineBytesMaximum = 2048
    /// How many lines one answer may have.
    package static let linesMaximum = 100

    private var pending: [UInt8] = []
    private var code: Int?
    private var texts: [String] = []

    package init() {}

    /// Adds bytes that arrived, and returns the answers that they complete.
    ///
    /// - Throws: ``Violation``. The connection cannot be used after one.
    package mutating func consume(
        _ bytes: some Sequence<UInt8>
    ) throws(Violation) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            if byte == 0x0A {
                if pending.last == 0x0D { pending.removeLast() }
                if let reply = try line(pending) { replies.append(reply) }
                pending.removeAll(keepingCapacity: true)
            } else {
                guard pending.count < Self.lineBytesMaximum else { throw .lineTooLong }
                pending.append(byte)
            }
        }
        return replies
    }

    private mutating func line(_ line: [UInt8]) throws(Violation) -> SMTPReply? {
        guard line.count >= 3, line[..<3].allSatisfy(\.isASCIIDigit),
            (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(line[0])
        else { throw .notAReply }
        let number = line[..<3].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        let separator = line.count > 3 ? line[3] : UInt8(ascii: " ")
        guard separator == UInt8(ascii: " ") || separator == UInt8(ascii: "-"),
            code == nil || code == number
        else { throw .notAReply }
        guard texts.count < Self.linesMaximum else { throw .tooManyLines }
        texts.append(Self.shown(line.dropFirst(4)))
        code = number
        guard separator == UInt8(ascii: " ") else { return nil }
        defer {
            code = nil
            texts = []
        }
        return Self.reply(number, texts)
    }

    private static func reply(_ code: Int, _ texts: [String]) -> SMTPReply {
        guard let first = texts.first?.split(separator: " ").first,
            SMTPReply.isEnhanced(first, class: code / 100)
        else { return SMTPReply(code: code, lines: texts) }
        let rest = texts.map { text in
            text.hasPrefix(first) ? String(text.dropFirst(first.count).drop { $0 == " " }) : text
        }
        return SMTPReply(code: code, enhanced: String(first), lines: rest)
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            text.unicodeScalars.append(scalar.isControl || scalar.isInvisibleFormat ? "·" : scalar)
        }
        return text
    }
}
