/// A domain that can receive mail, in the ASCII form that the DNS and SMTP use.
///
/// An internationalised name is converted (`año.mx` becomes `xn--ao-zja.mx`); an address
/// literal such as `[192.0.2.1]` is refused, and so is a name without a dot, which is almost
/// always a typing error. `localhost` is the exception, for tests and local relays.
package struct MailDomain: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name, in lower-case ASCII.
    package let text: String

    /// How many bytes a name may have (RFC 1035, without the root's dot).
    package static let byteCountMaximum = 253

    /// How many bytes one label may have.
    private static let labelByteCountMaximum = 63

    /// Reads a domain that somebody typed or configured, or answers `nil`.
    package init?(_ typed: String) {
        guard !typed.isEmpty, typed.utf8.count <= Self.byteCountMaximum,
            typed.unicodeScalars.allSatisfy({ !$0.isControl && !$0.isInvisibleFormat })
        else { return nil }
        var name = typed.lowercased()
        if !name.utf8.allSatisfy({ $0 < 0x80 }) {
            guard let converted = MimeLibrary.asciiDomain(of: name) else { return nil }
            name = converted
        }
        guard Self.isHostName(name) else { return nil }
        text = name
    }

    package static func < (a: MailDomain, b: MailDomain) -> Bool { a.text < b.text }

    /// The name itself.
    package var description: String { text }

    private static func isHostName(_ name: String) -> Bool {
        if name == "localhost" { return true }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= byteCountMaximum, labels.count >= 2, let last = labels.last,
            !last.allSatisfy(\.isASCIIDigit)
        else { return false }
        return labels.allSatisfy { label in
            (1...labelByteCountMaximum).contains(label.count)
                && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy {
                    $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-")
                }
        }
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}
