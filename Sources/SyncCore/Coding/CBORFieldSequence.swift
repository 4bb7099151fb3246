/// The fields of a map that are read one after another, where keeping their places first costs
/// more than reading them.
///
/// Keys are asked for in ascending order; fields that nobody asks for are passed over.
package struct CBORFieldSequence: Sendable {
    private let place: StaticString
    private var remaining: Int
    private var key: UInt64?
    private var hasUnknown = false

    fileprivate init(count: Int, in place: StaticString) {
        self.place = place
        remaining = count
    }

    /// Reads a field that may be left out.
    package mutating func optional<Value>(
        _ wanted: UInt64, from reader: inout CBORReader,
        _ read: (inout CBORReader) throws(CodingError) -> Value
    ) throws(CodingError) -> Value? {
        if key == nil { try advance(&reader) }
        while let found = key, found < wanted {
            hasUnknown = true
            try reader.skip(in: place.description)
            try advance(&reader)
        }
        guard key == wanted else { return nil }
        let value = try read(&reader)
        try advance(&reader)
        return value
    }

    /// Reads a field that must be there.
    package mutating func required<Value>(
        _ wanted: UInt64, from reader: inout CBORReader,
        _ read: (inout CBORReader) throws(CodingError) -> Value
    ) throws(CodingError) -> Value {
        guard let value = try optional(wanted, from: &reader, read) else {
            throw CodingError(.missing, in: "\(place) field \(wanted)")
        }
        return value
    }

    /// Reads a field that may be left out, of a type that knows its own form.
    package mutating func optional<Value: CBORDecodable>(
        _ wanted: UInt64, from reader: inout CBORReader
    ) throws(CodingError) -> Value? {
        try optional(wanted, from: &reader) { (reader) throws(CodingError) in
            try Value(from: &reader)
        }
    }

    /// Reads a field that must be there, of a type that knows its own form.
    package mutating func required<Value: CBORDecodable>(
        _ wanted: UInt64, from reader: inout CBORReader
    ) throws(CodingError) -> Value {
        try required(wanted, from: &reader) { (reader) throws(CodingError) in
            try Value(from: &reader)
        }
    }

    /// Passes over what is left, and returns whether there was any field that nobody asked for.
    @discardableResult
    package mutating func finish(_ reader: inout CBORReader) throws(CodingError) -> Bool {
        if key == nil { try advance(&reader) }
        while key != nil {
            hasUnknown = true
            try reader.skip(in: place.description)
            try advance(&reader)
        }
        return hasUnknown
    }

    private mutating func advance(_ reader: inout CBORReader) throws(CodingError) {
        guard remaining > 0 else {
            key = nil
            return
        }
        remaining -= 1
        let next = try reader.unsigned(in: "record")
        if let key, key >= next { throw CodingError(.notCanonical, in: place.description) }
        key = next
    }
}

extension CBORReader {
    /// Begins a map with small integer keys whose fields are read one after another.
    package mutating func fieldSequence(
        maximum: Int = 64, in place: StaticString
    ) throws(CodingError) -> CBORFieldSequence {
        CBORFieldSequence(
            count: try map(maximum: maximum, in: "record"), in: place)
    }
}
