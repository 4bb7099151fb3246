import CSQLite

/// Opens SQLite's handle and fixes everything that the product relies on.
struct ConnectionOpening {
    let path: String
    let options: ConnectionOptions

    /// Returns a configured handle, which the caller closes.
    func open() throws(StorageError) -> OpaquePointer {
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
            | (options.mayCreate ? SQLITE_OPEN_CREATE : 0)
        let result = sqlite3_open_v2(path, &opened, flags, nil)
        guard let opened else { throw StorageError(.other, path: path, detail: "no memory") }
        guard result == SQLITE_OK else {
            defer { sqlite3_close_v2(opened) }
            throw StorageError(result, on: opened, path: path)
        }
        do throws(StorageError) {
            try configure(opened)
            return opened
        } catch {
            sqlite3_close_v2(opened)
            throw error
        }
    }

    private func configure(_ handle: OpaquePointer) throws(StorageError) {
        let flags: [(option: Int32, isOn: Int32)] = [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
            (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
        ]
        for flag in flags {
            let result = csqlite_set_flag(handle, flag.option, flag.isOn)
            precondition(result == SQLITE_OK, "SQLite has had this flag since 3.31.")
        }
        // A second file would need a key of its own.
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        for pragma in pragmas {
            let result = sqlite3_exec(handle, pragma, nil, nil, nil)
            guard result == SQLITE_OK else { throw StorageError(result, on: handle, path: path) }
        }
    }

    /// The order matters: exclusive locking before the file is first read keeps the log's index
    /// in memory, and journals must never be temporary files.
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
            "PRAGMA locking_mode = EXCLUSIVE",
            "PRAGMA cache_size = \(options.cachePages)",
            "PRAGMA journal_mode = \(journal.mode)",
            "PRAGMA synchronous = \(journal.synchronous)",
            "PRAGMA wal_autocheckpoint = \(options.checkpointPages)",
        ]
    }
}
