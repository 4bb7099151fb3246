import Glibc

/// Puts a backup into a home that has no replica.
///
/// ```
///  unpacked ──▶ keyed ──▶ checked ──▶ keys placed ──▶ replica placed
/// ```
/// Until the last step the home has no replica; with it, the whole one. What an attempt that was
/// interrupted left behind is removed by the next.
package struct ReplicaRestore: Sendable {
    /// What is on the disk after each step; tests look at it there.
    package enum Step: String, Sendable, CaseIterable {
        case unpacked
        case keyed
        case checked
        case keysPlaced
        case placed
    }

    /// Gives the bytes of the backup, piece by piece.
    package typealias Source = (_ take: ([UInt8]) async throws -> Void) async throws -> Void

    /// What was restored.
    package struct Outcome: Sendable {
        package let manifest: BackupManifest
        package let facts: ReplicaFacts
    }

    private let home: String
    private let databaseName: String
    private let kind: BackupManifest.Kind
    private let folds: [any RecordFold]
    private let machineKey: MachineKeySource
    private let environment: Environment

    /// Describes a home.
    ///
    /// - Parameters:
    ///   - home: The directory.
    ///   - databaseName: The name of its database.
    ///   - kind: Whose replica it is.
    ///   - folds: The views that the replica keeps besides the configuration.
    ///   - machineKey: The key of the machine.
    ///   - environment: Time and chance.
    package init(
        home: String, databaseName: String, kind: BackupManifest.Kind, folds: [any RecordFold],
        machineKey: MachineKeySource, environment: Environment
    ) {
        self.home = home
        self.databaseName = databaseName
        self.kind = kind
        self.folds = folds
        self.machineKey = machineKey
        self.environment = environment
    }

    private var database: String { "\(home)/\(databaseName)" }
    /// Where a backup is unpacked to be looked at.
    private var verifyFolder: String { home + "/verify.partial" }
    /// Where a backup is unpacked to be restored.
    private var restoreFolder: String { home + "/restore.partial" }

    /// Unpacks a backup, proves what is in it, and throws it away.
    ///
    /// - Parameters:
    ///   - name: What errors call the backup.
    ///   - source: Gives its bytes.
    ///   - credential: Asked for when this machine's key does not open it.
    ///   - progress: Told how far it has come, from 0 to 1.
    /// - Returns: What it holds.
    /// - Throws: ``BackupError`` with what is wrong, or ``StorageError``.
    package func verify(
        _ name: String, from source: Source, credential: () async throws -> KeyCredential,
        progress: @escaping (Double) async -> Void
    ) async throws -> Outcome {
        let folder = try BackupFolder(at: verifyFolder)
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
    package func restore(
        _ name: String, from source: Source, credential: () async throws -> KeyCredential,
        progress: @escaping (Double) async -> Void, done: (Step) throws -> Void = { _ in }
    ) async throws -> Outcome {
        guard !hasReplica else { throw BackupError(.notEmpty, path: home) }
        let folder = try BackupFolder(at: restoreFolder)
        do {
            let manifest = try await unpack(name, from: source, into: folder, progress)
            try done(.unpacked)
            let key = try await openKey(
                in: folder, machineKey: self.machineKey, name, credential)
            try done(.keyed)
            let facts = try await check(manifest, name, in: folder, key: key, marks: true)
            try done(.checked)
            try folder.publish(
                databaseName + ".keys", as: KeyFile.path(for: database),
                replacing: true)
            try done(.keysPlaced)
            try folder.publish(databaseName, as: database, replacing: false)
            try done(.placed)
            folder.remove()
            return Outcome(manifest: manifest, facts: facts)
        } catch {
            if !BackupFile.exists(database) { unlink(KeyFile.path(for: database)) }
            folder.remove()
            throw error
        }
    }

    /// Whether the home holds a replica or a part of one.
    ///
    /// Keys alone are what a restore that was interrupted left, if its folder is still there.
    private var hasReplica: Bool {
        if ["", "-wal", "-journal", ".next"].contains(where: { BackupFile.exists(database + $0) }) {
            return true
        }
        return BackupFile.exists(KeyFile.path(for: database))
            && !BackupFile.exists(restoreFolder)
    }

    private func unpack(
        _ name: String, from source: Source, into folder: BackupFolder,
        _ progress: @escaping (Double) async -> Void
    ) async throws -> BackupManifest {
        var unpacker = try BackupUnpacker(
            kind, from: name, into: folder, as: databaseName)
        try await source { bytes in await progress(try unpacker.take(bytes)) }
        return try unpacker.finish()
    }

    /// Opens the data key with this machine's key; or else with what the person types, and gives
    /// the machine a slot.
    private func openKey(
        in folder: BackupFolder, machineKey: MachineKeySource, _ name: String,
        _ credential: () async throws -> KeyCredential
    ) async throws -> SecretBytes {
        let unpacked = folder.file(databaseName)
        do {
            return try KeyRing(
                database: unpacked, machineKey: self.machineKey, environment: environment
            ).open()
        } catch let error as StorageError {
            let isOfMachine = error.path == self.machineKey.path
            switch error.code {
            case .wrongKey: break
            case .missingKey where isOfMachine, .damagedKey where isOfMachine: break
            default: throw error
            }
        }
        let typed = try await credential()
        let ring = KeyRing(database: unpacked, machineKey: machineKey, environment: environment)
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
                path: folder.file(databaseName), key: key, name: "",
                folds: folds, mayCreate: false, habitat: .none,
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
