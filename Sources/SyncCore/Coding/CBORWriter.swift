/// Writes deterministic CBOR (RFC 8949 §4.2.1): shortest lengths, definite sizes, and map keys
/// in ascending order, which the caller keeps and debug builds check.
///
/// It knows the few types that syncmail signs and sends: unsigned and negative integers, byte
/// strings, text, arrays, maps with small integer keys, booleans and null.
package struct CBORWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Makes room for so many more bytes.
    package mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Writes an unsigned number; also the way to write a map's key.
    package mutating func unsigned(_ number: UInt64) {
        head(0, number)
    }

    /// Writes a signed number.
    package mutating func signed(_ number: Int64) {
        if number >= 0 {
            head(0, UInt64(number))
        } else {
            head(1, UInt64(bitPattern: ~number))
        }
    }

    /// Writes a byte string.
    package mutating func byteString(_ value: some Collection<UInt8>) {
        head(2, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes a hash, as a byte string.
    mutating func digest(_ digest: Digest) {
        head(2, UInt64(Digest.byteCount))
        digest.withBytes { bytes.append(contentsOf: $0) }
    }

    /// Writes text.
    package mutating func text(_ value: String) {
        head(3, UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Begins an array; exactly that many items must follow.
    package mutating func array(_ count: Int) {
        head(4, UInt64(count))
    }

    /// Begins a map; exactly that many pairs must follow, keys ascending.
    package mutating func map(_ count: Int) {
        head(5, UInt64(count))
    }

    /// Writes a truth value.
    package mutating func boolean(_ value: Bool) {
        bytes.append(value ? 0xf5 : 0xf4)
    }

    /// Writes the absence of a value.
    package mutating func null() {
        bytes.append(0xf6)
    }

    /// Writes an item that is already encoded.
    package mutating func encoded(_ item: [UInt8]) {
        bytes.append(contentsOf: item)
    }

    /// Writes a value that knows its own form.
    package mutating func value(_ value: some CBOREncodable) {
        value.encode(to: &self)
    }

    /// Writes an array of values that know their own form.
    package mutating func values(_ values: some Collection<some CBOREncodable>) {
        array(values.count)
        for value in values { value.encode(to: &self) }
    }

    /// Writes a map with small integer keys, of which some may be absent.
    package mutating func fields(_ body: (inout CBORFieldWriter) -> Void) {
        // The fields are written where they belong, behind room for the number of them, which
        // takes one byte in every map that exists.
        let start = bytes.count
        map(0)
        var fields = CBORFieldWriter()
        swap(&self, &fields.writer)
        body(&fields)
        swap(&self, &fields.writer)
        if fields.count < 24 {
            bytes[start] = 5 << 5 | UInt8(fields.count)
        } else {
            var head = CBORWriter()
            head.map(fields.count)
            bytes.replaceSubrange(start...start, with: head.bytes)
        }
    }

    private mutating func head(_ major: UInt8, _ argument: UInt64) {
        let type = major << 5
        switch argument {
        case 0..<24:
            bytes.append(type | UInt8(argument))
        case 24...0xff:
            bytes.append(type | 24)
            bytes.append(UInt8(argument))
        case 0x100...0xffff:
            bytes.append(type | 25)
            appendBigEndian(argument, byteCount: 2)
        case 0x1_0000...0xffff_ffff:
            bytes.append(type | 26)
            appendBigEndian(argument, byteCount: 4)
        default:
            bytes.append(type | 27)
            appendBigEndian(argument, byteCount: 8)
        }
    }

    private mutating func appendBigEndian(_ number: UInt64, byteCount: Int) {
        for shift in stride(from: (byteCount - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
}

/// Collects the fields of a map, keys ascending.
package struct CBORFieldWriter: Sendable {
    fileprivate var writer = CBORWriter()
    fileprivate var count = 0
    private var lastKey: UInt64?

    fileprivate init() {}

    /// Writes one field.
    package mutating func field(_ key: UInt64, _ write: (inout CBORWriter) -> Void) {
        if let lastKey { precondition(key > lastKey, "Fields are written in ascending order.") }
        lastKey = key
        count += 1
        writer.unsigned(key)
        write(&writer)
    }

    /// Writes one field whose value knows its own form; a missing value leaves the field out.
    package mutating func field(_ key: UInt64, _ value: (some CBOREncodable)?) {
        guard let value else { return }
        field(key) { value.encode(to: &$0) }
    }

    /// Writes one field that holds an array; an empty array leaves the field out.
    package mutating func field(_ key: UInt64, list values: [some CBOREncodable]) {
        guard !values.isEmpty else { return }
        field(key) { $0.values(values) }
    }
}

/// A value with one canonical CBOR form.
package protocol CBOREncodable {
    /// Appends the value's form.
    func encode(to writer: inout CBORWriter)
}

/// A value that can be read from its CBOR form.
package protocol CBORDecodable {
    /// Reads the value, and refuses every form but the canonical one.
    init(from reader: inout CBORReader) throws(CodingError)
}

extension CBOREncodable {
    /// The value's canonical bytes.
    package var canonicalBytes: [UInt8] {
        var writer = CBORWriter()
        encode(to: &writer)
        return writer.bytes
    }
}

extension CBORDecodable {
    /// Reads a value that must fill the bytes to the end.
    package init(canonicalBytes bytes: [UInt8]) throws(CodingError) {
        var reader = CBORReader(bytes)
        self = try Self(from: &reader)
        try reader.finish()
    }
}
