/// One field of the header of a mail that a program wrote.
struct HeaderField: Hashable, Sendable {
    /// The name, as it was written.
    let name: String
    /// What follows the colon, folds included, without the last line end.
    var body: [UInt8]

    /// The name as it is compared.
    var key: String { name.lowercased() }

    /// What follows the colon, on one line, without outer blanks.
    var value: [UInt8] {
        let line = body.filter { $0 != 0x0D && $0 != 0x0A }
        let start = line.firstIndex { !$0.isBlank } ?? line.endIndex
        let end = line.lastIndex { !$0.isBlank } ?? start
        return start == line.endIndex ? [] : Array(line[start...end])
    }

    /// The value as text, or nil if it is not UTF-8.
    var text: String? { String(validating: value, as: UTF8.self) }

    /// The field as it stands in a mail.
    var lines: [UInt8] { Array("\(name):".utf8) + body + [0x0D, 0x0A] }

    /// Whether every byte is ASCII.
    var isASCII: Bool { body.allSatisfy { $0 < 0x80 } }

    /// How many bytes the longest line has.
    var lineByteCount: Int {
        lines.split(separator: 0x0A).map { $0.last == 0x0D ? $0.count - 1 : $0.count }.max() ?? 0
    }
}

/// The header of a mail that a program wrote, and where its body begins.
struct ArrivedHeader: Sendable {
    var fields: [HeaderField] = []
    /// The body, in lines that end with CRLF.
    private(set) var body: ArraySlice<UInt8>

    /// How many bytes and fields a header may have.
    static let byteCountMaximum = 256 * 1024
    static let fieldsMaximum = 1000

    /// Reads a mail whose lines end with CRLF.
    ///
    /// A first line that is not a field means that there is no header at all, as with
    /// `echo hola | sendmail ana@example.com`. A separator of mailbox files (`From ana …`) in
    /// front is dropped.
    ///
    /// - Throws: ``IntakeError``.
    init(_ bytes: [UInt8]) throws(IntakeError) {
        var rest = bytes[...]
        if rest.starts(with: Self.mailboxLine) { _ = Self.takeLine(&rest) }
        body = rest
        var number = 0
        while let line = Self.takeLine(&rest), !line.isEmpty {
            number += 1
            if line[line.startIndex].isBlank, let last = fields.indices.last {
                fields[last].body += [0x0D, 0x0A] + line
            } else if let field = Self.field(line) {
                fields.append(field)
            } else if number == 1 {
                return
            } else {
                throw IntakeError(.badHeaderLine(number))
            }
            guard fields.count <= Self.fieldsMaximum, rest.startIndex <= Self.byteCountMaximum
            else { throw IntakeError(.headerTooLarge(limit: Self.byteCountMaximum)) }
        }
        body = rest
        for field in fields { try Self.check(field) }
    }

    /// Every field of a name, in order.
    func all(_ key: String) -> [HeaderField] { fields.filter { $0.key == key } }

    /// The only field of a name, if it is there.
    ///
    /// - Throws: ``IntakeError`` if there are several: programs disagree about which counts.
    func only(_ key: String) throws(IntakeError) -> HeaderField? {
        let found = all(key)
        if found.count > 1 { throw IntakeError(.duplicate(found[0].name)) }
        return found.first
    }

    mutating func remove(_ keys: Set<String>) {
        fields.removeAll { keys.contains($0.key) }
    }

    private static let mailboxLine = Array("From ".utf8)

    /// Takes a line without its end, or nil behind the last.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        guard let end = rest.firstIndex(of: 0x0A) else {
            defer { rest = [] }
            return rest
        }
        defer { rest = rest[(end + 1)...] }
        let line = rest[..<end]
        return line.last == 0x0D ? line.dropLast() : line
    }

    private static func field(_ line: ArraySlice<UInt8>) -> HeaderField? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        // Blanks before the colon are obsolete, and mean nothing.
        var name = line[..<colon]
        while name.last?.isBlank == true { name.removeLast() }
        guard !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return HeaderField(
            name: String(decoding: name, as: UTF8.self), body: Array(line[(colon + 1)...]))
    }

    private static func check(_ field: HeaderField) throws(IntakeError) {
        let value = field.value
        guard let text = String(validating: value, as: UTF8.self) else {
            throw IntakeError(.notUTF8(field.name))
        }
        for scalar in text.unicodeScalars where scalar.isControl && scalar != "\t" {
            throw IntakeError(.controlCharacter(field.name))
        }
    }
}

extension UInt8 {
    /// Whether the byte is a space or a tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }
}
