/// Reads deterministic CBOR and refuses everything else.
///
/// Nothing is allocated before its length was compared with a limit and with the bytes that
/// are left, so a hostile length costs nothing. Nesting is bounded by the caller's own types,
/// except in ``skip()``, which counts.
package struct CBORReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// How deep an unknown item may nest.
    private static let depthMaximum = 16

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    fileprivate init(_ bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether every byte was read.
    package var isAtEnd: Bool { position == end }

    /// Reads an unsigned number.
    package mutating func unsigned(
        maximum: UInt64 = .max, in place: String = #function
    ) throws(CodingError) -> UInt64 {
        let number = try argument(of: 0, in: place)
        guard number <= maximum else { throw CodingError(.limit, in: place) }
        return number
    }

    /// Reads a signed number.
    package mutating func signed(in place: String = #function) throws(CodingError) -> Int64 {
        let (major, argument) = try head(in: place)
        guard major <= 1 else { throw CodingError(.type, in: place) }
        guard argument <= UInt64(Int64.max) else { throw CodingError(.limit, in: place) }
        return major == 0 ? Int64(argument) : ~Int64(argument)
    }

    /// Reads a byte string.
    package mutating func byteString(
        maximum: Int, in place: String = #function
    ) throws(CodingError) -> [UInt8] {
        let count = try length(of: 2, maximum: maximum, in: place)
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// Reads a byte string of exactly one length.
    package mutating func byteString(
        count: Int, in place: String = #function
    ) throws(CodingError) -> [UInt8] {
        let value = try byteString(maximum: count, in: place)
        guard value.count == count else { throw CodingError(.value, in: place) }
        return value
    }

    /// Reads text, which must be valid UTF-8.
    package mutating func text(
        maximum: Int, in place: String = #function
    ) throws(CodingError) -> String {
        let count = try length(of: 3, maximum: maximum, in: place)
        defer { position += count }
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self)
        else { throw CodingError(.value, in: place) }
        return text
    }

    /// Begins an array, and returns how many items follow.
    package mutating func array(
        maximum: Int, in place: String = #function
    ) throws(CodingError) -> Int {
        try count(of: 4, maximum: maximum, in: place)
    }

    /// Begins a map with small integer keys, and returns how many fields follow.
    package mutating func map(
        maximum: Int, in place: String = #function
    ) throws(CodingError) -> Int {
        try count(of: 5, maximum: maximum, in: place)
    }

    /// Reads a truth value.
    package mutating func boolean(in place: String = #function) throws(CodingError) -> Bool {
        switch try byte(in: place) {
        case 0xf5: return true
        case 0xf4: return false
        default: throw CodingError(.type, in: place)
        }
    }

    /// Reads a null if one comes next, and returns whether it did.
    package mutating func nullIfPresent() -> Bool {
        guard position < end, bytes[position] == 0xf6 else { return false }
        position += 1
        return true
    }

    /// Reads a value of a type that knows its own form.
    package mutating func value<Value: CBORDecodable>(
        _ type: Value.Type = Value.self
    ) throws(CodingError) -> Value {
        try Value(from: &self)
    }

    /// Reads an array of values that know their own form.
    package mutating func values<Value: CBORDecodable>(
        _ type: Value.Type = Value.self, maximum: Int, in place: String = #function
    ) throws(CodingError) -> [Value] {
        let count = try array(maximum: maximum, in: place)
        var values: [Value] = []
        for _ in 0..<count { values.append(try Value(from: &self)) }
        return values
    }

    /// Reads a map with small integer keys.
    ///
    /// Fields that nobody asks for are ignored, so that a later version may add some.
    package mutating func fields(
        maximum: Int = 64, in place: String = #function
    ) throws(CodingError) -> CBORFields {
        let count = try map(maximum: maximum, in: place)
        var fields: [CBORFields.Field] = []
        fields.reserveCapacity(count)
        for _ in 0..<count {
            let key = try unsigned(in: place)
            if let last = fields.last, last.key >= key {
                throw CodingError(.notCanonical, in: place)
            }
            let start = position
            try skip(in: place)
            fields.append(CBORFields.Field(key: key, range: start..<position))
        }
        return CBORFields(bytes: bytes, fields: fields, place: place)
    }

    /// Passes over one item of any kind.
    package mutating func skip(in place: String = #function) throws(CodingError) {
        try skip(depth: 0, in: place)
    }

    /// Refuses bytes after the last item.
    ///
    /// The place is built only for the error: building it for every field costs more than
    /// reading the field.
    package func finish(
        in place: @autoclosure () -> String = #function
    ) throws(CodingError) {
        guard isAtEnd else { throw CodingError(.trailing, in: place()) }
    }

    private mutating func skip(depth: Int, in place: String) throws(CodingError) {
        guard depth < Self.depthMaximum else { throw CodingError(.limit, in: place) }
        guard position < end else { throw CodingError(.truncated, in: place) }
        if bytes[position] >= 0xf4 && bytes[position] <= 0xf6 {
            position += 1
            return
        }
        let (major, argument) = try head(in: place)
        switch major {
        case 0, 1:
            return
        case 2, 3:
            guard argument <= UInt64(end - position) else {
                throw CodingError(.truncated, in: place)
            }
            position += Int(argument)
        case 4, 5:
            guard argument <= UInt64(end - position) else {
                throw CodingError(.truncated, in: place)
            }
            for _ in 0..<argument * (major == 5 ? 2 : 1) { try skip(depth: depth + 1, in: place) }
        default:
            throw CodingError(.type, in: place)
        }
    }

    private mutating func length(
        of major: UInt8, maximum: Int, in place: String
    ) throws(CodingError) -> Int {
        let count = try argument(of: major, in: place)
        guard count <= UInt64(maximum) else { throw CodingError(.limit, in: place) }
        guard count <= UInt64(end - position) else { throw CodingError(.truncated, in: place) }
        return Int(count)
    }

    private mutating func count(
        of major: UInt8, maximum: Int, in place: String
    ) throws(CodingError) -> Int {
        // An item takes at least one byte, so a count above the bytes left is a lie.
        try length(of: major, maximum: maximum, in: place)
    }

    private mutating func argument(
        of expected: UInt8, in place: String
    ) throws(CodingError) -> UInt64 {
        let (major, argument) = try head(in: place)
        guard major == expected else { throw CodingError(.type, in: place) }
        return argument
    }

    private mutating func head(in place: String) throws(CodingError) -> (UInt8, UInt64) {
        let first = try byte(in: place)
        let short = first & 31
        guard short >= 24 else { return (first >> 5, UInt64(short)) }
        guard short <= 27 else { throw CodingError(.notCanonical, in: place) }
        let byteCount = 1 << Int(short - 24)
        var argument: UInt64 = 0
        for _ in 0..<byteCount { argument = argument << 8 | UInt64(try byte(in: place)) }
        let smallest: UInt64 = byteCount == 1 ? 24 : 1 << UInt64(byteCount * 4)
        guard argument >= smallest else { throw CodingError(.notCanonical, in: place) }
        return (first >> 5, argument)
    }

    private mutating func byte(in place: String) throws(CodingError) -> UInt8 {
        guard position < end else { throw CodingError(.truncated, in: place) }
        defer { position += 1 }
        return bytes[position]
    }
}

