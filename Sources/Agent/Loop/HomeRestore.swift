import Glibc
import SyncCore

/// Puts a backup into a home that has no replica.
///
/// ```
///  unpacked ──▶ keyed ──▶ checked ──▶ keys placed ──▶ replica placed
/// ```
/// Until the last step the home has no replica; with it, the whole one. What an attempt that was
/// interrupted left behind is removed by the next.
struct HomeRestore: Sendable {
    /// What is on the disk after each step; tests look at it there.
    enum Step: String, Sendable, CaseIterable {
        case unpacked
        case keyed
        case checked
        case keysPlaced
        case placed
    }

    /// Gives the bytes of the backup, piece by piece.
    typealias Source = (_ take: ([UInt8]) async throws -> Void) async throws -> Void

    /// What was restored.
    struct Outcome: Sendable {
        let manifest: BackupManifest
        let facts: ReplicaFacts
    }

    let files: HomeFiles
    let environment: Environment

    private static let databaseName = "replica.db"

    /// Unpacks a backup, proves what is in it, and throws it away.
    ///
    /// - Parameters:
    ///   - name: What errors call the backup.
    ///   - source: Gives its bytes.
    ///   - credential: Asked for when this machine's key does not open it.
    ///   - progress: Told how far it has come, from 0 to 1.
    /// - Returns: What it holds.
    /// - Throws: ``BackupError`` with what is wrong, or ``StorageError``.
    func verify(
        _ name: String, from source: Source, credential: () async throws -> KeyCredential,
        progress: @escaping (Double) async -> Void
    ) async throws -> Outcome {
        let folder = try BackupFolder(at: files.verifyFolder)
        defer { folder.remove() }
        let manifest = try await unpack(name, from: source, into: folder, progress)
        // A slot that is made for this machine is thrown away with the rest.
        let key = try await openKey(
            in: folder, machineKey: MachineKeySource(path: folder.file("machine.key")), name,
            credential)
        let facts = try await check(manifest, name, in: folder, key: key)
        return Outcome(manifest: manifest, facts: facts)
    }

    /// Restores a backup.
    ///
    /// - Parameters:
    ///   - name: What errors call the backup.
    ///   - source: Gives its bytes.
    ///   - credential: Asked for when this machine's key does not open it.
    ///   - progress: Told how far it has come, from 0 to 1.
    ///   - done: Called after each step.
    /// - Returns: What it holds.
    /// - Throws: ``BackupError``; the home is as empty as it was.
    func restore(
        _ name: String, from source: Source, credential: () async throws -> KeyCredential,
        progress: @escaping (Double) async -> Void, done: (Step) throws -> Void = { _ in }
    ) async throws -> Outcome {
        guard !hasReplica else { throw BackupError(.notEmpty, path: files.home) }
        let folder = try BackupFolder(at: files.restoreFolder)
        do {
            let manifest = try await unpack(name, from: source, into: folder, progress)
            try done(.unpacked)
            let key = try await openKey(
                in: folder, machineKey: files.machineKey, name, credential)
            try done(.keyed)
            let facts = try await check(manifest, name, in: folder, key: key, marks: true)
            try done(.checked)
            try folder.publish(
                Self.databaseName + ".keys", as: KeyFile.path(for: files.database),
                replacing: true)
            try done(.keysPlaced)
            try folder.publish(Self.databaseName, as: files.database, replacing: false)
            try done(.placed)
            folder.remove()
            return Outcome(manifest: manifest, facts: facts)
        } catch {
            if !files.hasReplica { unlink(KeyFile.path(for: files.database)) }
            folder.remove()
            throw error
        }
    }

    /// Whether the home holds a replica or a part of one.
    ///
    /// Keys alone are what a restore that was interrupted left, if its folder is still there.
    private var hasReplica: Bool {
        let database = files.database
        if ["", "-wal", "-journal", ".next"].contains(where: { BackupFile.exists(database + $0) }) {
            return true
        }
        return BackupFile.exists(KeyFile.path(for: database))
            && !BackupFile.exists(files.restoreFolder)
    }

    private func unpack(
        _ name: String, from source: Source, into folder: BackupFolder,
        _ progress: @escaping (Double) async -> Void
    ) async throws -> BackupManifest {
        var unpacker = try BackupUnpacker(
            .device, from: name, into: folder, as: Self.databaseName)
        try await source { bytes in await progress(try unpacker.take(bytes)) }
        return try unpacker.finish()
    }

    /// Opens the data key with this machine's key; or else with what the person types, and gives
    /// the machine a slot.
    private func openKey(
        in folder: BackupFolder, machineKey: MachineKeySource, _ name: String,
        _ credential: () async throws -> KeyCredential
    ) async throws -> SecretBytes {
        let database = folder.file(Self.databaseName)
        do {
            return try KeyRing(
                database: database, machineKey: files.machineKey, environment: environment
            ).open()
        } catch let error as StorageError {
            let isOfMachine = error.path == files.machineKey.path
            switch error.code {
            case .wrongKey: break
            case .missingKey where isOfMachine, .damagedKey where isOfMachine: break
            default: throw error
            }
        }
        let typed = try await credential()
        let ring = KeyRing(database: database, machineKey: machineKey, environment: environment)
        do {
            return try ring.recover(with: typed)
        } catch let error as KeyError {
            switch error.code {
            case .wrong, .none: throw BackupError(.noKey, path: name)
            default: throw error
            }
        }
    }

    /// Opens what was unpacked, brings its tables to this version, and checks everything.
    private func check(
        _ manifest: BackupManifest, _ name: String, in folder: BackupFolder, key: SecretBytes,
        marks: Bool = false
    ) async throws -> ReplicaFacts {
        let replica: Replica
        do {
            replica = try await Replica.open(
                path: folder.file(Self.databaseName), key: key, name: "",
                folds: Workspace.folds, mayCreate: false, habitat: .none,
                environment: environment)
        } catch let error as StorageError where error.code != .newerSchema {
            // Its hashes are right, so this is not the disk's doing.
            throw BackupError(.content(error.code.rawValue), path: name)
        }
        do {
            let facts = try await BackupCheck(manifest, path: name).check(replica)
            if marks {
                try await replica.write { try LifeStore($0.replicaStore).markRestored() }
            }
            try await replica.close()
            return facts
        } catch {
            try await replica.close()
            throw error
        }
    }
}
