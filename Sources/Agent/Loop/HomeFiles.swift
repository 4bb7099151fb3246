import Glibc
import SyncCore

/// The files of a home.
struct HomeFiles: Sendable {
    private let home: String

    init(home: String) {
        self.home = home
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
            machineKey: try MachineKey.readOrCreate(at: machineKey, environment: environment),
            recoveryKey: recovery, environment: environment)
    }

    /// Reads the key of the replica.
    func openKey() throws -> SecretBytes {
        try KeyFile.open(for: database, machineKey: try MachineKey.read(at: machineKey))
    }

    /// Removes a replica that holds nothing anybody was promised.
    func removeReplica() throws {
        for path in [
            database, database + "-wal", database + "-journal", KeyFile.path(for: database),
        ] {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw StorageError(.cannotOpen, path: path)
            }
        }
    }

    /// The key of this machine, which opens the replica's key without anybody present.
    private var machineKey: String { home + "/machine.key" }
}
