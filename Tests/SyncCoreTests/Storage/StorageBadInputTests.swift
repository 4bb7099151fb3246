import Glibc
import SyncCore
import TestSupport
import Testing

/// One way in which a file can be wrong.
struct BadFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: StorageError.Code
    /// Spoils the file of that path.
    let spoil: @Sendable (WholeFile) throws -> Void

    init(
        _ name: String, _ code: StorageError.Code,
        spoil: @escaping @Sendable (WholeFile) throws -> Void
    ) {
        testDescription = name
        self.code = code
        self.spoil = spoil
    }

    static let databases = [
        BadFile("empty", .truncated) { $0.write([]) },
        BadFile("cut within the first page", .truncated) { $0.write(Array($0.all.prefix(1000))) },
        BadFile("cut after the first page", .corrupt) { $0.write(Array($0.all.prefix(4096))) },
        BadFile("cut within a page", .truncated) { $0.write($0.all.dropLast(100)) },
        BadFile("text", .notADatabase) { $0.write(Array("hola".utf8)) },
        BadFile("a plain database", .notADatabase) {
            $0.write(Array("SQLite format 3\0".utf8) + [UInt8](repeating: 1, count: 9000))
        },
        BadFile("zeros", .notADatabase) { $0.write([UInt8](repeating: 0, count: 8192)) },
        BadFile("a damaged first page", .corrupt) { file in
            var bytes = file.all
            bytes[2000] ^= 1
            file.write(bytes)
        },
        BadFile("another file's identity", .wrongKey) { file in
            var bytes = file.all
            bytes[3] ^= 1
            file.write(bytes)
        },
        BadFile("read-only", .readOnly) { chmod($0.path, 0o400) },
        BadFile("readable by others", .exposed) { chmod($0.path, 0o644) },
        BadFile("writable by its group", .exposed) { chmod($0.path, 0o620) },
        BadFile("a link", .linked) { file in
            rename(file.path, file.path + ".real")
            symlink(file.path + ".real", file.path)
        },
        BadFile("a link to nothing", .linked) { file in
            unlink(file.path)
            symlink(file.path + ".real", file.path)
        },
        BadFile("a folder", .linked) { file in
            unlink(file.path)
            mkdir(file.path, 0o700)
        },
        BadFile("missing", .cannotOpen) { unlink($0.path) },
    ]

    static let keys = [
        BadFile("empty", .damagedKey) { $0.write([]) },
        BadFile("cut", .damagedKey) { $0.write(Array($0.all.prefix(20))) },
        BadFile("foreign", .damagedKey) { $0.write(Array("hola".utf8)) },
        BadFile("readable by others", .exposedKey) { chmod($0.path, 0o604) },
        BadFile("a link", .linked) { file in
            rename(file.path, file.path + ".real")
            symlink(file.path + ".real", file.path)
        },
        BadFile("a folder", .damagedKey) { file in
            unlink(file.path)
            mkdir(file.path, 0o700)
        },
        BadFile("missing", .missingKey) { unlink($0.path) },
    ]
}

extension WholeFile {
    fileprivate var all: [UInt8] { bytes ?? [] }
}

struct StorageBadInputTests {
    private let folder = TemporaryDirectory()
    private let environment = Environment.live()
    private var database: String { folder.file("a.db") }
    private var machineKey: String { folder.file("machine.key") }
    private var existing: ConnectionOptions {
        var options = ConnectionOptions()
        options.mayCreate = false
        return options
    }

    /// A database with its keys, closed.
    private func make() throws {
        let machine = try MachineKey.readOrCreate(at: machineKey, environment: environment)
        let key = try KeyFile.create(
            for: database, machineKey: machine, environment: environment)
        let connection = try Connection(path: database, key: key)
        try write(on: connection)
        try connection.close()
    }

    private func write(on connection: Connection) throws {
        try connection.write { connection in
            try connection.run("CREATE TABLE IF NOT EXISTS note (body BLOB)")
            for _ in 1...20 { try connection.run("INSERT INTO note VALUES (randomblob(2000))") }
        }
    }

    private func open(_ options: ConnectionOptions) throws -> Connection {
        let machine = try MachineKey.read(at: machineKey)
        let key = try KeyFile.open(for: database, machineKey: machine)
        return try Connection(path: database, key: key, options: options)
    }

    /// Opening fails with that code, in both languages, and no file changes.
    private func expectRefusal(
        _ code: StorageError.Code, _ options: ConnectionOptions,
        at location: SourceLocation = #_sourceLocation
    ) {
        expectRefusal(code, at: location) { _ = try open(options) }
    }

