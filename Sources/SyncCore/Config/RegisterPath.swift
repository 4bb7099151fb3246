/// The name of one configuration field, such as `user/juan/name`.
///
/// One to six parts separated by `/`; each part is 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`.
package struct RegisterPath: Hashable, Comparable, Sendable {
    /// The whole name.
    package let text: String

    /// How many parts a name may have.
    package static let partsMaximum = 6
    /// How many bytes a part may have.
    package static let partByteCountMaximum = 64

    /// Takes a name that somebody typed or sent, if it has the form of one.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...Self.partsMaximum).contains(parts.count),
            parts.allSatisfy({ part in
                !part.isEmpty && part.utf8.count <= Self.partByteCountMaximum
                    && part.utf8.allSatisfy(Self.isAllowed)
            })
        else { return nil }
        self.text = text
    }

    /// Joins parts that the program chose or that are identifiers.
    package init(_ parts: String...) {
        guard let path = RegisterPath(parts.joined(separator: "/")) else {
            preconditionFailure("The parts of a register's path come from identifiers.")
        }
        self = path
    }

    /// The parts between the slashes.
    package var parts: [String] { text.split(separator: "/").map(String.init) }

    package static func < (a: RegisterPath, b: RegisterPath) -> Bool { a.text < b.text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}

extension RegisterPath: CustomStringConvertible {
    /// The whole name.
    package var description: String { text }
}

extension RegisterPath: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.text(text) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        let maximum = Self.partsMaximum * (Self.partByteCountMaximum + 1)
        guard let path = RegisterPath(try reader.text(maximum: maximum, in: "register")) else {
            throw CodingError(.value, in: "register")
        }
        self = path
    }
}
