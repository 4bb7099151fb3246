import CSQLite

/// How far a copy of a database has come.
package struct BackupProgress: Hashable, Sendable {
    /// How many pages the database has now; it may grow meanwhile.
    package let pageCount: Int
    /// How many of them are not copied yet.
    package let remainingCount: Int
    /// Whether the copy is complete, and equal to the database as it is at this moment.
    package let isDone: Bool

    package init(pageCount: Int, remainingCount: Int, isDone: Bool) {
        self.pageCount = pageCount
        self.remainingCount = remainingCount
        self.isDone = isDone
    }
}

/// A copy of an open database under way, made a few pages at a time (SQLite's backup API).
///
/// Between two steps the database is used as ever. What its connection writes to a page that was
/// copied already is written to the copy too, so the copy is one state of the database when it
/// is done, and nothing before.
final class OnlineBackup {
    private let target: OpaquePointer
    private let path: String
    private var backup: OpaquePointer?

    /// The settings of the copy's connection.
    ///
    /// The copy is thrown away if anything fails, so it needs no journal, and whoever asked for
    /// it syncs the file at the end, where nobody waits for that. Its pages must not wait for
    /// the end in memory; the bug that speaks against spilling concerns the log, and there is
    /// none.
    private static let pragmas = [
        "PRAGMA temp_store = MEMORY", "PRAGMA mmap_size = 0", "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = 256",
        "PRAGMA cache_spill = ON",
    ]

    /// Begins a copy into a new file, which must not exist.
    ///
    /// - Parameters:
    ///   - source: The handle of the database; it must outlive this object.
    ///   - path: The new file.
    ///   - key: The key that encrypts the copy.
    ///   - fileSystem: The file system, which encrypts.
    /// - Throws: ``StorageError`` if the file cannot be made.
    init(
        of source: OpaquePointer, to path: String, key: SecretBytes,
        through fileSystem: EncryptingFileSystem
    ) throws(StorageError) {
        let target = try Self.open(path, key, fileSystem)
        do throws(StorageError) {
            try Self.configure(target, path)
            guard let backup = sqlite3_backup_init(target, "main", source, "main") else {
                throw StorageError(sqlite3_errcode(target), on: target, path: path)
            }
            self.backup = backup
        } catch {
            sqlite3_close_v2(target)
            throw error
        }
        self.target = target
        self.path = path
    }

    deinit {
        // A copy that was not finished is worth nothing, so its failure is not heard of.
        if let backup { sqlite3_backup_finish(backup) }
        sqlite3_close_v2(target)
    }

    /// Copies some more pages.
    ///
    /// - Parameter count: How many, at most.
    /// - Returns: How far it has come.
    /// - Throws: ``StorageError``; the copy is of no use then.
    func step(_ count: Int) throws(StorageError) -> BackupProgress {
        guard let backup else { throw StorageError(.closed, path: path) }
        let result = sqlite3_backup_step(backup, Int32(clamping: count))
        guard result == SQLITE_OK || result == SQLITE_DONE else {
            // The message stands at the connection that failed, and the code tells which.
            throw StorageError(result, on: nil, path: path)
        }
        return BackupProgress(
            pageCount: Int(sqlite3_backup_pagecount(backup)),
            remainingCount: Int(sqlite3_backup_remaining(backup)), isDone: result == SQLITE_DONE)
    }

    /// Ends the copy, whole or not, and closes its file.
    ///
    /// - Throws: ``StorageError`` if a step had failed.
    func end() throws(StorageError) {
        guard let backup else { return }
        self.backup = nil
        let result = sqlite3_backup_finish(backup)
        guard result == SQLITE_OK else { throw StorageError(result, on: nil, path: path) }
    }

    private static func open(
        _ path: String, _ key: SecretBytes, _ fileSystem: EncryptingFileSystem
    ) throws(StorageError) -> OpaquePointer {
        // SQLite would let others read the new file; another file system makes its own.
        let isOnSystem = fileSystem === EncryptingFileSystem.standard
        if isOnSystem { try PrivateFile(path: path).makeEmpty() }
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
            | (isOnSystem ? 0 : SQLITE_OPEN_CREATE)
        let result = fileSystem.keys.register(key, for: fileSystem.canonical(path)) {
            sqlite3_open_v2(path, &opened, flags, fileSystem.name)
        }
        guard let opened else { throw StorageError(.other, path: path, detail: "no memory") }
        guard result == SQLITE_OK else {
            defer { sqlite3_close_v2(opened) }
            throw StorageError(result, on: opened, path: path)
        }
        return opened
    }

    private static func configure(
        _ target: OpaquePointer, _ path: String
    ) throws(StorageError) {
        // Before any statement: the copy must leave room for nonces and tags from its first page.
        var reserve = Int32(PageLayout.reservedBytes)
        let result = sqlite3_file_control(target, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve)
        guard result == SQLITE_OK else { throw StorageError(result, on: target, path: path) }
        for pragma in pragmas {
            let result = sqlite3_exec(target, pragma, nil, nil, nil)
            guard result == SQLITE_OK else { throw StorageError(result, on: target, path: path) }
        }
    }
}
