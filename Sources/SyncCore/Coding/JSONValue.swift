/// A value that a program reads; its text is the same for the same value, always.
///
/// Keys stand in the order in which they were given, so that output can be compared.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object(KeyValuePairs)

    /// The members of an object, in order.
    package struct KeyValuePairs: Hashable, Sendable, ExpressibleByDictionaryLiteral {
        package var pairs: [Pair]

        /// One member of an object.
        package struct Pair: Hashable, Sendable {
            package let key: String
            package let value: JSONValue
        }

        package init(dictionaryLiteral elements: (String, JSONValue)...) {
            pairs = elements.map { Pair(key: $0.0, value: $0.1) }
        }

        /// Adds a member at the end.
        package mutating func append(_ key: String, _ value: JSONValue) {
            pairs.append(Pair(key: key, value: value))
        }
    }

    /// The value on one line.
    package var text: String {
        var text = ""
        append(to: &text)
        return text
    }

    /// A string, or null.
    package static func optional(_ string: String?) -> JSONValue {
        string.map { .string($0) } ?? .null
    }

    private func append(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .string(let value): Self.append(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.append(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.pairs.enumerated() {
                if index > 0 { text += "," }
                Self.append(member.key, to: &text)
                text += ":"
                member.value.append(to: &text)
            }
            text += "}"
        }
    }

    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // Line separators end a line in JavaScript; DEL to U+009F steer old terminals.
            case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var members: KeyValuePairs = [:]
        for (key, value) in elements { members.append(key, value) }
        self = .object(members)
    }
}
