/// What a configuration field holds.
package enum RegisterValue: Hashable, Sendable {
    /// The field was emptied.
    case none
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    case bytes([UInt8])
    case list([String])

    /// How many bytes a text or byte string may have.
    package static let byteCountMaximum = 64 * 1024
    /// How many items a list may have.
    package static let itemsMaximum = 256

    /// The text, if it is one.
    package var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The number, if it is one.
    package var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The bytes, if it is a byte string.
    package var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    /// The items, if it is a list.
    package var list: [String]? {
        guard case .list(let items) = self else { return nil }
        return items
    }
}

extension RegisterValue: CBOREncodable, CBORDecodable {
    private enum Kind: UInt64 {
        case none = 0
        case text = 1
        case integer = 2
        case boolean = 3
        case bytes = 4
        case list = 5
    }

    package func encode(to writer: inout CBORWriter) {
        writer.array(2)
        switch self {
        case .none:
            writer.unsigned(Kind.none.rawValue)
            writer.null()
        case .text(let text):
            writer.unsigned(Kind.text.rawValue)
            writer.text(text)
        case .integer(let number):
            writer.unsigned(Kind.integer.rawValue)
            writer.signed(number)
        case .boolean(let value):
            writer.unsigned(Kind.boolean.rawValue)
            writer.boolean(value)
        case .bytes(let bytes):
            writer.unsigned(Kind.bytes.rawValue)
            writer.byteString(bytes)
        case .list(let items):
            writer.unsigned(Kind.list.rawValue)
            writer.values(items)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2, let kind = Kind(rawValue: try reader.unsigned())
        else { throw CodingError(.value, in: "register value") }
        switch kind {
        case .none:
            guard reader.nullIfPresent() else { throw CodingError(.value, in: "register value") }
            self = .none
        case .text: self = .text(try reader.text(maximum: Self.byteCountMaximum))
        case .integer: self = .integer(try reader.signed())
        case .boolean: self = .boolean(try reader.boolean())
        case .bytes: self = .bytes(try reader.byteString(maximum: Self.byteCountMaximum))
        case .list: self = .list(try reader.values(maximum: Self.itemsMaximum))
        }
    }
}
