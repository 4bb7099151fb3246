/// Rules about characters that every header value obeys.
enum MailText {
    /// Refuses control characters, in any header value.
    ///
    /// A line break in a value begins another header; a NUL or another control makes servers
    /// disagree about what they read. Line and paragraph separators count as line breaks.
    static func refuseControls(
        _ text: String, in field: MessageError.Field
    ) throws(MessageError) {
        for scalar in text.unicodeScalars where scalar.isControl {
            throw MessageError(.controlCharacter, in: field)
        }
    }

    /// Refuses a value that is too long.
    static func refuseLonger(
        than limit: Int, _ text: String, in field: MessageError.Field
    ) throws(MessageError) {
        if text.utf8.count > limit { throw MessageError(.tooLong, in: field, limit: limit) }
    }

    /// A body as lines that end with LF, whatever the input used.
    ///
    /// The last line is ended too.
    static func withLineFeeds(_ text: String) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(text.utf8.count)
        var afterReturn = false
        for byte in text.utf8 {
            if byte == 0x0D {
                lines.append(0x0A)
            } else if byte != 0x0A || !afterReturn {
                lines.append(byte)
            }
            afterReturn = byte == 0x0D
        }
        if let last = lines.last, last != 0x0A { lines.append(0x0A) }
        return lines
    }
}

extension Unicode.Scalar {
    /// Whether the character is a control of ASCII or of Latin-1, or separates lines.
    var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }

    /// Whether the character is invisible and changes how its neighbours are read.
    var isInvisibleFormat: Bool { properties.generalCategory == .format }
}
