/// A value that a statement's parameter takes.
///
/// ```swift
/// try connection.run("INSERT INTO mail VALUES (?, ?, ?)", .integer(id), .bytes(body), .null)
/// ```
package enum SQLValue: Hashable, Sendable {
    /// The absence of a value.
    case null
    /// A signed number of 64 bits; write it with ``integer(_:)``.
    case number(Int64)
    /// A text.
    case text(String)
    /// A sequence of bytes.
    case bytes([UInt8])

    /// A whole number of any width.
    ///
    /// SQLite's numbers are signed: one above `Int64.max` is a programming error and traps. Store
    /// 64 random bits with ``init(bits:)``.
    package static func integer(_ number: some BinaryInteger) -> SQLValue {
        guard let number = Int64(exactly: number) else {
            preconditionFailure("SQLite stores signed numbers of 64 bits only.")
        }
        return .number(number)
    }

    /// All 64 bits of an unsigned number; ``Row/bits(_:)`` reads them back.
    package init(bits: UInt64) {
        self = .number(Int64(bitPattern: bits))
    }

    /// A truth value, stored as 0 or 1.
    package static func boolean(_ value: Bool) -> SQLValue {
        .number(value ? 1 : 0)
    }

    /// A whole number, or null.
    package static func optionalInteger(_ number: (some BinaryInteger)?) -> SQLValue {
        number.map { .integer($0) } ?? .null
    }

    /// A text, or null.
    package static func optionalText(_ text: String?) -> SQLValue {
        text.map { .text($0) } ?? .null
    }

    /// A sequence of bytes, or null.
    package static func optionalBytes(_ bytes: [UInt8]?) -> SQLValue {
        bytes.map { .bytes($0) } ?? .null
    }
}
