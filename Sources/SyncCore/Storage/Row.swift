import CSQLite

/// The row that a statement stands on, columns counted from 0.
///
/// A row lives only as long as the closure it is lent to, and cannot be copied out of it. A
/// column that is null where its accessor does not allow it is a programming error and traps:
/// the file is authenticated, so only this program can have written it.
package struct Row: ~Copyable {
    private let handle: OpaquePointer

    init(of handle: OpaquePointer) {
        self.handle = handle
    }

    /// Whether the column is null.
    package func isNull(_ column: Int) -> Bool {
        precondition(
            column >= 0 && column < Int(sqlite3_column_count(handle)), "The row has no such column."
        )
        return sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }

    /// The column as a number.
    package func integer(_ column: Int) -> Int {
        requireValue(column)
        return Int(sqlite3_column_int64(handle, Int32(column)))
    }

    /// The column as the 64 bits that ``SQLValue/init(bits:)`` stored.
    package func bits(_ column: Int) -> UInt64 {
        UInt64(bitPattern: Int64(integer(column)))
    }

    /// The column as a truth value: anything but 0 is true.
    package func boolean(_ column: Int) -> Bool {
        integer(column) != 0
    }

    /// The column as text.
    package func text(_ column: Int) -> String {
        requireValue(column)
        guard let start = sqlite3_column_text(handle, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The column as bytes.
    package func bytes(_ column: Int) -> [UInt8] {
        requireValue(column)
        // SQLite answers nil for an empty value.
        guard let start = sqlite3_column_blob(handle, Int32(column)) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The column as a number, or nil for null.
    package func optionalInteger(_ column: Int) -> Int? {
        isNull(column) ? nil : integer(column)
    }

    /// The column as text, or nil for null.
    package func optionalText(_ column: Int) -> String? {
        isNull(column) ? nil : text(column)
    }

    /// The column as bytes, or nil for null.
    package func optionalBytes(_ column: Int) -> [UInt8]? {
        isNull(column) ? nil : bytes(column)
    }

    private func requireValue(_ column: Int) {
        precondition(!isNull(column), "Column \(column) is null, which its reader does not allow.")
    }
}
