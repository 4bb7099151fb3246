import CSQLite

/// An open database, used from one thread at a time.
///
/// ``Database`` owns one and gives it a queue. Programs that test the storage use it directly.
/// It is the only connection to its file: a second one is told that the file is `busy`.
package final class Connection {
    /// What the code that holds the connection is doing.
    private enum Phase {
        case idle
        case reading
        case writing
    }

    /// The file.
    package let path: String
    /// What was missing in the log when the file was opened: committed content was lost or taken
    /// away since it was written.
    package let logHole: LogHole?
    private let fileSystem: EncryptingFileSystem
    private let watch: DatabaseWatch?
    private var handle: OpaquePointer?
    private var cache = StatementCache()
    private var phase = Phase.idle
    private let file: EncryptedMainFile?
    private var directFile: DirectFile?
    // Whether the log must outlive the connection, because nobody has checked the main file yet.
    private var keepsLog: Bool
    // After a failed sync the system may have dropped the pages, so nothing that is read or
    // written later through this handle can be trusted (Rebello et al., ATC 2020).
    private var mustReopen = false
    // At most one copy is made at a time.
    private var backup: OnlineBackup?

    /// Opens or creates a database without looking at its tables.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - key: The 32 bytes that encrypt the file.
    ///   - options: How to open.
    /// - Throws: ``StorageError``; a file that is not ours is left as it was.
    package init(
        path: String, key: SecretBytes, options: ConnectionOptions = ConnectionOptions()
    ) throws {
        self.path = path
        fileSystem = options.fileSystem
        let opened = try ConnectionOpening(path: path, key: key, options: options).open()
        handle = opened.handle
        logHole = opened.hole
        file = opened.file
        keepsLog = options.keepsLog
        watch = options.watch
    }

    deinit {
        // Nobody is left to hear of a failure; the log holds everything that was acknowledged.
        backup = nil
        cache.removeAll()
        if let handle, isUntrusted || keepsLog { Self.keepLog(of: handle) }
        sqlite3_close_v2(handle)
    }

    /// Whether a sync failed, or undoing a transaction: nothing can be done but opening again.
    package var isUntrusted: Bool { mustReopen || file?.incidents.hasFailedSync ?? false }

    /// Returns what the files met since the last call, whether or not SQLite told of it.
    package func takeIncidents() -> [StorageIncident] { file?.incidents.take() ?? [] }

    /// How many rows were inserted, changed or deleted since the file was opened.
    package var changesCount: Int { handle.map { Int(sqlite3_total_changes64($0)) } ?? 0 }

    /// Runs a body that only reads.
    package func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try enter(.reading)
        defer { phase = .idle }
        return try body(self)
    }

    /// Runs a body in a transaction, which is on stable storage when this returns.
    ///
    /// When the body throws, nothing was changed. When the commit itself fails with code
    /// `inputOutput`, its outcome is unknown and the connection answers `closed` from then on.
    @discardableResult
    package func write<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try enter(.writing)
        defer { phase = .idle }
        try runCompiled("BEGIN IMMEDIATE")
        do {
            let value = try body(self)
            try runCompiled("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// Runs a part of a transaction that may fail alone: when the body throws, what it changed
    /// is undone and the transaction goes on.
    @discardableResult
    package func savepoint<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        precondition(phase == .writing, "A savepoint needs a transaction.")
        try runCompiled("SAVEPOINT part")
        do {
            let value = try body(self)
            try runCompiled("RELEASE part")
            return value
        } catch {
            try runCompiled("ROLLBACK TO part")
            try runCompiled("RELEASE part")
            throw error
        }
    }

    /// Executes a statement, and returns how many rows it inserted, changed or deleted.
    @discardableResult
    package func run(_ sql: String, _ values: SQLValue...) throws(StorageError) -> Int {
        try run(sql, values: values)
    }

    /// Executes a statement with values that were collected.
    @discardableResult
    package func run(_ sql: String, values: [SQLValue]) throws(StorageError) -> Int {
        let open = try openHandle()
        let statement = try take(sql, values)
        defer { cache.put(statement, for: sql) }
        let before = sqlite3_total_changes64(open)
        while try advance(statement) {}
        return Int(sqlite3_total_changes64(open) - before)
    }

    /// Executes a statement once for each element, with the values that a body makes of it.
    package func runEach<Element>(
        _ sql: String, _ elements: some Sequence<Element>,
        values: (Element) throws(StorageError) -> [SQLValue]
    ) throws(StorageError) {
        let statement = try compiled(sql, on: try openHandle())
        defer { cache.put(statement, for: sql) }
        precondition(phase == .writing, "Writing needs a transaction.")
        for element in elements {
            try statement.bind(try values(element))
            while try advance(statement) {}
            statement.reset()
        }
    }

    /// Returns what a body makes of each row.
    package func rows<Value>(
        _ sql: String, _ values: SQLValue..., body: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        let statement = try take(sql, values)
        defer { cache.put(statement, for: sql) }
        var rows: [Value] = []
        while try advance(statement) { rows.append(try statement.withRow(body)) }
        return rows
    }

    /// Returns what a body makes of the first row, or nil if there is none.
    package func first<Value>(
        _ sql: String, _ values: SQLValue..., body: (borrowing Row) throws -> Value
    ) throws -> Value? {
        let statement = try take(sql, values)
        defer { cache.put(statement, for: sql) }
        return try advance(statement) ? try statement.withRow(body) : nil
    }

    /// Whether the file is open.
    package var isOpen: Bool { handle != nil }

    /// Moves the log into the main file and empties it.
    package func checkpoint() throws(StorageError) {
        precondition(phase == .idle, "A transaction is open.")
        try execute("PRAGMA wal_checkpoint(TRUNCATE)")
        keepsLog = false
    }

    /// Brings the tables to the versions that this program knows.
    package func update(to modules: [SchemaModule]) throws {
        try SchemaUpdate(modules: modules).apply(to: self)
    }

    /// Authenticates pages of the main file as they lie on the disk, where the file system can
    /// read past what it keeps in memory.
    ///
    /// - Parameters:
    ///   - page: How many pages are left out at the beginning.
    ///   - maximum: How many pages to look at.
    ///   - comparesCache: Whether the disk must hold what the system shows to everybody else.
    /// - Returns: What was found; pages whose newest content is still in the log are looked at
    ///   too, in their older one.
    /// - Throws: ``StorageError`` if the file cannot be read.
    package func checkPages(
        after page: Int, maximum: Int = PageCheck.pagesPerStep, comparesCache: Bool = false
    ) throws(StorageError) -> PageCheck {
        _ = try openHandle()
        // It stays open: closing it would give up the locks of this process on the file.
        directFile = directFile ?? DirectFile(path: path)
        guard
            let check = file?.checkPages(
                after: page, maximum: maximum, direct: directFile, comparesCache: comparesCache)
        else { throw StorageError(.inputOutput, path: path, detail: "page \(page + 1)") }
        return check
    }

    /// How many pages the database has, and how many of them hold nothing.
    package func pageCounts() throws -> (all: Int, free: Int) {
        (
            try first("PRAGMA page_count") { $0.integer(0) } ?? 0,
            try first("PRAGMA freelist_count") { $0.integer(0) } ?? 0
        )
    }

    /// Whether free pages can be given back step by step.
    package func returnsPages() throws -> Bool {
        try first("PRAGMA auto_vacuum") { $0.integer(0) } == 2
    }

    /// Gives some free pages back to the disk, within a transaction.
    ///
    /// The file gets shorter when the log is moved into it. Without ``returnsPages()`` nothing
    /// happens.
    ///
    /// - Parameter maximum: How many pages; each may have to be filled from the file's end.
    /// - Throws: ``StorageError``.
    package func returnFreePages(_ maximum: Int) throws {
        precondition(phase == .writing && maximum > 0, "It needs a transaction and a limit.")
        try run("PRAGMA incremental_vacuum(\(maximum))")
    }

    /// Rewrites the file without its free pages.
    ///
    /// It needs as much memory as the file is long.
    ///
    /// - Parameter returnsPages: Whether the new file shall be able to return free pages step by
    ///   step.
    /// - Throws: ``StorageError``; the file is then as it was.
    package func vacuum(returningPages returnsPages: Bool = false) throws(StorageError) {
        precondition(phase == .idle, "A transaction is open.")
        if returnsPages { try execute("PRAGMA auto_vacuum = INCREMENTAL") }
        try execute("VACUUM")
    }

    /// Writes all content into an empty file, without free pages, under another key.
    ///
    /// Neither the file nor its folder is synced.
    package func copy(to path: String, key: SecretBytes) throws(StorageError) {
        precondition(phase == .idle, "A transaction is open.")
        let name = path.replacing("'", with: "''")
        try fileSystem.keys.register(key, for: fileSystem.canonical(path)) {
            () throws(StorageError) in try execute("VACUUM INTO '\(name)'")
        }
    }

    /// Begins a copy of the database in a new file.
    ///
    /// - Parameters:
    ///   - path: The new file, which must not exist.
    ///   - key: The key that encrypts the copy.
    /// - Throws: ``StorageError``: `busy` while another copy is being made.
    package func beginBackup(to path: String, key: SecretBytes) throws(StorageError) {
        guard backup == nil else { throw StorageError(.busy, path: path) }
        backup = try OnlineBackup(of: try openHandle(), to: path, key: key, through: fileSystem)
    }

    /// Copies some more pages, between two transactions.
    package func stepBackup(pages count: Int) throws(StorageError) -> BackupProgress {
        precondition(phase == .idle, "A transaction is open.")
        _ = try openHandle()
        guard let backup else { throw StorageError(.closed, path: path) }
        return try backup.step(count)
    }

    /// Ends the copy that is whole.
    package func endBackup() throws(StorageError) {
        guard let backup else { throw StorageError(.closed, path: path) }
        self.backup = nil
        try backup.end()
    }

    /// Ends a copy that nobody wants any more; without one, nothing happens.
    package func abandonBackup() {
        backup = nil
    }

    /// Closes the file, log included.
    ///
    /// Closing twice is harmless.
    package func close() throws(StorageError) {
        guard handle != nil else { return }
        precondition(phase == .idle, "A transaction is open.")
        if !isUntrusted { try checkpoint() }
        abandon()
    }

    /// Closes the file, and leaves the log as it is unless it was emptied before.
    ///
    /// Nothing is written when the connection is not to be trusted.
    package func abandon() {
        guard let open = handle else { return }
        // A copy under way is of no use any more; whoever makes it is told at the next step.
        backup = nil
        if isUntrusted || keepsLog { Self.keepLog(of: open) }
        cache.removeAll()
        handle = nil
        let result = sqlite3_close(open)
        precondition(result == SQLITE_OK, "A statement outlived its connection.")
        directFile = nil
    }

    /// Keeps SQLite from moving the log into the main file as it closes: the log is what the
    /// next opening checks.
    static func keepLog(of handle: OpaquePointer) {
        let result = csqlite_set_flag(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        precondition(result == SQLITE_OK, "SQLite has had this flag since 3.6.1.")
    }

    /// Executes statements without values or rows, separated by semicolons.
    package func runScript(_ sql: String) throws(StorageError) {
        precondition(phase == .writing, "Writing needs a transaction.")
        try execute(sql)
    }

    private func enter(_ next: Phase) throws(StorageError) {
        precondition(phase == .idle, "Transactions do not nest; use a savepoint.")
        _ = try openHandle()
        phase = next
    }

    private func openHandle() throws(StorageError) -> OpaquePointer {
        guard let handle, !isUntrusted else { throw StorageError(.closed, path: path) }
        return handle
    }

    private func execute(_ sql: String) throws(StorageError) {
        let open = try openHandle()
        let result = sqlite3_exec(open, sql, nil, nil, nil)
        guard result == SQLITE_OK else {
            throw noting(StorageError(result, on: open, path: path))
        }
    }

    /// Executes a statement that begins or ends a transaction or a part of one.
    ///
    /// Compiling them anew would cost as much as encrypting what a small transaction writes.
    private func runCompiled(_ sql: String) throws(StorageError) {
        let statement = try compiled(sql, on: try openHandle())
        defer { cache.put(statement, for: sql) }
        while try advance(statement) {}
    }

    private func rollBack() {
        // Some failures have rolled back already, and then this has nothing to do.
        guard let handle, sqlite3_get_autocommit(handle) == 0 else { return }
        let result = sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
        if result != SQLITE_OK { mustReopen = true }
    }

    private func take(_ sql: String, _ values: [SQLValue]) throws(StorageError) -> Statement {
        let open = try openHandle()
        let statement = try compiled(sql, on: open)
        guard statement.isReadOnly || phase == .writing else {
            throw StorageError(.readOnly, path: path, detail: "only a write may change data")
        }
        try statement.bind(values)
        return statement
    }

    private func compiled(
        _ sql: String, on open: OpaquePointer
    ) throws(StorageError) -> Statement {
        if let kept = cache.take(sql) { return kept }
        return try Statement(sql, on: open, path: path)
    }

    private func advance(_ statement: Statement) throws(StorageError) -> Bool {
        do throws(StorageError) {
            guard let watch else { return try statement.step() }
            return try watch.step({ statement.sql }) { () throws(StorageError) in
                try statement.step()
            }
        } catch {
            throw noting(error)
        }
    }

    private func noting(_ error: StorageError) -> StorageError {
        if error.isFailedSync { mustReopen = true }
        return error
    }
}
