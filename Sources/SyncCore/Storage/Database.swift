/// A device's or the hub's encrypted database, used by one task at a time.
///
/// SQLite blocks the thread that calls it, so the actor runs on a queue of its own and never
/// holds a thread that other tasks need. Bodies are synchronous: a transaction never suspends.
/// No body should take longer than 20 ms; long reads go page by page.
///
/// ```swift
/// let database = try Database(path: path, key: key, modules: [coreSchema])
/// try await database.write { connection in
///     try connection.run("INSERT INTO note VALUES (?)", .text("hola"))
/// }
/// ```
package actor Database {
    private let executor = SerialQueue(label: "syncmail.database")
    private let connection: Connection

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
    /// - Throws: ``StorageError``; a file that is not ours is left as it was.
    package init(
        path: String, key: SecretBytes, modules: [SchemaModule],
        options: ConnectionOptions = ConnectionOptions()
    ) throws {
        connection = try Connection(path: path, key: key, options: options)
        try connection.update(to: modules)
    }

    /// What was missing in the log when the file was opened.
    package var logHole: LogHole? { connection.logHole }

    /// Runs a body that only reads.
    ///
    /// It sees one state, because nothing else runs meanwhile.
    package func read<Value: Sendable>(
        _ body: @Sendable (Connection) throws -> Value
    ) throws -> Value {
        try connection.read(body)
    }

    /// Runs a body in a transaction, which is on stable storage when this returns.
    ///
    /// When the body throws, nothing was changed. When the commit itself fails with code
    /// `inputOutput`, its outcome is unknown and the database must be opened again.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @Sendable (Connection) throws -> Value
    ) throws -> Value {
        try connection.write(body)
    }

    /// Moves the log into the main file, at an idle moment.
    package func checkpoint() throws {
        try connection.checkpoint()
    }

    /// Closes the file.
    ///
    /// Later calls throw `closed`; closing twice is harmless.
    package func close() throws {
        try connection.close()
    }
}
