import SyncCore

/// Any item of deterministic CBOR, read by rules written down once more.
///
/// It shares no code with the product's reader, which must accept and refuse the same.
indirect enum CBORItem {
    case number(major: UInt8, UInt64)
    case string(major: UInt8, [UInt8])
    case list(major: UInt8, [CBORItem])
    case simple(UInt8)

    private static let depthMaximum = 16

    /// Compares the product's reader with this one, and what is written with what was read.
    static func check(_ bytes: [UInt8]) -> String? {
        var reader = CBORReader(bytes)
        let isTaken: Bool
        do throws(CodingError) {
            try reader.skip()
            isTaken = reader.isAtEnd
        } catch {
            isTaken = false
        }
        var rest = bytes[...]
        let item = CBORItem(from: &rest, depth: 0)
        let isItem = item != nil && rest.isEmpty
        guard isTaken == isItem else {
            return isTaken ? "an item was taken that is none" : "an item was refused"
        }
        guard let item, isItem else { return nil }
        var writer = CBORWriter()
        item.write(to: &writer)
        return writer.bytes == bytes ? nil : "an item is written in another way than it was read"
    }

    private init?(from bytes: inout ArraySlice<UInt8>, depth: Int) {
        guard depth < Self.depthMaximum, let first = bytes.popFirst() else { return nil }
        let major = first >> 5
        if major == 7 {
            guard (0xf4...0xf6).contains(first) else { return nil }
            self = .simple(first)
            return
        }
        guard major <= 5, let argument = Self.argument(first & 31, &bytes) else { return nil }
        switch major {
        case 0, 1: self = .number(major: major, argument)
        case 2, 3:
            guard argument <= UInt64(bytes.count) else { return nil }
            self = .string(major: major, Array(bytes.prefix(Int(argument))))
            bytes = bytes.dropFirst(Int(argument))
        default:
            guard argument <= UInt64(bytes.count) else { return nil }
            var items: [CBORItem] = []
            for _ in 0..<argument * (major == 5 ? 2 : 1) {
                guard let item = CBORItem(from: &bytes, depth: depth + 1) else { return nil }
                items.append(item)
            }
            self = .list(major: major, items)
        }
    }

    private static func argument(_ short: UInt8, _ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        guard short >= 24 else { return UInt64(short) }
        guard short <= 27 else { return nil }
        let count = 1 << Int(short - 24)
        guard bytes.count >= count else { return nil }
        let value = bytes.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
        bytes = bytes.dropFirst(count)
        let bound: UInt64 = [24, 1 << 8, 1 << 16, 1 << 32][Int(short - 24)]
        return value >= bound ? value : nil
    }

    private func write(to writer: inout CBORWriter) {
        switch self {
        case .number(0, let value): writer.unsigned(value)
        case .number(_, let value):
            // Numbers below what 64 bits hold have no Swift type; their bytes are spelled out.
            if value <= UInt64(Int64.max) {
                writer.signed(~Int64(value))
            } else {
                writer.encoded(
                    [0x3b] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
                )
            }
        case .string(2, let bytes): writer.byteString(bytes)
        case .string(_, let bytes):
            var head = CBORWriter()
            head.byteString(bytes)
            var spelled = head.bytes
            spelled[0] |= 0x20
            writer.encoded(spelled)
        case .list(4, let items):
            writer.array(items.count)
            for item in items { item.write(to: &writer) }
        case .list(_, let items):
            writer.map(items.count / 2)
            for item in items { item.write(to: &writer) }
        case .simple(0xf6): writer.null()
        case .simple(let byte): writer.boolean(byte == 0xf5)
        }
    }
}
