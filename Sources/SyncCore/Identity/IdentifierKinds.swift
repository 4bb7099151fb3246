/// A name of 16 bytes that nobody chose, shown as 26 characters of base 32.
package protocol RandomIdentifier: Hashable, Comparable, Sendable, CBOREncodable, CBORDecodable,
    CustomStringConvertible
{
    /// The 16 bytes.
    var bytes: [UInt8] { get }
    /// Takes bytes whose number was checked.
    init(validated bytes: [UInt8])
}

extension RandomIdentifier {
    /// How many bytes a name has.
    package static var byteCount: Int { 16 }

    /// Makes a new name.
    package init(randomFrom environment: Environment) {
        self.init(validated: environment.randomBytes(Self.byteCount))
    }

    /// Takes bytes that were received; another number than 16 is refused.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(validated: bytes)
    }

    /// Reads the form that ``description`` shows.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Base32.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    package static func < (a: Self, b: Self) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }

    /// The name in base 32.
    package var description: String { Base32.encode(bytes) }

    package func encode(to writer: inout CBORWriter) { writer.byteString(bytes) }

    package init(from reader: inout CBORReader) throws(CodingError) {
        self.init(validated: try reader.byteString(count: Self.byteCount))
    }
}

/// A short name that an administrator chose: 1 to 40 of `a-z`, `0-9`, `-`, `_` and `.`, beginning
/// with a letter or digit.
///
/// It is never reused for something else.
package protocol ChosenIdentifier: Hashable, Comparable, Sendable, CBOREncodable, CBORDecodable,
    CustomStringConvertible
{
    /// The name.
    var text: String { get }
    /// Takes a name whose form was checked.
    init(validated text: String)
}

extension ChosenIdentifier {
    /// How many bytes a name may have.
    package static var byteCountMaximum: Int { 40 }

    /// Takes a name that somebody typed or sent, if it has the form of one.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= Self.byteCountMaximum,
            first.isLowerCaseLetterOrDigit,
            bytes.allSatisfy({ $0.isLowerCaseLetterOrDigit || "-_.".utf8.contains($0) })
        else { return nil }
        self.init(validated: text)
    }

    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }

    /// The name itself.
    package var description: String { text }

    package func encode(to writer: inout CBORWriter) { writer.text(text) }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let name = Self(try reader.text(maximum: Self.byteCountMaximum)) else {
            throw CodingError(.value, in: "\(Self.self)")
        }
        self = name
    }
}

extension UInt8 {
    fileprivate var isLowerCaseLetterOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
