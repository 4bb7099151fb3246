/// How a database is opened.
///
/// The defaults are what the product uses. Tests turn single protections off to prove that each
/// is needed.
package struct ConnectionOptions: Sendable {
    /// How a transaction survives a power cut.
    package enum Journal: Sendable {
        /// A write-ahead log, synced at each commit.
        case writeAheadLog
        /// A rollback journal, synced with its folder at each commit.
        case rollback
    }

    /// How a transaction survives a power cut.
    package var journal = Journal.writeAheadLog
    /// Whether pages of an unfinished transaction may reach the file when memory is short.
    ///
    /// On, it meets a bug of SQLite before 3.50.2 that loses acknowledged commits.
    package var spillsCache = false
    /// Whether a commit is on stable storage before it is acknowledged.
    package var syncsCommits = true
    /// How many pages stay in memory.
    package var cachePages = 500
    /// After how many pages the log is moved into the main file.
    package var checkpointPages = 1000
    /// Whether deleted content is overwritten.
    ///
    /// Off, SQLite leaves pages of new files unwritten.
    package var erasesDeleted = true
    /// The file system, which encrypts.
    package var fileSystem = EncryptingFileSystem.standard
    /// Whether a missing or empty file is made into a new database.
    package var mayCreate = true

    /// Whether a new file keeps what it needs to give free pages back to the disk step by step.
    ///
    /// An existing file stays as it was made, until it is rewritten.
    package var returnsPages = false
    /// Whether the log stays as it is, after it was moved into the main file, until somebody has
    /// checked the main file and calls ``Connection/checkpoint()``.
    package var keepsLog = false

    /// Measures for how long the database is in use; the product has none.
    package var watch: DatabaseWatch?

    package init() {}
}
