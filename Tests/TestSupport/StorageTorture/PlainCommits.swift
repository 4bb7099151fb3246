import CSQLite

/// Commits to a database of SQLite without any encryption as cheaply as SQLite can: one statement,
/// compiled once, which is its own transaction.
package final class PlainCommits {
    private struct Failure: Error {
        let result: Int32
    }

    private var handle: OpaquePointer?
    private var addition: OpaquePointer?

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - preparation: Statements that are executed first.
    ///   - sql: The statement that is executed each time; it takes one number.
    /// - Throws: What SQLite answers.
    package init(path: String, preparation: [String], addition sql: String) throws {
        try Self.check(sqlite3_open(path, &handle))
        for sql in preparation { try Self.check(sqlite3_exec(handle, sql, nil, nil, nil)) }
        try Self.check(sqlite3_prepare_v2(handle, sql, -1, &addition, nil))
    }

    deinit {
        sqlite3_finalize(addition)
        sqlite3_close(handle)
    }

    /// Executes the statement with a number.
    package func add(_ number: Int) throws {
        sqlite3_bind_int64(addition, 1, Int64(number))
        let result = sqlite3_step(addition)
        guard result == SQLITE_DONE else { throw Failure(result: result) }
        sqlite3_reset(addition)
    }

    private static func check(_ result: Int32) throws {
        guard result == SQLITE_OK else { throw Failure(result: result) }
    }
}
