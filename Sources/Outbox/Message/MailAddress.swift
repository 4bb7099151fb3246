/// The address of a mailbox, such as `ventas@empresa.com`.
///
/// The grammar is an allow-list: what is not known to be harmless in an envelope, a header and
/// a log is refused. The local part is a dot-atom of RFC 5321, or letters, marks and numbers of
/// any script (which needs a server with SMTPUTF8). Quoted local parts, comments, routes and
/// address literals are refused: almost nobody has one, and servers disagree about them.
package struct MailAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// What precedes the at sign, as typed: only the receiving server knows whether case matters.
    package let local: String
    /// What follows the at sign.
    package let domain: MailDomain

    /// How many bytes a local part may have (RFC 5321 §4.5.3.1.1).
    package static let localByteCountMaximum = 64
    /// How many bytes an address may have, so that its path has at most 256 (§4.5.3.1.3).
    package static let byteCountMaximum = 254

    /// Reads an address that somebody typed.
    ///
    /// - Throws: ``MessageError`` with `badAddress`, `badDomain`, `controlCharacter` or `tooLong`.
    package init(_ typed: String, in field: MessageError.Field) throws(MessageError) {
        try MailText.refuseControls(typed, in: field)
        try MailText.refuseLonger(than: Self.byteCountMaximum, typed, in: field)
        let parts = typed.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isLocalPart(parts[0]) else {
            throw MessageError(.badAddress, in: field, typed: typed)
        }
        guard let domain = MailDomain(String(parts[1])) else {
            throw MessageError(.badDomain, in: field, typed: typed)
        }
        local = MimeLibrary.composed(String(parts[0]))
        self.domain = domain
        // Converting an internationalised domain lengthens it.
        try MailText.refuseLonger(than: Self.byteCountMaximum, text, in: field)
    }

    /// The address as it is written in an envelope.
    package var text: String { "\(local)@\(domain)" }

    /// Whether only a server that offers SMTPUTF8 can take the address.
    package var needsSMTPUTF8: Bool { !local.utf8.allSatisfy { $0 < 0x80 } }

    /// The address as it is written in an envelope.
    package var description: String { text }

    package static func < (a: MailAddress, b: MailAddress) -> Bool { a.text < b.text }

    private static func isLocalPart(_ text: Substring) -> Bool {
        guard (1...localByteCountMaximum).contains(text.utf8.count) else { return false }
        let atoms = text.split(separator: ".", omittingEmptySubsequences: false)
        return atoms.allSatisfy { atom in
            !atom.isEmpty && atom.unicodeScalars.allSatisfy(\.isAddressText)
        }
    }
}

extension Unicode.Scalar {
    /// Whether the character may occur in a local part without quotes.
    fileprivate var isAddressText: Bool {
        guard !isASCII else {
            return UInt8(ascii: self).isASCIILetter || UInt8(ascii: self).isASCIIDigit
                || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(self)
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}
