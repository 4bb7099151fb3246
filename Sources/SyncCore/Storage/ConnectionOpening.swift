import CSQLite
import CUnix
import Glibc

/// Opens SQLite's handle and fixes everything that the product relies on.
struct ConnectionOpening {
    let path: String
    let key: SecretBytes
    let options: ConnectionOptions

    /// An open database, as SQLite and the file system know it.
    struct Opened {
        /// SQLite's handle, which the caller closes.
        let handle: OpaquePointer
        /// The hole that its log had.
        let hole: LogHole?
        /// The main file, for as long as the handle is open.
        let file: EncryptedMainFile?
    }

    /// Opens and configures the database.
    func open() throws(StorageError) -> Opened {
        precondition(key.count == 32, "A data key has 32 bytes.")
        // Before a connection: closing the file gives up the locks on it.
        if options.keepsLog { DirectFile(path: path)?.forget() }
        // Only the product's file system stores the file under its path.
        let inspection =
            options.fileSystem === EncryptingFileSystem.standard
            ? FileInspection(path: path, mayCreate: options.mayCreate) : nil
        try inspection?.admit()
        do throws(StorageError) {
            let handle = try openHandle()
            do throws(StorageError) {
                try configure(handle)
                let hole = try findHole(handle)
                try emptyLog(handle)
                return Opened(handle: handle, hole: hole, file: mainFile(of: handle))
            } catch {
                if options.keepsLog { Connection.keepLog(of: handle) }
                sqlite3_close_v2(handle)
                throw error
            }
        } catch {
            throw inspection?.diagnosed(error, key: key) ?? error
        }
    }

    private func mainFile(of handle: OpaquePointer) -> EncryptedMainFile? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let result = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard result == SQLITE_OK, file?.pointee.pMethods == EncryptedFileOperations.table else {
            return nil
        }
        return encryptedFile(file) as? EncryptedMainFile
    }

    /// Looks for a committed transaction that was lost from the log since it was written.
    private func findHole(_ handle: OpaquePointer) throws(StorageError) -> LogHole? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let result = sqlite3_file_control(
            handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard result == SQLITE_OK else { throw StorageError(result, on: handle, path: path) }
        guard let file, file.pointee.pMethods == EncryptedFileOperations.table,
            let log = encryptedFile(file) as? EncryptedLog
        else { return nil }
        let found = log.findHole()
        guard found.result == FileResult.done else {
            throw StorageError(found.result, on: nil, path: path)
        }
        return found.hole
    }

    /// Moves what a life that ended early left in the log into the main file.
    ///
    /// It may have been written and never synced. Later frames would be synced after it, so that
    /// a power cut could take it from under them; and what was seen once must not go away.
    private func emptyLog(_ handle: OpaquePointer) throws(StorageError) {
        let result = sqlite3_wal_checkpoint_v2(
            handle, nil,
            options.keepsLog ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        // A full disk has synced the log, and reading it is still possible.
        guard result == SQLITE_OK || result & 0xff == SQLITE_FULL else {
            throw StorageError(result, on: handle, path: path)
        }
    }

    private func openHandle() throws(StorageError) -> OpaquePointer {
        makePrivate()
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
            | (options.mayCreate ? SQLITE_OPEN_CREATE : 0)
        let fileSystem = options.fileSystem
        let result = fileSystem.keys.register(key, for: fileSystem.canonical(path)) {
            sqlite3_open_v2(path, &opened, flags, fileSystem.name)
        }
        guard let opened else { throw StorageError(.noMemory, path: path) }
        guard result == SQLITE_OK else {
            defer { sqlite3_close_v2(opened) }
            throw StorageError(result, on: opened, path: path)
        }
        return opened
    }

    /// Makes a new file that only its owner may read; SQLite would let others read it too.
    ///
    /// The log takes over the mode. A failure is left for SQLite to report.
    private func makePrivate() {
        guard options.mayCreate, options.fileSystem === EncryptingFileSystem.standard else {
            return
        }
        let file = cunix_open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if file >= 0 { close(file) }
    }

    private func configure(_ handle: OpaquePointer) throws(StorageError) {
        // Before any statement: a new file must leave room for nonces and tags from its first
        // page on. An existing file has its own reserve, and this does nothing.
        var reserve = Int32(PageLayout.reservedBytes)
        let result = sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve)
        guard result == SQLITE_OK else { throw StorageError(result, on: handle, path: path) }
        let flags: [(option: Int32, isOn: Int32)] = [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
            (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
        ]
        for flag in flags {
            let result = csqlite_set_flag(handle, flag.option, flag.isOn)
            precondition(result == SQLITE_OK, "SQLite has had this flag since 3.31.")
        }
        // Before the first page is written: later it counts for the next VACUUM only. To a file
        // that has it already it would be a write at every opening.
        if options.returnsPages && isNew(handle) {
            try execute("PRAGMA auto_vacuum = INCREMENTAL", on: handle)
        }
        // VACUUM needs one; a file that is attached by name has no key and is refused.
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 1)
        for pragma in pragmas { try execute(pragma, on: handle) }
    }

    private func execute(_ sql: String, on handle: OpaquePointer) throws(StorageError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw StorageError(result, on: handle, path: path) }
    }

    /// Whether the main file holds nothing yet.
    private func isNew(_ handle: OpaquePointer) -> Bool {
        var size: Int64 = 0
        return mainFile(of: handle)?.lower.size(&size) == FileResult.done && size == 0
    }

    /// The settings, in an order that matters.
    ///
    /// Exclusive locking before the file is first read keeps the log's index in memory, and
    /// journals must never be temporary files.
    private var pragmas: [String] {
        let journal: (mode: String, synchronous: String) =
            switch options.journal {
            case .writeAheadLog: ("WAL", "FULL")
            // FULL does not sync the folder after it deleted the journal; EXTRA does.
            case .rollback: ("DELETE", "EXTRA")
            }
        return [
            "PRAGMA temp_store = MEMORY",
            "PRAGMA cache_spill = \(options.spillsCache ? "ON" : "OFF")",
            "PRAGMA mmap_size = 0",
            "PRAGMA secure_delete = \(options.erasesDeleted ? "ON" : "OFF")",
            "PRAGMA locking_mode = EXCLUSIVE",
            "PRAGMA cache_size = \(options.cachePages)",
            "PRAGMA journal_mode = \(journal.mode)",
            "PRAGMA synchronous = \(options.syncsCommits ? journal.synchronous : "NORMAL")",
            "PRAGMA wal_autocheckpoint = \(options.checkpointPages)",
            // Takes the lock and reads page 1, so that a wrong key is known now.
            "SELECT count(*) FROM sqlite_schema",
        ]
    }
}