    private func expectRefusal(
        _ code: StorageError.Code, at location: SourceLocation = #_sourceLocation,
        opening: () throws -> Void
    ) {
        let before = WholeFile.contents(ofFolder: folder.path)
        let error = #expect(throws: StorageError.self, sourceLocation: location) {
            try opening()
        }
        #expect(error?.code == code, "\(error?.description ?? "")", sourceLocation: location)
        let text = error?.explanation
        #expect(text?.es.contains(folder.path) == true, sourceLocation: location)
        #expect(text?.en.contains(folder.path) == true, sourceLocation: location)
        #expect(text?.es != text?.en, sourceLocation: location)
        let after = WholeFile.contents(ofFolder: folder.path)
        #expect(before == after, "a file changed", sourceLocation: location)
    }

    @Test(arguments: BadFile.databases)
    func `A database that is not right is refused, explained and left alone`(
        file: BadFile
    ) throws {
        try make()
        try file.spoil(WholeFile(database))
        expectRefusal(file.code, existing)
    }

    @Test(arguments: BadFile.keys)
    func `A key file that is not right is refused, explained and left alone`(
        file: BadFile
    ) throws {
        for path in [machineKey, KeyFile.path(for: database)] {
            unlink(database)
            unlink(KeyFile.path(for: database))
            rmdir(machineKey)
            try make()
            try file.spoil(WholeFile(path))
            expectRefusal(file.code, existing)
            rmdir(path)
            unlink(path)
            unlink(path + ".real")
        }
    }

    @Test func `A wrong key leaves a log alone, and the right one finds everything`() throws {
        try make()
        // A log as a process that was killed leaves it.
        var connection: Connection? = try open(existing)
        try write(on: try #require(connection))
        let files = WholeFile.contents(ofFolder: folder.path)
        connection = nil
        for (name, bytes) in files { WholeFile(folder.file(name)).write(try #require(bytes)) }
        let before = WholeFile.contents(ofFolder: folder.path)
        #expect(before["a.db-wal"]??.isEmpty == false)

        let error = #expect(throws: StorageError.self) {
            try Connection(path: database, key: SecretBytes(randomCount: 32, from: environment))
        }
        #expect(error?.code == .wrongKey)
        #expect(WholeFile.contents(ofFolder: folder.path) == before)

        let right = try open(existing)
        #expect(try right.first("SELECT count(*) FROM note") { $0.integer(0) } == 40)
        #expect(right.logHole == nil)
    }

    @Test func `A newer schema is refused, and the file stays as it was`() throws {
        try make()
        let machine = try MachineKey.read(at: machineKey)
        let key = try KeyFile.open(for: database, machineKey: machine)
        let step = Migration(version: 1, sql: "CREATE TABLE one (x)")
        let next = Migration(version: 2, sql: "CREATE TABLE two (x)")
        let connection = try Connection(path: database, key: key)
        try connection.update(to: [SchemaModule(name: "notes", migrations: [step, next])])
        try connection.close()
        expectRefusal(.newerSchema) {
            _ = try Database(
                path: database, key: key,
                modules: [SchemaModule(name: "notes", migrations: [step])])
        }
    }

    @Test func `A key file of a newer version is refused, and stays as it was`() throws {
        try make()
        // Two copies, each with its hash; the version is the first value of the map.
        let script =
            "import hashlib, sys; file = open(sys.argv[1], 'r+b'); bytes = file.read(); "
            + "frame = bytearray(bytes[:len(bytes) // 2 - 32]); frame[20] = 23; "
            + "copy = frame + hashlib.blake2b(frame, digest_size=32).digest(); "
            + "file.seek(0); file.write(copy + copy)"
        let path = KeyFile.path(for: database)
        let child = try #require(popen("/usr/bin/python3 -c \"\(script)\" \(path)", "r"))
        #expect(pclose(child) == 0)
        expectRefusal(.newerSchema, existing)
    }

    @Test func `A key file that may only be read opens its database`() throws {
        try make()
        for path in [machineKey, KeyFile.path(for: database)] { chmod(path, 0o400) }
        #expect(try open(existing).first("SELECT count(*) FROM note") { $0.integer(0) } == 20)
    }

    @Test func `A file that another process holds is busy and left alone`() throws {
        try make()
        // SQLite's own locks, taken by a process that is not SQLite: the shared range.
        let script =
            "import fcntl, os, signal, sys; f = open(sys.argv[1], 'r+b'); "
            + "fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002); "
            + "print(os.getpid(), flush=True); signal.pause()"
        let child = try #require(popen("/usr/bin/python3 -c \"\(script)\" \(database)", "r"))
        var line = [CChar](repeating: 0, count: 32)
        try #require(fgets(&line, Int32(line.count), child) != nil)
        let process = atoi(line)
        expectRefusal(.busy, existing)
        kill(process, SIGKILL)
        pclose(child)
        #expect(try open(existing).first("SELECT count(*) FROM note") { $0.integer(0) } == 20)
    }
}
