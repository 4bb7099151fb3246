import CSQLite

/// A compiled SQL statement.
///
/// The statement owns SQLite's handle and finalizes it when the last reference goes. It must go
/// before its ``Connection`` closes, which is why only the connection keeps statements.
final class Statement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let path: String

    /// The SQL, without values.
    var sql: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }

    /// Whether executing it cannot change the database.
    var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    /// Compiles a statement, which must be exactly one.
    ///
    /// - Throws: ``StorageError`` if the SQL is not valid for the current schema.
    init(_ sql: String, on connection: OpaquePointer, path: String) throws(StorageError) {
        var compiled: OpaquePointer?
        let result = sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard result == SQLITE_OK, let compiled else {
            throw StorageError(result, on: connection, path: path)
        }
        handle = compiled
        self.connection = connection
        self.path = path
    }

    deinit {
        // The result repeats the error of the last step, which has already been thrown.
        sqlite3_finalize(handle)
    }

    /// Sets every parameter, in order.
    func bind(_ values: [SQLValue]) throws(StorageError) {
        precondition(
            values.count == Int(sqlite3_bind_parameter_count(handle)),
            "A statement takes as many values as it has parameters.")
        for (index, value) in values.enumerated() {
            let result = bind(value, at: Int32(index + 1))
            guard result == SQLITE_OK else {
                throw StorageError(result, on: connection, path: path)
            }
        }
    }

    /// Advances to the next row, and returns whether there is one.
    func step() throws(StorageError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result: throw StorageError(result, on: connection, path: path)
        }
    }

    /// Lends the current row.
    ///
    /// - Throws: What the body throws, or ``StorageError`` if there was no memory for a value,
    ///   which the body saw as an empty one.
    func withRow<Value>(_ body: (borrowing Row) throws -> Value) throws -> Value {
        let value = try body(Row(of: handle))
        let result = sqlite3_errcode(connection)
        guard result != SQLITE_NOMEM else {
            throw StorageError(result, on: connection, path: path)
        }
        return value
    }

    /// Makes the statement ready for another use, and forgets its values.
    func reset() {
        // Both results repeat errors that have already been thrown.
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // SQLite copies text and bytes before it returns, so no pointer outlives its call.
    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(handle, index)
        case .number(let number):
            return sqlite3_bind_int64(handle, index, number)
        case .text(let text):
            return sqlite3_bind_text64(
                handle, index, text, UInt64(text.utf8.count), csqlite_transient(),
                UInt8(SQLITE_UTF8))
        case .bytes(let bytes):
            // A nil pointer would bind null instead of an empty value.
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
            return sqlite3_bind_blob64(
                handle, index, bytes, UInt64(bytes.count), csqlite_transient())
        }
    }
}
