/// Brings what a program wrote into lines that end with CRLF.
enum ArrivedLines {
    /// Normalises the line ends of a whole mail.
    ///
    /// - Parameters:
    ///   - bytes: The mail, in lines that end with LF, CRLF or CR.
    ///   - endsAtDot: Whether a line with a single dot ends it, as `sendmail` without `-i` does.
    /// - Returns: The mail; its last line is ended too.
    /// - Throws: ``IntakeError`` for a NUL, which servers and programs read in different ways.
    static func normalized(
        _ bytes: [UInt8], endsAtDot: Bool = false
    ) throws(IntakeError) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(bytes.count + bytes.count / 32 + 2)
        var lineStart = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0: throw IntakeError(.nul)
            case 0x0A, 0x0D:
                if byte == 0x0D, index < bytes.count, bytes[index] == 0x0A { index += 1 }
                if endsAtDot, lines.count - lineStart == 1, lines.last == UInt8(ascii: ".") {
                    lines.removeLast()
                    return lines
                }
                lines.append(0x0D)
                lines.append(0x0A)
                lineStart = lines.count
            default: lines.append(byte)
            }
        }
        if endsAtDot, lines.count - lineStart == 1, lines.last == UInt8(ascii: ".") {
            lines.removeLast()
        } else if lines.count > lineStart {
            lines += [0x0D, 0x0A]
        }
        return lines
    }
}
