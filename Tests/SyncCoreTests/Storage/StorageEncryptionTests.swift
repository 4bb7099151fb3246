import Glibc
import SyncCore
import TestSupport
import Testing
import TestThreads

struct StorageEncryptionTests {
    private let folder = TemporaryDirectory()
    private let key = SecretBytes(randomCount: 32, from: .live())
    private static let marker = "canario-secreto"

    @Test(arguments: [ConnectionOptions.Journal.writeAheadLog, .rollback])
    func `No row, index or scratch space ever reaches the disk in the clear`(
        journal: ConnectionOptions.Journal
    ) throws {
        let disk = SimulatedDisk(name: "disk of leak \(journal)")
        disk.canary = Array(Self.marker.utf8)
        var options = ConnectionOptions()
        options.journal = journal
        options.fileSystem = EncryptingFileSystem(name: "leak \(journal)", over: disk.name)
        let connection = try Connection(path: "/t.db", key: key, options: options)
        try fillWithMarkers(connection)
        try connection.vacuum()
        try connection.close()
        #expect(disk.sightings.isEmpty)
        #expect(disk.operations > 100)

        // The watch sees what is there: SQLite's own header of a log or journal is clear.
        let header: [UInt8] = journal == .rollback ? [0xd9, 0xd5, 5, 0xf9] : [0x37, 0x7f, 6, 0x82]
        disk.canary = header
        try fillWithMarkers(Connection(path: "/t.db", key: key, options: options))
        #expect(!disk.sightings.isEmpty)
    }

    private func fillWithMarkers(_ connection: Connection) throws {
        struct Undone: Error {}
        try connection.write { connection in
            try connection.run("CREATE TABLE IF NOT EXISTS note (title TEXT, body TEXT)")
            try connection.run("CREATE INDEX IF NOT EXISTS note_title ON note (title)")
            for number in 1...300 {
                try connection.run(
                    "INSERT INTO note VALUES (?, ?)", .text("\(Self.marker) \(number)"),
                    .text(String(repeating: "\(Self.marker) ", count: 40)))
            }
            try? connection.savepoint { connection in
                try connection.run("UPDATE note SET body = body || ?", .text(Self.marker))
                throw Undone()
            }
            try connection.run("CREATE TEMP TABLE scratch AS SELECT * FROM note")
            try connection.run("DROP TABLE scratch")
        }
        let sorted = try connection.rows(
            "SELECT body, count(*) FROM note GROUP BY body, title ORDER BY body DESC, title"
        ) { $0.text(0) }
        #expect(sorted.count >= 300)
        try connection.write { try $0.run("UPDATE note SET title = title || 'x'") }
    }

    @Test func `A file of the system is private and shows nothing`() throws {
        let path = folder.file("a.db")
        let connection = try Connection(path: path, key: key)
        try fillWithMarkers(connection)
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        for name in [path, path + "-wal"] {
            let bytes = try #require(WholeFile(name).bytes)
            #expect(!bytes.withUnsafeBytes { $0.contains(Array(Self.marker.utf8)) })
        }
    }

    @Test func `A wrong key, a foreign file and a cut file are told apart and left alone`() throws {
        let path = folder.file("a.db")
        let connection = try Connection(path: path, key: key)
        try fillWithMarkers(connection)
        try connection.close()
        let good = try #require(WholeFile(path).bytes)
        let cases: [(StorageError.Code, [UInt8])] = [
            (.notADatabase, Array("SQLite format 3\0".utf8) + [UInt8](repeating: 1, count: 9000)),
            (.notADatabase, Array("hola".utf8)),
            (.notADatabase, [UInt8](repeating: 0, count: 8192)),
        ]
        for (code, bytes) in cases {
            WholeFile(path).write(bytes)
            #expect(failure(path, key)?.code == code)
            #expect(WholeFile(path).bytes == bytes)
        }
        WholeFile(path).write(good)
        #expect(failure(path, SecretBytes(randomCount: 32, from: .live()))?.code == .wrongKey)
        #expect(WholeFile(path).bytes == good)
        #expect(failure(path, key) == nil)
    }

    @Test func `A page of another file under the same key is refused`() throws {
        var files: [[UInt8]] = []
        for name in ["a.db", "b.db"] {
            let connection = try Connection(path: folder.file(name), key: key)
            try fillWithMarkers(connection)
            try connection.close()
            files.append(try #require(WholeFile(folder.file(name)).bytes))
        }
        let page = PageLayout.pageBytes
        files[0][3 * page..<4 * page] = files[1][3 * page..<4 * page]
        WholeFile(folder.file("a.db")).write(files[0])
        let connection = try Connection(path: folder.file("a.db"), key: key)
        let error = #expect(throws: StorageError.self) {
            try connection.rows("SELECT * FROM note ORDER BY rowid") { $0.text(0) }
        }
        #expect(error?.code == .corrupt)
    }

    @Test func `A missing file is not made when that is not wanted`() {
        var options = ConnectionOptions()
        options.mayCreate = false
        let error = #expect(throws: StorageError.self) {
            try Connection(path: folder.file("none.db"), key: key, options: options)
        }
        #expect(error?.code == .cannotOpen)
    }

    @Test func `A second file cannot be attached, for it has no key`() throws {
        let connection = try Connection(path: folder.file("a.db"), key: key)
        let error = #expect(throws: StorageError.self) {
            try connection.write { try $0.run("ATTACH ? AS other", .text(folder.file("b.db"))) }
        }
        #expect(error != nil)
        #expect(WholeFile(folder.file("b.db")).bytes == nil)
    }

    @Test(.longComputation)
    func `Every change to the files is refused, or leaves a committed prefix`() throws {
        for scene in TamperHarness.Scene.allCases {
            let outcome = try TamperHarness(name: "tamper \(scene)", scene: scene).run(0..<300)
            #expect(outcome.violations.isEmpty)
            // A journal is played back or refused; a log may also end earlier, and most changes
            // of a long one make it so.
            #expect(outcome.refused > 0 && outcome.unharmed > 10, "\(outcome)")
            #expect(outcome.alarms > 50 || scene == .journal)
        }
    }

    /// Bit 0 of byte 3 tells the order of bytes in sums; it once hid that everything was lost.
    @Test(.longComputation)
    func `Every flipped bit of the log's header is noticed`() throws {
        let harness = try TamperHarness(name: "tamper log header", scene: .log)
        let outcome = harness.runFlips(in: "-wal", bytes: 0..<32)
        #expect(outcome.violations.isEmpty)
        #expect(outcome.alarms > 200)
    }

    @Test(.longComputation)
    func `Without authentic headers of the journal, half a transaction is believed`() throws {
        var options = EncryptingFileSystem.Options()
        options.authenticatesJournal = false
        let harness = try TamperHarness(
            name: "tamper bare journal", scene: .journal, options: options)
        let outcome = harness.runFlips(in: "-journal", bytes: 0..<12)
        #expect(!outcome.violations.isEmpty, "\(outcome)")
    }

    private func failure(_ path: String, _ key: SecretBytes) -> StorageError? {
        do {
            try Connection(path: path, key: key).close()
            return nil
        } catch {
            return error as? StorageError
        }
    }
}
