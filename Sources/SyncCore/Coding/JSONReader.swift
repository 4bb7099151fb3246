/// Why a text is not JSON that is taken here.
package enum JSONError: Error, Hashable, Sendable {
    /// It breaks the grammar of RFC 8259, at this byte.
    case malformed(at: Int)
    /// Values lie inside one another too deep.
    case tooDeep
    /// A number is not whole, or has more than 64 bits.
    case number(at: Int)
    /// A key stands twice in one object: programs disagree about which counts.
    case duplicateKey(String)
}

extension JSONValue {
    /// How deep values may lie inside one another.
    package static let depthMaximum = 32

    /// Reads a whole text in UTF-8; nothing may follow it.
    package init(reading bytes: [UInt8]) throws(JSONError) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed(at: 0) }
        var reader = JSONReader(bytes: bytes)
        self = try reader.value(depth: 0)
        try reader.end()
    }

    /// A member of an object, or nil.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.pairs.first { $0.key == key }?.value
    }
}

/// A cursor over a text in JSON.
private struct JSONReader {
    let bytes: [UInt8]
    var place = 0

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= JSONValue.depthMaximum else { throw .tooDeep }
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    mutating func end() throws(JSONError) {
        skipBlanks()
        guard place == bytes.count else { throw .malformed(at: place) }
    }

    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) throws(JSONError) {
        skipBlanks()
        guard peek == UInt8(ascii: character) else { throw .malformed(at: place) }
        place += 1
    }

    /// Whether a character comes next, which is then taken.
    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard peek == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[place...].starts(with: word.utf8) else { throw .malformed(at: place) }
        place += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        try take("{")
        var members: JSONValue.KeyValuePairs = [:]
        var keys: Set<String> = []
        if takes("}") { return .object(members) }
        repeat {
            skipBlanks()
            let key = try string()
            guard keys.insert(key).inserted else { throw .duplicateKey(key) }
            try take(":")
            members.append(key, try value(depth: depth + 1))
        } while takes(",")
        try take("}")
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        try take("[")
        var values: [JSONValue] = []
        if takes("]") { return .array(values) }
        repeat { values.append(try value(depth: depth + 1)) } while takes(",")
        try take("]")
        return .array(values)
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = place
        while let byte = peek, "+-.0123456789eE".utf8.contains(byte) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.first, first.isNumber else { throw .malformed(at: start) }
        guard digits.count == 1 || first != "0", digits.allSatisfy(\.isNumber),
            let number = Int64(text)
        else { throw .number(at: start) }
        return .integer(number)
    }

    private mutating func string() throws(JSONError) -> String {
        guard peek == UInt8(ascii: "\"") else { throw .malformed(at: place) }
        place += 1
        var text: [UInt8] = []
        while let byte = peek {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += String(try escaped()).utf8
            case 0..<0x20: throw .malformed(at: place - 1)
            default: text.append(byte)
            }
        }
        throw .malformed(at: place)
    }

    private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
        guard let byte = peek else { throw .malformed(at: place) }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw .malformed(at: place - 1)
        }
    }

    /// What `\u` names; above U+FFFF two of them stand together.
    private mutating func unicode() throws(JSONError) -> Unicode.Scalar {
        let first = try unit()
        var number = UInt32(first)
        if (0xD800..<0xDC00).contains(first) {
            guard bytes[place...].starts(with: Array("\\u".utf8)) else {
                throw .malformed(at: place)
            }
            place += 2
            let second = try unit()
            guard (0xDC00..<0xE000).contains(second) else { throw .malformed(at: place) }
            number = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(number) else { throw .malformed(at: place) }
        return scalar
    }

    private mutating func unit() throws(JSONError) -> UInt16 {
        let digits = bytes[place...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed(at: place) }
        place += 4
        return unit
    }
}
