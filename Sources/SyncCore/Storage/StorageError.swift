import CSQLite

/// A failure of the local database or its keys.
///
/// Callers decide on ``code``; people read ``explanation``. Neither ever holds a key, a bound
/// value or the text of a mail, so the whole error may be logged.
package struct StorageError: Error, Hashable {
    /// The kinds of failure that call for different reactions.
    package enum Code: String, Sendable, CaseIterable {
        /// Another process or connection holds the file. Trying again later may succeed.
        case busy
        /// The key does not belong to this file.
        case wrongKey
        /// A page failed authentication or the file is malformed. Restore a backup.
        case corrupt
        /// The volume is full.
        case full
        /// The file is not a database of this program.
        case notADatabase
        /// A newer version of the program wrote the file.
        case newerSchema
        /// A statement broke a rule of the schema.
        case constraint
        /// A statement would have written where only reading was asked for or allowed.
        case readOnly
        /// The file or its folder cannot be opened or created.
        case cannotOpen
        /// The volume failed while reading or writing. The outcome of a commit is unknown until
        /// the database was opened again.
        case inputOutput
        /// The database was closed, or must be opened again after a failed write.
        case closed
        /// The disk failed to store something, and the database is being opened and checked
        /// before anything else happens. Nothing was stored; trying again later may succeed.
        case recovering
        /// A key file is missing.
        case missingKey
        /// A key file was damaged, cut off or written by something else.
        case damagedKey
        /// Other users may read a key file.
        case exposedKey
        /// The file is empty or cut off. Restore a backup.
        case truncated
        /// The path leads to a link, a folder or a device instead of a plain file.
        case linked
        /// Other users may read or write the database.
        case exposed
        /// There is not enough memory. Trying again later may succeed.
        case noMemory
        /// Any other result of SQLite.
        case other
    }

    /// What kind of failure this is.
    package let code: Code
    /// The file concerned.
    package let path: String
    /// SQLite's or the system's own words, or which part of the file was wrong.
    package let detail: String
    /// SQLite's extended result code, for a bug report; 0 if SQLite had no part in it.
    package let resultCode: Int32

    package init(_ code: Code, path: String, detail: String = "", resultCode: Int32 = 0) {
        self.code = code
        self.path = path
        self.detail = detail
        self.resultCode = resultCode
    }

    /// Tells what the last call on a connection met.
    init(_ result: Int32, on connection: OpaquePointer?, path: String) {
        let extended = connection.map { sqlite3_extended_errcode($0) } ?? result
        // The extended code may belong to an earlier failure.
        let resultCode = extended & 0xff == result & 0xff ? extended : result
        let words = connection.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(result)
        self.init(
            Code(resultCode: resultCode), path: path,
            detail: words.map { String(cString: $0) } ?? "", resultCode: resultCode)
    }
}

extension StorageError {
    /// Whether the volume failed to sync a file or a folder.
    var isFailedSync: Bool {
        resultCode == SQLITE_IOERR | 4 << 8 || resultCode == SQLITE_IOERR | 5 << 8
    }
}

extension StorageError.Code {
    /// The kind of failure that a result of SQLite stands for.
    init(resultCode: Int32) {
        switch resultCode {
        // The encrypting file system answers these two: a page that fails authentication, and a
        // path without a key.
        case SQLITE_IOERR | (32 << 8): self = .corrupt
        case SQLITE_IOERR | 28 << 8: self = .missingKey
        case SQLITE_IOERR | 12 << 8: self = .noMemory
        default:
            switch resultCode & 0xff {
            case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
            case SQLITE_CORRUPT: self = .corrupt
            case SQLITE_NOTADB: self = .notADatabase
            case SQLITE_FULL: self = .full
            case SQLITE_NOMEM: self = .noMemory
            case SQLITE_CONSTRAINT: self = .constraint
            case SQLITE_READONLY: self = .readOnly
            case SQLITE_CANTOPEN, SQLITE_PERM: self = .cannotOpen
            case SQLITE_IOERR: self = .inputOutput
            default: self = .other
            }
        }
    }
}

extension StorageError: CustomStringConvertible {
    /// One line for a log.
    package var description: String {
        "storage/\(code.rawValue): \(path): \(detail) (SQLite result \(resultCode))"
    }
}
