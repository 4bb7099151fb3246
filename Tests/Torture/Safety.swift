/// A protection that a harness can be run without, which shows that the harness notices.
enum Safety: String, CaseIterable {
    /// The first page may be half written when the file is opened.
    case tornHeader = "torn-header"
    /// The log may end with a frame that is half written.
    case tornLog = "torn-log"
    /// Holes in the file are filled with encrypted pages.
    case filledGaps = "filled-gaps"
    /// A commit is synced before it is acknowledged.
    case syncs
    /// A folder is synced after a file was made or removed in it.
    case folderSyncs = "folder-syncs"
    /// Pages of an unfinished transaction stay in memory.
    case keptCache = "kept-cache"
    /// A call of the disk that fails says so.
    case errorResults = "error-results"
    /// A message is acknowledged after its commit, and not before.
    case lateAnswer = "late-answer"
    /// The rollback journal's header and checksums are authentic.
    case journalTags = "journal-tags"
    /// The log is searched for holes.
    case logScan = "log-scan"
    /// Pages are encrypted.
    case encryption
    /// Both databases get every statement.
    case everyStatement = "every-statement"
}