/// The fields of a map that was read, each still encoded.
package struct CBORFields: Sendable {
    fileprivate struct Field: Sendable {
        let key: UInt64
        let range: Range<Int>
    }

    fileprivate let bytes: [UInt8]
    // Invariant: keys ascend.
    fileprivate let fields: [Field]
    fileprivate let place: String

    /// The highest key, or nothing if the map is empty.
    package var lastKey: UInt64? { fields.last?.key }

    /// Reads a field that must be there.
    package func required<Value>(
        _ key: UInt64, _ read: (inout CBORReader) throws(CodingError) -> Value
    ) throws(CodingError) -> Value {
        guard let value = try optional(key, read) else {
            throw CodingError(.missing, in: "\(place) field \(key)")
        }
        return value
    }

    /// Reads a field that may be left out.
    package func optional<Value>(
        _ key: UInt64, _ read: (inout CBORReader) throws(CodingError) -> Value
    ) throws(CodingError) -> Value? {
        guard let field = fields.first(where: { $0.key == key }) else { return nil }
        var reader = CBORReader(bytes, range: field.range)
        let value = try read(&reader)
        try reader.finish(in: "\(place) field \(key)")
        return value
    }

    /// Reads a field that must be there, of a type that knows its own form.
    package func required<Value: CBORDecodable>(
        _ key: UInt64, _ type: Value.Type = Value.self
    ) throws(CodingError) -> Value {
        try required(key) { (reader) throws(CodingError) in try Value(from: &reader) }
    }

    /// Reads a field that may be left out, of a type that knows its own form.
    package func optional<Value: CBORDecodable>(
        _ key: UInt64, _ type: Value.Type = Value.self
    ) throws(CodingError) -> Value? {
        try optional(key) { (reader) throws(CodingError) in try Value(from: &reader) }
    }

    /// Reads a list, which was left out if empty.
    package func list<Value: CBORDecodable>(
        _ key: UInt64, of type: Value.Type = Value.self, maximum: Int
    ) throws(CodingError) -> [Value] {
        let place = place
        return try optional(key) { (reader) throws(CodingError) in
            try reader.values(type, maximum: maximum, in: place)
        } ?? []
    }
}
