/// A person or role with an address, such as `Juan Pérez <juan@empresa.com>`.
package struct Mailbox: Hashable, Sendable {
    /// The name shown beside the address.
    ///
    /// Never empty.
    package let name: String?
    /// Where the mail goes.
    package let address: MailAddress

    /// How many bytes a name may have.
    package static let nameByteCountMaximum = 256

    /// Joins a name and an address.
    ///
    /// - Throws: ``MessageError`` with `controlCharacter` or `tooLong`, about the name.
    package init(
        name: String?, address: MailAddress, in field: MessageError.Field
    ) throws(MessageError) {
        let name = name.map(Self.trimmed) ?? ""
        try MailText.refuseControls(name, in: field)
        try MailText.refuseLonger(than: Self.nameByteCountMaximum, name, in: field)
        self.name = name.isEmpty ? nil : name
        self.address = address
    }

    /// Reads a mailbox that somebody typed: an address alone, or a name and `<address>`.
    ///
    /// ```swift
    /// try Mailbox("Juan Pérez <juan@empresa.com>", in: .to).name  // "Juan Pérez"
    /// try Mailbox(#""Pérez, Juan" <juan@empresa.com>"#, in: .to).name  // "Pérez, Juan"
    /// ```
    ///
    /// - Throws: ``MessageError`` with `badAddress`, `badDomain`, `controlCharacter` or `tooLong`.
    package init(_ typed: String, in field: MessageError.Field) throws(MessageError) {
        try MailText.refuseControls(typed, in: field)
        let text = Self.trimmed(typed)
        guard text.last == ">", let opening = text.lastIndex(of: "<") else {
            try self.init(name: nil, address: MailAddress(text, in: field), in: field)
            return
        }
        let inside = text[text.index(after: opening)...].dropLast()
        guard let name = Self.unquoted(Self.trimmed(String(text[..<opening]))) else {
            throw MessageError(.badAddress, in: field, typed: typed)
        }
        let address = try MailAddress(Self.trimmed(String(inside)), in: field)
        try self.init(name: name, address: address, in: field)
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.firstIndex(where: { $0 != " " }),
            let last = text.lastIndex(where: { $0 != " " })
        else { return "" }
        return String(text[first...last])
    }

    /// Takes the quotes off a name.
    ///
    /// A name that is not quoted may hold no character with a meaning of its own between mailboxes,
    /// so that two mailboxes are never read as one.
    private static func unquoted(_ name: String) -> String? {
        guard name.first == "\"" else {
            return name.contains { "<>\"@,;:\\".contains($0) } ? nil : name
        }
        var result = ""
        var escaped = false
        for character in name.dropFirst().dropLast() {
            switch (escaped, character) {
            case (false, "\\"): escaped = true
            case (false, "\""): return nil
            case (_, let character):
                result.append(character)
                escaped = false
            }
        }
        return name.count >= 2 && name.last == "\"" && !escaped ? result : nil
    }
}

extension Mailbox: CustomStringConvertible {
    /// The mailbox as a person would write it.
    package var description: String {
        guard let name else { return address.text }
        return "\(name) <\(address)>"
    }
}
