import Synchronization

/// A device's or the hub's encrypted database, used by one task at a time.
///
/// SQLite blocks the thread that calls it, so the actor runs on a queue of its own and never
/// holds a thread that other tasks need. Bodies are synchronous: a transaction never suspends.
/// No body should take longer than 20 ms; long reads go page by page.
///
/// When the disk fails to sync, everybody is turned away until the file was opened again and
/// found whole (``StorageHealth`` decides, this carries it out, for whoever asks next).
///
/// ```swift
/// let database = try Database(path: path, key: key, modules: [coreSchema])
/// try await database.write { connection in
///     try connection.run("INSERT INTO note VALUES (?)", .text("hola"))
/// }
/// ```
package actor Database {
    private let executor: any SerialExecutor
    private let path: String
    private var key: SecretBytes
    private let modules: [SchemaModule]
    private let options: ConnectionOptions
    private let care: StorageCare
    private var connection: Connection
    private var state = StorageHealth()
    private nonisolated let shown = Mutex(StorageHealth())

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Opens or creates a database, and brings its tables to the versions of this program.
    ///
    /// - Parameters:
    ///   - path: The file. Beside it SQLite keeps `-wal`, which belongs to it.
    ///   - key: The 32 bytes that encrypt the file.
    ///   - modules: The tables that the program needs.
    ///   - options: How to open; the default is what the product uses.
    ///   - care: What the owner of the tables adds to their recovery.
    ///   - executor: Where SQLite's calls block; a queue of the database's own.
    /// - Throws: ``StorageError``; a file that is not ours is left as it was.
    package init(
        path: String, key: SecretBytes, modules: [SchemaModule],
        options: ConnectionOptions = ConnectionOptions(), care: StorageCare = StorageCare(),
        executor: any SerialExecutor = SerialQueue(label: "syncmail.database")
    ) throws {
        self.executor = executor
        self.path = path
        self.key = key
        self.modules = modules
        self.options = options
        self.care = care
        connection = try Connection(path: path, key: key, options: options)
        try connection.update(to: modules)
        if options.returnsPages { try Self.letReturnPages(connection) }
        for incident in Self.incidents(of: connection) {
            _ = state.handle(.met(incident), at: care.uptime())
        }
        let state = state
        shown.withLock { $0 = state }
    }

    /// What was missing in the log when the file was opened.
    package var logHole: LogHole? { connection.logHole }

    /// How the files do, without waiting for whoever uses them.
    package nonisolated var health: StorageHealth { shown.withLock(\.self) }

    /// Runs a body that only reads.
    ///
    /// It sees one state, because nothing else runs meanwhile.
    package func read<Value: Sendable>(
        _ body: @Sendable (Connection) throws -> Value
    ) throws -> Value {
        let connection = try admitted()
        defer { observe(connection) }
        return try connection.read(body)
    }

    /// Runs a body in a transaction, which is on stable storage when this returns.
    ///
    /// When the body throws, nothing was changed. When the commit itself fails with code
    /// `inputOutput`, its outcome is unknown until the database was opened again.
    ///
    /// - Parameters:
    ///   - body: The transaction.
    ///   - stored: Called with what the body returned when it is stored, before anybody else uses
    ///     the database.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw, or ``StorageError``.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @Sendable (Connection) throws -> Value,
        stored: @Sendable (Value) -> Void = { _ in }
    ) throws -> Value {
        let connection = try admitted()
        defer { observe(connection) }
        let unnoted = state.unnoted
        let before = connection.changesCount
        let value = try connection.write { connection in
            if !unnoted.isEmpty { try care.note(unnoted, connection) }
            return try body(connection)
        }
        if connection.changesCount > before { tell(.wrote) }
        if !unnoted.isEmpty { tell(.noted(unnoted)) }
        stored(value)
        return value
    }

    /// Runs a body while nobody reads or writes: what changes the keys of the file.
    package func alone<Value: Sendable>(
        _ body: @Sendable () throws -> Value
    ) throws -> Value {
        try body()
    }

    /// Encrypts the file under another data key.
    ///
    /// Nobody reads or writes meanwhile.
    package func rotateKey(_ keys: KeyRing) throws {
        let before = try admitted()
        let outcome = KeyRotation.run(on: before, keys: keys, options: options)
        connection = outcome.connection
        if let key = outcome.key { self.key = key }
        observe(before)
        observe(connection)
        // A failure may have left it closed; then it is opened again when somebody asks.
        if !connection.isOpen { tell(.lostConnection) }
        if let failure = outcome.failure { throw failure }
    }

    /// Moves the log into the main file, at an idle moment.
    package func checkpoint() throws {
        let connection = try admitted()
        defer { observe(connection) }
        try connection.checkpoint()
    }

    /// Authenticates pages of the main file; see ``Connection/checkPages(after:maximum:)``.
    package func checkPages(
        after page: Int, maximum: Int = PageCheck.pagesPerStep
    ) throws -> PageCheck {
        let connection = try admitted()
        defer { observe(connection) }
        let check = try connection.checkPages(after: page, maximum: maximum)
        for page in check.refused {
            tell(.met(StorageIncident(.pageRefused, in: .main, at: page)))
        }
        return check
    }

    /// Begins a copy of the database in a new file: ``Connection/beginBackup(to:key:)``.
    package func beginBackup(to path: String, key: SecretBytes) throws {
        let connection = try admitted()
        defer { observe(connection) }
        try connection.beginBackup(to: path, key: key)
    }

    /// The data key, and the key file that holds it.
    package func backupKeys() throws -> BackupKeys {
        let key = key
        return try BackupKeys(of: path) { key }
    }

    /// Copies some more pages; others use the database between two steps.
    ///
    /// - Parameters:
    ///   - count: How many pages, at most.
    ///   - clock: Measures how long the database was not free for others.
    /// - Returns: How far the copy has come, and how long the step took.
    /// - Throws: ``StorageError``; the copy is of no use then.
    package func stepBackup(
        pages count: Int, measuredBy clock: @Sendable () -> Duration
    ) throws -> (progress: BackupProgress, time: Duration) {
        let start = clock()
        // A connection that was opened again meanwhile knows nothing of the copy, and says so.
        let connection = try admitted()
        defer { observe(connection) }
        let progress = try connection.stepBackup(pages: count)
        return (progress, clock() - start)
    }

    /// Ends the copy that is whole.
    package func endBackup() throws {
        try connection.endBackup()
    }

    /// Ends a copy that nobody wants any more.
    package func abandonBackup() {
        connection.abandonBackup()
    }

    /// Closes the file.
    ///
    /// Later calls throw `closed`; closing twice is harmless.
    package func close() throws {
        try connection.close()
    }

    /// The connection, opened again first if that is due.
    private func admitted(for use: String = #function) throws -> Connection {
        for action in tell(.asked) {
            switch action {
            case .refuse(let code): throw StorageError(code, path: path)
            case .reopen: reopen()
            }
        }
        // It may have failed again.
        for case .refuse(let code) in tell(.asked) { throw StorageError(code, path: path) }
        options.watch?.begin(use)
        return connection
    }

    /// Closes without writing, opens again, and checks all of it.
    ///
    /// The system may show a log that the disk does not hold. That is no harm: everything in it is
    /// written anew, into the main file, and the log is kept until the disk itself was found to
    /// hold every page of that.
    private func reopen() {
        connection.abandon()
        do {
            var options = options
            options.mayCreate = false
            options.keepsLog = true
            let opened = try Connection(path: path, key: key, options: options)
            connection = opened
            try verify(opened)
            tell(.reopened)
        } catch let error as StorageError {
            tell(.reopeningFailed(error.code))
        } catch {
            // What the tables hold is not what was acknowledged.
            tell(.reopeningFailed(.corrupt))
        }
        observe(connection)
    }

    private func verify(_ opened: Connection) throws {
        var page = 0
        while true {
            let check = try opened.checkPages(after: page, comparesCache: true)
            // What the disk did not take yet is in the log, and the next attempt writes it again.
            guard check.unstored.isEmpty else { throw StorageError(.inputOutput, path: path) }
            guard check.refused.isEmpty else { throw StorageError(.corrupt, path: path) }
            page = check.lastPage
            if check.isComplete { break }
        }
        try opened.read(care.verify)
        try opened.checkpoint()
        // Something must be written: only a sync that succeeds shows that the disk works again.
        let unnoted = state.unnoted + Self.incidents(of: opened)
        try opened.write { try care.note(unnoted, $0) }
        guard !opened.isUntrusted else { throw StorageError(.inputOutput, path: path) }
        tell(.noted(unnoted))
    }

    /// Takes into account what the files met, also where SQLite kept it to itself.
    private func observe(_ connection: Connection) {
        for incident in connection.takeIncidents() { tell(.met(incident)) }
        if connection.isUntrusted { tell(.lostConnection) }
        options.watch?.end()
    }

    @discardableResult
    private func tell(_ event: StorageHealth.Event) -> [StorageHealth.Action] {
        let actions = state.handle(event, at: care.uptime())
        let state = state
        shown.withLock { $0 = state }
        return actions
    }

    /// The largest file that is rewritten when it is opened, in pages: 32 MiB.
    private static let rewrittenPagesMaximum = 8192

    /// Lets a small file of an earlier version return free pages from now on.
    ///
    /// Rewriting a large one would take long and as much memory; it gets there when its key is
    /// changed, and until then reuses its free pages.
    private static func letReturnPages(_ connection: Connection) throws {
        let isDue = try connection.read { connection in
            try !connection.returnsPages()
                && connection.pageCounts().all <= rewrittenPagesMaximum
        }
        guard isDue else { return }
        do throws(StorageError) {
            try connection.vacuum(returningPages: true)
        } catch {
            // There is no hurry when there is no room: the next opening tries again.
            guard error.code == .full else { throw error }
        }
    }

    private static func incidents(of connection: Connection) -> [StorageIncident] {
        let hole = connection.logHole.map {
            StorageIncident(.logHole, in: .log, at: $0.frame)
        }
        return [hole].compactMap(\.self) + connection.takeIncidents()
    }
}

/// What the owner of a database's tables adds to their care.
package struct StorageCare: Sendable {
    /// Tells how long the machine has been up.
    package var uptime: @Sendable () -> Duration = Environment.live().uptime
    /// Checks, after the file was opened again, that everything is there which was acknowledged.
    package var verify: @Sendable (Connection) throws -> Void = { _ in }
    /// Writes incidents down where people find them, in the transaction it is called in.
    package var note: @Sendable ([StorageIncident], Connection) throws -> Void = { _, _ in }

    package init() {}
}
