/// Names and values in the encoding of queries and forms.
///
/// Order and repetition are kept. At most ``countMaximum`` are read.
package struct HTTPParameters: Hashable, Sendable {
    /// How many parameters are read before the whole is refused.
    package static let countMaximum = 256

    private let pairs: [HTTPRequest.Field]

    /// Decodes `a=1&b=two+words`.
    ///
    /// A broken escape, text that is not UTF-8, a control character other than tab and line end, or
    /// too many parameters give nothing.
    package init?(encoded text: String) {
        var pairs: [HTTPRequest.Field] = []
        for part in text.utf8.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < Self.countMaximum else { return nil }
            let halves = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = halves.first.flatMap(Self.decode),
                let value = halves.count == 2 ? Self.decode(halves[1]) : ""
            else { return nil }
            pairs.append(HTTPRequest.Field(name, value))
        }
        self.pairs = pairs
    }

    /// The first value of a name.
    package subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// Every value of a name, in order.
    package func values(of name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    private static func decode(_ text: Substring.UTF8View) -> String? {
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        guard let bytes = PercentEncoding.decode(spaced),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 })
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// The encoding of bytes as `%` and two hexadecimal digits.
package enum PercentEncoding {
    /// Decodes, or returns nothing when an escape is broken.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(value), let low = rest.next().flatMap(value)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
