/// What a database stands on below its tables: a file system, and a place for calls that block.
package struct StorageGround: Sendable {
    /// The file system, which encrypts.
    package let fileSystem: EncryptingFileSystem
    /// Where SQLite's calls block.
    package let executor: any SerialExecutor

    /// Takes what the product uses, unless something else is named.
    ///
    /// - Parameters:
    ///   - fileSystem: The file system, which encrypts.
    ///   - executor: Where SQLite's calls block; it runs one job at a time.
    package init(
        fileSystem: EncryptingFileSystem = .standard,
        executor: any SerialExecutor = SerialQueue(label: "syncmail.database")
    ) {
        self.fileSystem = fileSystem
        self.executor = executor
    }
}
