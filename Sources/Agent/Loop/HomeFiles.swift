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

    /// The owner of the home.
    var owner: UInt32? {
        var status = stat()
        return stat(home, &status) == 0 ? status.st_uid : nil
    }

    /// Makes the key of a new replica, and stores it.
    func makeKey(using environment: Environment) throws -> SecretBytes {
        try KeyFile.create(for: database, environment: environment)
    }

    /// Reads the key of the replica.
    func openKey() throws -> SecretBytes {
        try KeyFile.open(for: database)
    }

    /// Removes a replica that holds nothing anybody was promised.
    func removeReplica() throws {
        for suffix in ["", "-wal", "-journal", ".keys", ".keys.copy"] {
            guard unlink(database + suffix) == 0 || errno == ENOENT else {
                throw StorageError(.cannotOpen, path: database + suffix)
            }
        }
    }
}
