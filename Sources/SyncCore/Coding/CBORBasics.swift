/// The longest text that a field may hold unless its reader says otherwise.
private let textBytesMaximum = 64 * 1024
/// The end of the year 9999, in milliseconds since 1970.
private let timestampMagnitudeMaximum: UInt64 = 253_402_300_799_999

extension UInt64: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.unsigned(self) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        self = try reader.unsigned()
    }
}

extension Int: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.signed(Int64(self)) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        self = Int(try reader.signed())
    }
}

extension Bool: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.boolean(self) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        self = try reader.boolean()
    }
}

extension String: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.text(self) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        self = try reader.text(maximum: textBytesMaximum)
    }
}

extension Timestamp: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.signed(milliseconds) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        let milliseconds = try reader.signed(in: "time")
        // Beyond the years that can be shown, and where differences would overflow.
        guard milliseconds.magnitude <= timestampMagnitudeMaximum else {
            throw CodingError(.limit, in: "time")
        }
        self.init(milliseconds: milliseconds)
    }
}

extension Digest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.digest(self) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let digest = Digest(bytes: try reader.byteString(count: Digest.byteCount)) else {
            throw CodingError(.value, in: "digest")
        }
        self = digest
    }
}

/// A byte string as a value of its own, so that it is not mistaken for an array of numbers.
package struct Bytes: Hashable, Sendable, CBOREncodable, CBORDecodable {
    /// The bytes.
    package let bytes: [UInt8]

    /// The longest byte string that may be read this way.
    package static let countMaximum = 32 * 1024 * 1024

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func encode(to writer: inout CBORWriter) { writer.byteString(bytes) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        bytes = try reader.byteString(maximum: Self.countMaximum)
    }
}
