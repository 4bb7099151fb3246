/// Compiled statements that are not in use, by their SQL.
///
/// A statement is taken out while it runs, so the same SQL can run inside its own row body.
struct StatementCache {
    /// How many statements are kept; the program has fewer, unless some code builds SQL anew
    /// for each call.
    static let countMaximum = 256

    private var statements: [String: Statement] = [:]

    /// Takes a statement out.
    mutating func take(_ sql: String) -> Statement? {
        statements.removeValue(forKey: sql)
    }

    /// Puts a statement back, ready for another use.
    mutating func put(_ statement: Statement, for sql: String) {
        statement.reset()
        if statements.count >= Self.countMaximum { statements.removeAll(keepingCapacity: true) }
        statements[sql] = statement
    }

    /// Finalizes every statement.
    mutating func removeAll() {
        statements.removeAll()
    }
}
