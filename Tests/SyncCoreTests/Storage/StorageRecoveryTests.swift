import Synchronization
import SyncCore
import TestSupport
import Testing

private let notes = SchemaModule(
    name: "notes",
    migrations: [
        Migration(version: 1, sql: "CREATE TABLE note (id INTEGER PRIMARY KEY, body BLOB) STRICT")
    ])

/// What a database does when its disk is full or fails to sync.
///
/// The disk is simulated; `Tests/Lab/disks.py` does the same to real ones.
struct StorageRecoveryTests {
    private let key = SecretBytes(randomCount: 32, from: .live())
    private let time = ManualEnvironment()

    private func options(_ disk: SimulatedDisk, _ name: String) -> ConnectionOptions {
        var options = ConnectionOptions()
        options.fileSystem = EncryptingFileSystem(name: name, over: disk.name)
        return options
    }

    /// Opens a database whose recoveries are counted.
    private func open(
        _ options: ConnectionOptions, verified: Recoveries = Recoveries()
    ) throws -> Database {
        var care = StorageCare()
        care.uptime = time.environment.uptime
        care.verify = { connection in
            let count = try connection.first("SELECT count(*) FROM note") { $0.integer(0) }
            try verified.check(count ?? 0)
        }
        care.note = { _, connection in
            try connection.run("INSERT OR REPLACE INTO note VALUES (0, NULL)")
        }
        return try Database(
            path: "/r.db", key: key, modules: [notes], options: options, care: care)
    }

    private func add(_ id: Int, _ count: Int = 100, to database: Database) async throws {
        try await database.write { connection in
            try connection.run(
                "INSERT INTO note VALUES (?, zeroblob(?))", .integer(id), .integer(count))
        }
    }

    private func ids(in database: Database) async throws -> [Int] {
        try await database.read { connection in
            try connection.rows("SELECT id FROM note WHERE id > 0 ORDER BY id") { $0.integer(0) }
        }
    }

    @Test func `after a failed sync nothing is served before the file was opened and checked`()
        async throws
    {
        let disk = SimulatedDisk(name: "failing sync")
        let recoveries = Recoveries()
        let database = try open(options(disk, "over failing sync"), verified: recoveries)
        try await add(1, to: database)
        disk.failingSyncs = 1
        let failure = await #expect(throws: StorageError.self) { try await add(2, to: database) }
        #expect(failure?.code == .inputOutput)
        #expect(!database.health.isServing)
        #expect(recoveries.count == 0)
        // Whoever asks next is served from what is on the disk.
        #expect(try await ids(in: database) == [1])
        #expect(recoveries.count == 1)
        #expect(database.health.state == .working)
        #expect(database.health.counts[.syncFailed] == 1)
        try await add(2, to: database)
        disk.losePower()
        let again = try open(options(disk, "over failing sync, again"))
        #expect(try await ids(in: again) == [1, 2])
    }

    @Test func `a sync that fails in a checkpoint of SQLite's own is not kept secret`()
        async throws
    {
        let disk = SimulatedDisk(name: "failing checkpoint")
        var options = options(disk, "over failing checkpoint")
        options.checkpointPages = 8
        let recoveries = Recoveries()
        let database = try open(options, verified: recoveries)
        for id in 1...3 { try await add(id, to: database) }
        // The commit is synced, and then the checkpoint that follows it fails.
        disk.failsMainSyncs = true
        var id = 3
        while database.health.isServing, id < 200 {
            id += 1
            try await add(id, 5000, to: database)
        }
        disk.failsMainSyncs = false
        #expect(!database.health.isServing)
        #expect(try await ids(in: database) == Array(1...id))
        #expect(recoveries.count == 1)
        disk.losePower()
        let again = try open(self.options(disk, "over failing checkpoint, again"))
        #expect(try await ids(in: again) == Array(1...id))
    }

