import CSQLite

/// A database of SQLite without any encryption, to compare with and to prove that a watch sees.
final class PlainDatabase {
    struct Failure: Error {
        let code: Int32
        let words: String
    }

    private var handle: OpaquePointer?

    /// Opens a database in memory, or on a disk that SQLite knows by name.
    init(path: String = ":memory:", on disk: String? = nil) throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let result = sqlite3_open_v2(path, &handle, flags, disk)
        guard result == SQLITE_OK else { throw Failure(code: result, words: "opening") }
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// How many rows were inserted, changed or deleted so far.
    var changes: Int { Int(sqlite3_total_changes64(handle)) }

    /// Executes statements, and returns the first column of their rows.
    @discardableResult
    func run(_ sql: String) throws -> [String] {
        var texts: [String] = []
        let result = withUnsafeMutablePointer(to: &texts) { texts in
            sqlite3_exec(handle, sql, collect, texts, nil)
        }
        guard result == SQLITE_OK else {
            throw Failure(code: result, words: String(cString: sqlite3_errmsg(handle)))
        }
        return texts
    }
}

private func collect(
    _ context: UnsafeMutableRawPointer?, _ count: Int32,
    _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    let texts = context?.assumingMemoryBound(to: [String].self)
    texts?.pointee.append(values?[0].map { String(cString: $0) } ?? "NULL")
    return SQLITE_OK
}
