/// Crockford's base 32: no padding, no letter that is mistaken for a digit, fit for dictation.
///
/// Reading accepts upper case and takes `o` for 0, `i` and `l` for 1, as people do.
package enum Base32 {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Writes bytes; the last group is filled up with zero bits.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var buffer: UInt64 = 0
        var bitCount = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt64(byte)
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                text.append(alphabet[Int(buffer >> UInt64(bitCount) & 31)])
            }
        }
        if bitCount > 0 { text.append(alphabet[Int(buffer << UInt64(5 - bitCount) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads text.
    ///
    /// Characters outside the alphabet, and fill bits that are not zero, are refused.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(characters: text.utf8)
    }

    /// Reads the characters of a text.
    package static func decode(characters: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt64 = 0
        var bitCount = 0
        for character in characters {
            guard let value = value(of: character) else { return nil }
            buffer = buffer << 5 | UInt64(value)
            bitCount += 5
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt64(bitCount)))
            }
        }
        let fill = buffer & ((1 << UInt64(bitCount)) - 1)
        guard bitCount < 5, fill == 0 else { return nil }
        return bytes
    }

    /// Whether a character can occur.
    package static func allows(_ character: UInt8) -> Bool { value(of: character) != nil }

    private static func value(of character: UInt8) -> UInt8? {
        let lower = character | 0x20
        switch lower {
        case UInt8(ascii: "o"): return 0
        case UInt8(ascii: "i"), UInt8(ascii: "l"): return 1
        default:
            // Digits already have bit 5 set, so lower-casing leaves them alone; a control
            // character must not turn into one.
            guard character > 0x20 else { return nil }
            return alphabet.firstIndex(of: lower).map(UInt8.init)
        }
    }
}
