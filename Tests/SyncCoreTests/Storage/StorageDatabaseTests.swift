import SyncCore
import TestSupport
import Testing

private let notes = SchemaModule(
    name: "notes",
    migrations: [
        Migration(
            version: 1,
            sql: """
                CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body BLOB) STRICT;
                CREATE INDEX note_title ON note (title)
                """)
    ])

struct StorageDatabaseTests {
    private let folder = TemporaryDirectory()
    private let key = SecretBytes(randomCount: 32, from: .live())

    private func open(_ modules: [SchemaModule] = [notes]) throws -> Database {
        try Database(path: folder.file("test.db"), key: key, modules: modules)
    }

    @Test func `Every kind of value returns as it was stored`() async throws {
        let database = try open()
        try await database.write { connection in
            try connection.run(
                "INSERT INTO note VALUES (?, ?, ?)", .integer(7), .text("acción\0ñ"),
                .bytes([0, 255]))
            try connection.run("INSERT INTO note VALUES (?, ?, ?)", .integer(8), .text(""), .null)
            try connection.run(
                "INSERT INTO note VALUES (?, ?, ?)", .init(bits: .max), .text("x"), .bytes([]))
        }
        try await database.close()
        let again = try open()
        let rows = try await again.read { connection in
            try connection.rows("SELECT id, title, body FROM note ORDER BY id") { row in
                "\(row.bits(0)) \(row.text(1)) \(row.optionalBytes(2) ?? [9])"
            }
        }
        #expect(rows == ["\(UInt64.max) x []", "7 acción\0ñ [0, 255]", "8  [9]"])
    }

    @Test func `A write that throws changes nothing`() async throws {
        struct Refusal: Error {}
        let database = try open()
        await #expect(throws: Refusal.self) {
            try await database.write { connection in
                try connection.run("INSERT INTO note VALUES (1, 'a', NULL)")
                throw Refusal()
            }
        }
        let count = try await database.read { connection in
            try connection.first("SELECT count(*) FROM note") { $0.integer(0) }
        }
        #expect(count == 0)
    }

    @Test func `A savepoint that throws undoes only itself`() async throws {
        struct Refusal: Error {}
        let database = try open()
        let titles = try await database.write { connection in
            try connection.run("INSERT INTO note VALUES (1, 'kept', NULL)")
            try? connection.savepoint { connection in
                try connection.run("INSERT INTO note VALUES (2, 'undone', NULL)")
                throw Refusal()
            }
            return try connection.rows("SELECT title FROM note") { $0.text(0) }
        }
        #expect(titles == ["kept"])
    }

    @Test func `A run tells how many rows it changed`() async throws {
        let database = try open()
        let counts = try await database.write { connection in
            [
                try connection.run("INSERT INTO note VALUES (1, 'a', NULL), (2, 'b', NULL)"),
                try connection.run("UPDATE note SET title = 'c' WHERE id = ?", .integer(1)),
                try connection.run("UPDATE note SET title = 'c' WHERE id = ?", .integer(9)),
            ]
        }
        #expect(counts == [2, 1, 0])
    }

    @Test func `Reading may not write, and a broken rule is told apart`() async throws {
        let database = try open()
        await #expect(throws: StorageError.self) {
            try await database.read { try $0.run("DELETE FROM note") }
        }
        let error = await #expect(throws: StorageError.self) {
            try await database.write { try $0.run("INSERT INTO note VALUES (1, NULL, NULL)") }
        }
        #expect(error?.code == .constraint)
    }

    @Test func `The same SQL may run inside its own rows`() async throws {
        let database = try open()
        let pairs = try await database.write { connection in
            try connection.run("INSERT INTO note VALUES (1, 'a', NULL), (2, 'b', NULL)")
            return try connection.rows("SELECT id FROM note ORDER BY id") { outer in
                let outer = outer.integer(0)
                return try connection.rows("SELECT id FROM note ORDER BY id") { inner in
                    outer * 10 + inner.integer(0)
                }
            }
        }
        #expect(pairs == [[11, 12], [21, 22]])
    }

    @Test func `Each module is brought to its own version once`() async throws {
        let later = SchemaModule(
            name: "notes",
            migrations: notes.migrations + [
                Migration(version: 2) { try $0.run("INSERT INTO note VALUES (1, 'two', NULL)") }
            ])
        let other = SchemaModule(
            name: "other", migrations: [Migration(version: 1, sql: "CREATE TABLE other (x)")])
        try await open().close()
        for _ in 1...2 {
            let database = try open([later, other])
            let count = try await database.read { connection in
                try connection.first("SELECT count(*) FROM note, schema_version") { $0.integer(0) }
            }
            #expect(count == 2)
            try await database.close()
        }
        let error = #expect(throws: StorageError.self) { try open() }
        #expect(error?.code == .newerSchema)
    }

    @Test func `A step that fails leaves the file at the step before`() async throws {
        let broken = SchemaModule(
            name: "notes",
            migrations: notes.migrations + [
                Migration(version: 2, sql: "CREATE TABLE more (x); CREATE TABLE note (x)")
            ])
        #expect(throws: StorageError.self) { try open([broken]) }
        let database = try open()
        let names = try await database.read { connection in
            try connection.rows("SELECT name FROM sqlite_schema WHERE type = 'table'") {
                $0.text(0)
            }
        }
        #expect(Set(names) == ["schema_version", "note"])
    }

    @Test func `A second handle is told that the file is busy`() async throws {
        let database = try open()
        let error = #expect(throws: StorageError.self) { try open() }
        #expect(error?.code == .busy)
        try await database.close()
        try await open().close()
    }

    @Test func `A closed database answers closed, and closes twice`() async throws {
        let database = try open()
        try await database.close()
        try await database.close()
        let error = await #expect(throws: StorageError.self) {
            try await database.read { try $0.first("SELECT 1") { $0.integer(0) } }
        }
        #expect(error?.code == .closed)
    }
}
