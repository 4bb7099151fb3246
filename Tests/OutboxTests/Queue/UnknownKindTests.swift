import Outbox
import SyncCore
import TestSupport
import Testing

/// What the log shows of records that an earlier version cannot read.
struct UnknownKindTests {
    private let directory = TemporaryDirectory()
    private let manual = ManualEnvironment(seed: 7)
    private let key = SecretBytes(
        randomCount: 32, from: ManualEnvironment(seed: 8).environment)

    private func open(knowing kinds: [RecordKind]) async throws -> Replica {
        try await Replica.open(
            path: directory.file("replica.db"), key: key, name: "n1", folds: [OutboxFold()],
            kinds: kinds, environment: manual.environment)
    }

    private func words(_ replica: Replica) async throws -> [LogWord] {
        try await replica.read { try $0.outbox.log(LogFilter(), limit: 100).map(\.line.word) }
    }

    @Test func `a line of an unknown kind becomes a line of the log with the next version`()
        async throws
    {
        let before = try await open(
            knowing: RecordKind.all.filter { $0.name != KeyReport.recordKind })
        try await before.write { transaction in
            try transaction.found(
                "INAIR", branch: BranchID(validated: "matriz"),
                recovery: RecoveryKey(randomFrom: transaction.environment))
            for kind in [KeyReport.recordKind, "future.thing"] {
                try transaction.append(
                    KeyReport(.rotated), kind: kind, topic: .audit,
                    scope: .branch(BranchID(validated: "matriz")), actor: "test")
            }
        }
        #expect(try await words(before) == [.unknownKind, .unknownKind])
        try await before.close()
        for _ in 0..<2 {
            let after = try await open(knowing: RecordKind.all)
            #expect(try await words(after) == [.unknownKind, .keysChanged])
            try await after.close()
        }
    }
}
