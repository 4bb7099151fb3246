/// The lines of a dialogue, for the record of an attempt.
///
/// What libcurl sends to sign in never comes here, nor does the mail.
struct SMTPTranscript {
    private var lines: [String] = []
    private var droppedCount = 0

    /// How many lines are kept between two calls of ``take()``.
    static let linesMaximum = 200
    /// How many characters of a line are kept.
    static let characterCountMaximum = 300

    mutating func sent(_ bytes: [UInt8]) {
        for line in bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) {
            append("C: " + String(decoding: line, as: UTF8.self))
        }
    }

    mutating func sentBody(byteCount: Int) {
        append("C: (\(byteCount) bytes)")
    }

    mutating func received(_ reply: SMTPReply) {
        append("S: \(reply)")
    }

    /// Returns the lines and forgets them.
    mutating func take() -> [String] {
        defer { self = SMTPTranscript() }
        return droppedCount == 0 ? lines : lines + ["… (\(droppedCount))"]
    }

    private mutating func append(_ line: String) {
        guard lines.count < Self.linesMaximum else {
            droppedCount += 1
            return
        }
        lines.append(String(line.prefix(Self.characterCountMaximum)))
    }
}
