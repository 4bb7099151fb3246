import Glibc
import SyncCore

/// The files of a home.
struct HomeFiles: Sendable {
    private let home: String
    /// The key of this machine, which opens the replica's key without anybody present.
    private let machineKey: MachineKeySource

    /// Names the files.
    ///
    /// - Parameters:
    ///   - home: The directory.
    ///   - credentials: What systemd's `$CREDENTIALS_DIRECTORY` says.
    init(home: String, credentials: String? = nil) {
        self.home = home
        machineKey = MachineKeySource(home: home, credentials: credentials)
    }

    /// The replica.
    var database: String { home + "/replica.db" }

    /// Whether there is a replica, whole or not.
    var hasReplica: Bool { access(database, F_OK) == 0 }

    /// Whether the replica is there, but has lost everything: not even a new one is so short.
    var isReplicaEmpty: Bool {
        var status = stat()
        return stat(database, &status) == 0 && status.st_size == 0
            && access(KeyFile.path(for: database), F_OK) == 0
            && access(database + "-wal", F_OK) != 0
    }

    /// The owner of the home.
    var owner: UInt32? {
        var status = stat()
        return stat(home, &status) == 0 ? status.st_uid : nil
    }

    /// Makes the key of a new replica, and stores it wrapped under the machine's key.
    func makeKey(recovery: SealingTarget?, using environment: Environment) throws -> SecretBytes {
        try KeyFile.create(
            for: database,
            machineKey: try machineKey.readOrCreate(environment: environment),
            recoveryKey: recovery, environment: environment)
    }

    /// What the slots of the replica's key file are changed with.
    func keys(using environment: Environment) -> KeyRing {
        KeyRing(database: database, machineKey: machineKey, environment: environment)
    }

    /// Reads the key of the replica, and ends what was interrupted.
    ///
    /// - Returns: The key, and whether a damaged copy of the key file was mended.
    /// - Throws: ``LockedHome`` if this machine's key is missing, damaged or another's.
    func openKey(
        using environment: Environment
    ) throws -> (key: SecretBytes, wasMended: Bool) {
        do {
            let keys = keys(using: environment)
            let wasMended = try keys.needsMending()
            return (try keys.open(), wasMended)
        } catch let error as StorageError {
            guard let locked = LockedHome(error, machineKey: machineKey) else { throw error }
            throw locked
        }
    }

    /// Where a backup that goes to standard output is made.
    var backupFolder: String { home + "/backup.partial" }
    /// Where a file of records that goes to standard output is made.
    var exportFolder: String { home + "/export.partial" }
    /// Where a file of records is kept while it is imported.
    var importFolder: String { home + "/import.partial" }

    /// What puts a backup into this home.
    func restore(using environment: Environment) -> ReplicaRestore {
        ReplicaRestore(
            home: home, databaseName: "replica.db", kind: .device, folds: Workspace.folds,
            machineKey: machineKey, environment: environment)
    }

    /// Removes a replica that holds nothing anybody was promised.
    func removeReplica() throws {
        for path in [
            database, database + "-wal", database + "-journal", KeyFile.path(for: database),
            KeyRotation.copyPath(of: database),
        ] {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw StorageError(.cannotOpen, path: path)
            }
        }
    }
}
