/// The addresses in a header field such as To, as a program wrote them.
///
/// The grammar is that of RFC 5322 §3.4, groups and comments included. What does not fit it is
/// refused whole: an address that is passed over would be a recipient who gets nothing.
package struct AddressList: Hashable, Sendable {
    /// One address and the name beside it.
    package struct Entry: Hashable, Sendable {
        /// The name in plain text, if there is one.
        package var name: String?
        /// What stands for the address: `ana@example.com`, or a name of this machine such as
        /// `root`.
        package var address: String
    }

    fileprivate enum Token: Hashable {
        case word(String)
        case quoted(String)
        case angle(String)
        case comma, colon, semicolon
    }

    package private(set) var entries: [Entry] = []

    /// Reads a field's value, or answers nil.
    package init?(_ text: String) {
        guard let tokens = Self.tokens(text) else { return nil }
        var words: [Token] = []
        var isInGroup = false
        for token in tokens {
            switch token {
            case .word, .quoted, .angle: words.append(token)
            case .colon:
                // The name of a group is for people only.
                guard !isInGroup, !words.isEmpty, !words.contains(where: \.isAngle) else {
                    return nil
                }
                isInGroup = true
                words = []
            case .comma, .semicolon:
                guard take(&words) else { return nil }
                if token == .semicolon {
                    guard isInGroup else { return nil }
                    isInGroup = false
                }
            }
        }
        guard take(&words), !isInGroup else { return nil }
    }

    /// Makes an entry of what stands between two commas; nothing is no entry.
    private mutating func take(_ words: inout [Token]) -> Bool {
        defer { words = [] }
        guard let last = words.last else { return true }
        if case .angle(let address) = last {
            guard !words.dropLast().contains(where: \.isAngle) else { return false }
            let name = words.dropLast().map(\.text).joined(separator: " ")
            entries.append(
                Entry(
                    name: name.isEmpty ? nil : MimeArrival.decodedPhrase(name), address: address))
            return true
        }
        // Without angle brackets the address is a single word.
        guard words.count == 1, case .word(let address) = last else { return false }
        entries.append(Entry(name: nil, address: address))
        return true
    }

    private static func tokens(_ text: String) -> [Token]? {
        var tokens: [Token] = []
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            switch first {
            case " ", "\t": rest.removeFirst()
            case ",": rest.removeFirst(); tokens.append(.comma)
            case ":": rest.removeFirst(); tokens.append(.colon)
            case ";": rest.removeFirst(); tokens.append(.semicolon)
            case "(": guard skipComment(&rest) else { return nil }
            case "\"":
                guard let inside = enclosed(&rest, end: "\"") else { return nil }
                tokens.append(.quoted(inside))
            case "<":
                guard let inside = enclosed(&rest, end: ">") else { return nil }
                tokens.append(.angle(inside.filter { $0 != " " && $0 != "\t" }))
            case ">", ")", "\\": return nil
            default:
                let word = rest.prefix { !" \t,:;()\"<>\\".unicodeScalars.contains($0) }
                rest = rest.dropFirst(word.count)
                tokens.append(.word(String(word)))
            }
        }
        return tokens
    }

    /// Takes what stands up to a closing character, which a backslash hides.
    private static func enclosed(
        _ rest: inout Substring.UnicodeScalarView, end: Unicode.Scalar
    ) -> String? {
        rest.removeFirst()
        var inside = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == end { return String(inside) }
            if scalar == "\\", let next = rest.popFirst() {
                inside.append(next)
            } else {
                inside.append(scalar)
            }
        }
        return nil
    }

    private static func skipComment(_ rest: inout Substring.UnicodeScalarView) -> Bool {
        var depth = 0
        while let scalar = rest.popFirst() {
            switch scalar {
            case "(": depth += 1
            case ")": depth -= 1
            case "\\": _ = rest.popFirst()
            default: break
            }
            if depth == 0 { return true }
        }
        return false
    }
}

extension AddressList.Token {
    fileprivate var isAngle: Bool { if case .angle = self { true } else { false } }

    fileprivate var text: String {
        switch self {
        case .word(let text), .quoted(let text), .angle(let text): text
        case .comma, .colon, .semicolon: ""
        }
    }
}
