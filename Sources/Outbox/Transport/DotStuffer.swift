/// Turns a mail into the bytes that follow DATA, piece by piece.
///
/// Every line end becomes CRLF, whether it was CRLF, LF or CR, and a line that begins with a
/// dot gets another one: so nothing inside a mail can end it, not even for a server that takes
/// a lone LF for a line end (SMTP smuggling).
package struct DotStuffer: Sendable {
    private var isAtLineStart = true
    private var isAfterReturn = false

    package init() {}

    /// Appends the next piece of the mail.
    package mutating func append(_ piece: some Sequence<UInt8>, to output: inout [UInt8]) {
        for byte in piece {
            switch byte {
            case 0x0D:
                output.append(0x0D)
                output.append(0x0A)
                isAtLineStart = true
                isAfterReturn = true
                continue
            case 0x0A:
                // The CR has already been written as a whole line end.
                if !isAfterReturn {
                    output.append(0x0D)
                    output.append(0x0A)
                    isAtLineStart = true
                }
            case UInt8(ascii: "."):
                if isAtLineStart { output.append(byte) }
                output.append(byte)
                isAtLineStart = false
            default:
                output.append(byte)
                isAtLineStart = false
            }
            isAfterReturn = false
        }
    }

    /// Appends the end of the mail: a line end if one is missing, and the final dot.
    package mutating func finish(to output: inout [UInt8]) {
        if !isAtLineStart { output += [0x0D, 0x0A] }
        output += [UInt8(ascii: "."), 0x0D, 0x0A]
        self = DotStuffer()
    }
}