    @Test func `while the disk fails, whoever asks is told to try later, and loses nothing`()
        async throws
    {
        let disk = SimulatedDisk(name: "failing for long")
        let recoveries = Recoveries()
        let database = try open(options(disk, "over failing for long"), verified: recoveries)
        try await add(1, to: database)
        disk.failingSyncs = 1000
        await #expect(throws: StorageError.self) { try await add(2, to: database) }
        for _ in 0..<5 {
            let refusal = await #expect(throws: StorageError.self) { try await ids(in: database) }
            #expect(refusal?.code == .recovering)
            #expect(refusal?.exitStatus == .tryLater)
        }
        disk.failingSyncs = 0
        time.advance(by: .seconds(60))
        #expect(try await ids(in: database) == [1])
        try await add(2, to: database)
        #expect(try await ids(in: database) == [1, 2])
    }

    @Test func `a file that is not whole after a failed sync is not gone on with`() async throws {
        let disk = SimulatedDisk(name: "failing and damaged")
        let database = try open(options(disk, "over failing and damaged"))
        try await add(1, 20_000, to: database)
        try await database.checkpoint()
        disk.failingSyncs = 1
        await #expect(throws: StorageError.self) { try await add(2, to: database) }
        // The log would mend the page: the failed sync lost the emptying of it as well.
        disk.place([], in: "/r.db-wal")
        disk.flip(1, at: 4 * PageLayout.pageBytes + 100, in: "/r.db")
        let refusal = await #expect(throws: StorageError.self) { try await ids(in: database) }
        #expect(refusal?.code == .corrupt)
        #expect(refusal?.exitStatus == .badData)
    }

    @Test func `what was acknowledged and is gone keeps the database closed`() async throws {
        let disk = SimulatedDisk(name: "failing and emptied")
        let recoveries = Recoveries()
        let database = try open(options(disk, "over failing and emptied"), verified: recoveries)
        try await add(1, to: database)
        recoveries.countMinimum = 2
        disk.failingSyncs = 1
        await #expect(throws: StorageError.self) { try await add(2, to: database) }
        let refusal = await #expect(throws: StorageError.self) { try await ids(in: database) }
        #expect(refusal?.code == .corrupt)
    }

    @Test func `a full disk stores nothing by halves, and goes on when there is room`()
        async throws
    {
        let disk = SimulatedDisk(name: "full disk")
        let database = try open(options(disk, "over full disk"))
        for id in 1...20 { try await add(id, to: database) }
        disk.capacity = disk.contents(of: "/r.db-wal").map { $0.count + 40_000 }
        let refusal = await #expect(throws: StorageError.self) {
            try await add(21, 200_000, to: database)
        }
        #expect(refusal?.code == .full)
        #expect(refusal?.exitStatus == .tryLater)
        #expect(database.health.state == .full)
        #expect(try await ids(in: database) == Array(1...20))
        disk.capacity = nil
        try await add(21, 200_000, to: database)
        #expect(database.health.state == .working)
        #expect(try await ids(in: database) == Array(1...21))
        disk.losePower()
        let again = try open(options(disk, "over full disk, again"))
        #expect(try await ids(in: again) == Array(1...21))
    }

    @Test func `a page that somebody changed is counted, and its number is known`() async throws {
        let disk = SimulatedDisk(name: "changed page")
        let database = try open(options(disk, "over changed page"))
        try await add(1, 40_000, to: database)
        try await database.close()
        disk.flip(1, at: 6 * PageLayout.pageBytes + 9, in: "/r.db")
        let again = try open(options(disk, "over changed page, again"))
        await #expect(throws: StorageError.self) {
            try await again.read { connection in
                try connection.first("SELECT body FROM note WHERE id = 1") { $0.bytes(0) }
            }
        }
        #expect(again.health.unnoted == [StorageIncident(.pageRefused, in: .main, at: 7)])
        #expect(try await again.checkPages(after: 0).refused == [7])
        #expect(again.health.isServing)
    }
}

/// How often a database was checked, and what the check wants to find.
private final class Recoveries: Sendable {
    private let state = Mutex((count: 0, minimum: 0))

    var count: Int { state.withLock(\.count) }
    var countMinimum: Int {
        get { state.withLock(\.minimum) }
        set { state.withLock { $0.minimum = newValue } }
    }

    func check(_ rows: Int) throws {
        struct Missing: Error {}
        let minimum = state.withLock { state in
            state.count += 1
            return state.minimum
        }
        if rows < minimum { throw Missing() }
    }
}
