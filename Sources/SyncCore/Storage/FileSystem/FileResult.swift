import CSQLite

/// The results of file operations that SQLite defines as composed macros, which Swift cannot
/// import.
package enum FileResult {
    package static let done = SQLITE_OK
    /// The operation is not known here.
    package static let unknown = SQLITE_NOTFOUND
    package static let cannotOpen = SQLITE_CANTOPEN
    /// The volume has no room.
    package static let full = SQLITE_FULL
    package static let readFailed = SQLITE_IOERR | 1 << 8
    /// The file ended; the rest of the buffer is zero.
    package static let shortRead = SQLITE_IOERR | 2 << 8
    package static let writeFailed = SQLITE_IOERR | 3 << 8
    package static let syncFailed = SQLITE_IOERR | 4 << 8
    package static let folderSyncFailed = SQLITE_IOERR | 5 << 8
    package static let truncateFailed = SQLITE_IOERR | 6 << 8
    package static let deleteFailed = SQLITE_IOERR | 10 << 8
    /// No key is registered for the path.
    package static let noKey = SQLITE_IOERR | 28 << 8
    /// A page did not authenticate.
    package static let notAuthentic = SQLITE_IOERR | 32 << 8
}
