/// Finds the end of a mail after DATA, and takes the extra dots off its lines.
///
/// The end is CRLF, a dot, CRLF. Nothing else is one, and nothing else is a line end.
struct DataScanner: Sendable {
    private enum Place {
        case lineStart, text, afterReturn, afterDot, afterDotReturn
    }

    private var place = Place.lineStart
    /// Whether a CR or LF stood alone.
    private(set) var hasLoneLineEnd = false
    /// Whether the end was found.
    private(set) var isOver = false

    /// Takes bytes up to the end of the mail.
    ///
    /// - Parameters:
    ///   - bytes: What has arrived.
    ///   - content: Gets the mail; what goes beyond the maximum by more than a byte is dropped.
    ///   - maximum: How many bytes are wanted.
    /// - Returns: How many of the bytes belong to the mail.
    mutating func take(
        _ bytes: ArraySlice<UInt8>, into content: inout [UInt8], maximum: Int
    ) -> Int {
        content.reserveCapacity(min(content.count + bytes.count, maximum + 2))
        for (count, byte) in bytes.enumerated() {
            if content.count > maximum { content.removeLast(content.count - maximum - 1) }
            take(byte, &content)
            if isOver { return count + 1 }
        }
        return bytes.count
    }

    private mutating func take(_ byte: UInt8, _ content: inout [UInt8]) {
        switch (place, byte) {
        case (.lineStart, UInt8(ascii: ".")): place = .afterDot
        case (.afterDot, 0x0D): place = .afterDotReturn
        case (.afterDotReturn, 0x0A): isOver = true
        case (.afterReturn, 0x0A):
            content += [0x0D, 0x0A]
            place = .lineStart
        case (.lineStart, 0x0D), (.text, 0x0D): place = .afterReturn
        case (_, 0x0A), (.afterReturn, _), (.afterDotReturn, _):
            // Neither this nor what follows is the start of a line.
            hasLoneLineEnd = true
            place = byte == 0x0D ? .afterReturn : .text
        default:
            content.append(byte)
            place = .text
        }
    }

    /// Whether a CR or LF stands alone in content that came with its length.
    static func hasLoneLineEnd(_ content: [UInt8]) -> Bool {
        var isAfterReturn = false
        for byte in content {
            if (byte == 0x0A) != isAfterReturn { return true }
            isAfterReturn = byte == 0x0D
        }
        return isAfterReturn
    }
}
