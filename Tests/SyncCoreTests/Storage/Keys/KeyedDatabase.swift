import Glibc
import TestSupport
import Testing

@testable import SyncCore

/// A folder with a database, its keys and a machine key, as a home has them.
final class KeyedDatabase {
    /// What costs next to nothing.
    static let cheap = KeyStretching(passes: 1, memoryKiB: 8)

    let folder: TemporaryDirectory
    let environment: Environment
    let ring: KeyRing
    let recovery: SealingKey

    var database: String { folder.file("a.db") }
    var keys: WholeFile { WholeFile(KeyFile.path(for: database)) }
    var machineKey: WholeFile { WholeFile(folder.file("machine.key")) }

    /// Makes a database with rows, a machine slot (1) and a recovery slot (2).
    init() throws {
        folder = TemporaryDirectory()
        environment = .live()
        recovery = SealingKey(randomFrom: environment)
        ring = Self.ring(in: folder, environment)
        let key = try KeyFile.create(
            for: folder.file("a.db"),
            machineKey: try ring.machineKey.readOrCreate(environment: environment),
            recoveryKey: recovery.target, environment: environment)
        let connection = try Connection(path: folder.file("a.db"), key: key)
        try connection.write { connection in
            try connection.run("CREATE TABLE note (body BLOB, number INTEGER)")
            for number in 1...50 {
                try connection.run(
                    "INSERT INTO note VALUES (randomblob(2000), ?)", .integer(number))
            }
        }
        try connection.close()
    }

    static func ring(in folder: TemporaryDirectory, _ environment: Environment) -> KeyRing {
        KeyRing(
            database: folder.file("a.db"),
            machineKey: MachineKeySource(home: folder.path, credentials: nil),
            environment: environment)
    }

    /// A folder with the same files, as a power cut would leave them now.
    func snapshot() throws -> TemporaryDirectory {
        let copy = TemporaryDirectory()
        for (name, bytes) in WholeFile.contents(ofFolder: folder.path) {
            WholeFile(copy.file(name)).write(try #require(bytes))
        }
        return copy
    }

    /// Opens the database with what the ring finds, and counts its rows.
    func rowCount() throws -> Int? {
        try Self.rowCount(ring)
    }

    static func rowCount(_ ring: KeyRing) throws -> Int? {
        let key = try ring.open()
        var options = ConnectionOptions()
        options.mayCreate = false
        let connection = try Connection(path: ring.database, key: key, options: options)
        let count = try connection.first("SELECT count(*), sum(number) FROM note") { row in
            row.integer(1) == 1275 ? row.integer(0) : -1
        }
        try connection.close()
        return count
    }

    /// Rewrites the key file after a change of its current set.
    func edit(_ body: (inout KeySet, _ dataKey: SecretBytes) throws -> Void) throws {
        var keys = try KeyFile.load(for: database).file.current
        let key = try #require(try keys.open(with: .machine(try ring.machineKey.read())))
        try body(&keys, key)
        try KeyFile(current: keys).store(for: database)
    }
}

/// A passphrase or a file's text as a secret.
func secret(_ text: String) -> SecretBytes {
    var bytes = Array(text.utf8)
    return SecretBytes(consuming: &bytes)
}

/// The reason that a body failed for.
func keyFailure(_ body: () throws -> Void) -> KeyError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? KeyError)?.code
    }
}

/// The reason that a body failed for.
func storageFailure(_ body: () throws -> Void) -> StorageError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? StorageError)?.code
    }
}
