import CUnix
import Glibc
import SyncCore

/// `syncmail-server backup create|verify|restore`.
struct HubBackup: Sendable {
    let home: String
    /// What opens the store.
    let keys: KeyRing
    let environment: Environment

    private var database: String { keys.database }

    /// Saves a hub whose store is open in this process.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - path: The absolute path of the file.
    ///   - replaces: Whether it may replace another.
    ///   - progress: Told the percents that are done.
    /// - Returns: The answer for programs.
    /// - Throws: ``BackupError`` or ``StorageError``.
    func save(
        _ store: SQLiteStore, in path: String, replacing replaces: Bool,
        progress: (Int) async -> Void
    ) async throws -> JSONValue {
        guard replaces || !BackupFile.exists(path) else {
            throw BackupError(.exists, path: path)
        }
        let folder = try BackupFolder(beside: path)
        defer { folder.remove() }
        let manifest = try await store.makeBackup(
            in: folder, keys: keys, program: Product.version
        ) { copied in
            let done = copied.pageCount - copied.remainingCount
            await progress(100 * done / max(copied.pageCount, 1))
        }
        try folder.publish(BackupMaker.resultName, as: path, replacing: replaces)
        return Self.json(manifest, path)
    }

    private static func json(_ manifest: BackupManifest, _ path: String) -> JSONValue {
        [
            "file": .string(path), "hub": .string(manifest.device.description),
            "organisation": .string(manifest.organisation.description),
            "made": .string(manifest.time.description),
            "bytes": .integer(Int64(clamping: manifest.partsByteCount)),
        ]
    }

    /// Saves the hub of this home, whether it runs or not.
    func create(
        _ path: String, replacing replaces: Bool, progress: (Int) -> Void
    ) async throws -> JSONValue {
        if let answer = try ControlSocket.ask(
            home, toSaveIn: path, replacing: replaces, progress: progress)
        {
            return ["file": .string(answer)]
        }
        var answer = JSONValue.null
        try await ServerLock.hold(home) {
            let store = try await SQLiteStore(
                path: database, key: try keys.open(), mayCreate: false, environment: environment)
            do {
                answer = try await save(store, in: path, replacing: replaces) { progress($0) }
                try await store.close()
            } catch {
                try await store.close()
                throw error
            }
        }
        return answer
    }

    /// Proves a backup, and changes nothing.
    func verify(
        _ path: String, credential: () async throws -> KeyCredential
    ) async throws -> ReplicaRestore.Outcome {
        try await restore.verify(
            path, from: { try await Self.read(path, $0) }, credential: credential,
            progress: { _ in })
    }

    /// Restores a backup into a home without a store, and opens it once: the other life begins.
    func restore(
        _ path: String, credential: () async throws -> KeyCredential
    ) async throws -> ReplicaRestore.Outcome {
        guard mkdir(home, 0o700) == 0 || errno == EEXIST else {
            throw StorageError(.cannotOpen, path: home)
        }
        var outcome: ReplicaRestore.Outcome?
        try await ServerLock.hold(home) {
            outcome = try await restore.restore(
                path, from: { try await Self.read(path, $0) }, credential: credential,
                progress: { _ in })
            let store = try await SQLiteStore(
                path: database, key: try keys.open(), mayCreate: false, environment: environment)
            try await store.close()
        }
        guard let outcome else { throw BackupError(.truncated, path: path) }
        return outcome
    }

    private var restore: ReplicaRestore {
        ReplicaRestore(
            home: home, databaseName: "hub.db", kind: .hub, folds: SQLiteStore.folds,
            machineKey: keys.machineKey, environment: environment)
    }

    private static func read(
        _ path: String, _ take: ([UInt8]) async throws -> Void
    ) async throws {
        let file = try BackupFile(reading: path)
        while true {
            let piece = try file.read()
            guard !piece.isEmpty else { return }
            try await take(piece)
        }
    }
}
