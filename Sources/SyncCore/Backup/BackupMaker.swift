/// Makes a backup of an open replica, while others go on using it.
package struct BackupMaker: Sendable {
    private let replica: Replica
    private let kind: BackupManifest.Kind
    private let program: String

    /// The name, in its folder, of the backup that is whole.
    package static let resultName = "backup"
    private static let databaseName = "database"

    /// Prepares a backup.
    ///
    /// - Parameters:
    ///   - replica: What to save.
    ///   - kind: Whose replica it is.
    ///   - program: The version of the program.
    package init(_ replica: Replica, kind: BackupManifest.Kind, program: String) {
        self.replica = replica
        self.kind = kind
        self.program = program
    }

    /// Makes the backup in a folder, as the file ``resultName``.
    ///
    /// It needs twice the room of the replica while it works.
    ///
    /// - Parameters:
    ///   - folder: Where to work.
    ///   - keys: The key file of the replica, opened.
    ///   - progress: Told how far the copy has come.
    /// - Returns: What was signed.
    /// - Throws: ``StorageError`` or ``BackupError``, or `CancellationError`.
    package func make(
        in folder: BackupFolder, keys: BackupKeys,
        progress: (BackupProgress) async -> Void = { _ in }
    ) async throws -> BackupManifest {
        let database = folder.file(Self.databaseName)
        do {
            try await replica.copy(to: database, key: keys.dataKey, progress: progress)
        } catch let error as StorageError where error.code == .busy {
            throw BackupError(.busy, path: folder.path)
        }
        let facts = try await Self.facts(of: database, key: keys.dataKey)
        let (byteCount, digest) = try Self.measure(database)
        let manifest = BackupManifest(
            kind: kind, organisation: facts.organisation,
            key: replica.identity.signingKey.verificationKey, incarnation: facts.incarnation,
            time: replica.environment.now(), program: program, vector: facts.vector,
            parts: [
                BackupManifest.Part(
                    name: BackupManifest.databaseName, byteCount: byteCount, digest: digest),
                BackupManifest.Part(
                    name: BackupManifest.keysName, byteCount: UInt64(keys.fileBytes.count),
                    digest: Digest(of: keys.fileBytes)),
            ])
        let result = try BackupFile(creating: folder.file(Self.resultName))
        try result.write(BackupFormat.head(manifest, signedBy: replica.identity.signingKey)[...])
        let source = try BackupFile(reading: database)
        while true {
            try Task.checkCancellation()
            let piece = try source.read()
            guard !piece.isEmpty else { break }
            try result.write(piece[...])
        }
        try result.write(keys.fileBytes[...])
        try result.sync()
        return manifest
    }

    /// What the copy holds, read from the copy itself: the replica may have gone on.
    private static func facts(
        of path: String, key: SecretBytes
    ) async throws -> ReplicaFacts {
        var options = ConnectionOptions()
        options.mayCreate = false
        let copy = try Database(path: path, key: key, modules: [], options: options)
        let facts = try await copy.read { try ReplicaFacts($0) }
        try await copy.close()
        return facts
    }

    private static func measure(
        _ path: String
    ) throws -> (byteCount: UInt64, digest: Digest) {
        let file = try BackupFile(reading: path)
        var hash = DigestStream()
        var byteCount: UInt64 = 0
        while true {
            try Task.checkCancellation()
            let piece = try file.read()
            guard !piece.isEmpty else { return (byteCount, hash.finish()) }
            hash.update(piece[...])
            byteCount += UInt64(piece.count)
        }
    }
}

/// The key file of a replica, and the data key that it holds.
///
/// The backup carries the file, so that it opens with whatever opens the replica.
package struct BackupKeys: Sendable {
    package let dataKey: SecretBytes
    let fileBytes: [UInt8]

    /// Reads the key file of a database.
    ///
    /// - Parameters:
    ///   - database: The path of the database.
    ///   - open: Opens its data key.
    /// - Throws: What opening throws.
    package init(of database: String, open: () throws -> SecretBytes) throws {
        dataKey = try open()
        fileBytes = try PrivateFile(path: KeyFile.path(for: database)).read()
    }
}

/// What a manifest says of a replica.
package struct ReplicaFacts: Hashable, Sendable {
    package let organisation: Digest
    package let incarnation: Incarnation
    /// SHA-256 of the vector of all feeds.
    package let vector: Digest
    /// How many records there are.
    package let recordsCount: UInt64

    /// Reads them from the tables of a replica.
    package init(_ connection: Connection) throws {
        organisation =
            try connection.first("SELECT hash FROM membership WHERE height = 1") {
                try Digest(canonical: $0.bytes(0))
            } ?? .zero
        incarnation = try IdentityStore(connection).incarnation()
        let vector = try FeedStore(connection).vector()
        self.vector = Digest(of: vector.canonicalBytes)
        recordsCount = vector.feeds.reduce(0) { $0 + vector[$1] }
    }
}
