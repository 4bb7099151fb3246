import SyncCore
import TestSupport
import Testing

/// What a replica does with records of a later version, and once it is that version itself.
struct RecordKindTests {
    private let directory = TemporaryDirectory()
    private let manual = ManualEnvironment(seed: 7)
    private let key = SecretBytes(
        randomCount: 32, from: ManualEnvironment(seed: 8).environment)
    private let path = RegisterPath("user", "juan", "name")

    private func open(knowing kinds: [RecordKind]) async throws -> Replica {
        try await Replica.open(
            path: directory.file("replica.db"), key: key, name: "n1", kinds: kinds,
            environment: manual.environment)
    }

    private func name(_ replica: Replica) async throws -> RegisterValue {
        let path = path
        return try await replica.read { try $0.config.register(path).value }
    }

    private func unknown(_ replica: Replica) async throws -> [String] {
        try await replica.read { try $0.voidRecords(of: .config).map(\.kind) }
    }

    @Test func `what an earlier version did not know counts as soon as a later one opens it`()
        async throws
    {
        let path = path
        let before = try await open(knowing: [])
        try await before.write { transaction in
            try transaction.found(
                "INAIR", branch: BranchID(validated: "matriz"),
                recovery: RecoveryKey(randomFrom: transaction.environment))
            try transaction.configure([path: .text("Juan")], actor: "test")
        }
        #expect(try await name(before) == .none)
        #expect(try await unknown(before) == [ConfigWrite.recordKind])
        try await before.close()

        for _ in 0..<2 {
            let after = try await open(knowing: RecordKind.all)
            #expect(try await name(after) == .text("Juan"))
            #expect(try await unknown(after).isEmpty)
            try await after.close()
        }
        // Whoever goes back to the earlier one, and forth again, misses nothing.
        let back = try await open(knowing: [])
        try await back.write { try $0.configure([path: .text("Juana")], actor: "test") }
        #expect(try await name(back) == .text("Juan"))
        try await back.close()
        let forth = try await open(knowing: RecordKind.all)
        #expect(try await name(forth) == .text("Juana"))
        try await forth.close()
    }

    @Test func `a kind whose form a later version raised is folded again`() async throws {
        let path = path
        let before = try await open(knowing: RecordKind.all)
        try await before.write { transaction in
            try transaction.found(
                "INAIR", branch: BranchID(validated: "matriz"),
                recovery: RecoveryKey(randomFrom: transaction.environment))
            try transaction.configure([path: .text("Juan")], actor: "test")
            // What this version made of it is taken away, to see that it is made again.
            try transaction.connection.run("DELETE FROM config_write")
        }
        try await before.close()
        let same = try await open(knowing: RecordKind.all)
        #expect(try await name(same) == .none)
        try await same.close()
        let raised = RecordKind(
            .config, ConfigWrite.recordKind, ConfigWrite.self, form: 2)
        let after = try await open(
            knowing: RecordKind.all.filter { $0.topic != .config } + [raised])
        #expect(try await name(after) == .text("Juan"))
        try await after.close()
    }

    @Test func `each kind is named once, and each says when it reads everything`() throws {
        let names = RecordKind.all.map { "\($0.topic) \($0.name)" }
        #expect(Set(names).count == names.count)
        let kind = try #require(RecordKind.all.first { $0.name == KeyReport.recordKind })
        #expect(kind.readsAll(of: KeyReport(.removed, slot: 3).canonicalBytes))
        #expect(!kind.readsAll(of: StrangeRecord.withField(KeyReport(.removed, slot: 3))))
        #expect(!kind.readsAll(of: [0xff]))
    }
}
