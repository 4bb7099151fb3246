import Glibc
import SyncCore
import TestSupport
import Testing

/// A replica whose file is copied, restored or moved begins another life.
struct LifeTests {
    private let directory = TemporaryDirectory()

    /// A founded replica, closed, with its key.
    private func made() async throws -> SecretBytes {
        let environment = ManualEnvironment(seed: 1).environment
        let key = SecretBytes(randomCount: 32, from: environment)
        let replica = try await open("a.db", key, seed: 1)
        let recovery = RecoveryKey(randomFrom: environment)
        try await replica.write {
            try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
        }
        try await write(2, to: replica)
        try await replica.close()
        return key
    }

    private func open(
        _ name: String, _ key: SecretBytes, seed: UInt64, _ habitat: HabitatCheck = .file
    ) async throws -> Replica {
        try await Replica.open(
            path: directory.file(name), key: key, name: "n1", habitat: habitat,
            environment: ManualEnvironment(seed: seed).environment)
    }

    private func write(_ count: Int, to replica: Replica) async throws {
        for index in 0..<count {
            let path = RegisterPath("user", "juan\(index)", "name")
            try await replica.write { try $0.configure([path: .text("J")], actor: "test") }
        }
    }

    private func copy(_ name: String, as other: String) throws {
        let bytes = try #require(WholeFile(directory.file(name)).bytes)
        WholeFile(directory.file(other)).write(bytes)
    }

    private func former(_ replica: Replica) async throws -> [FormerLife.Reason] {
        try await replica.read { try LifeStore($0.replicaStore).former().map(\.reason) }
    }

    @Test func `a replica that stays where it is lives on`() async throws {
        let key = try await made()
        var lives: Set<Incarnation> = []
        for seed in 10..<13 as Range<UInt64> {
            let replica = try await open("a.db", key, seed: seed)
            lives.insert(replica.identity.incarnation)
            #expect(try await former(replica).isEmpty)
            try await replica.close()
        }
        #expect(lives.count == 1)
    }

    @Test func `a copy begins another life at once, and writes feeds from 1`() async throws {
        let key = try await made()
        try copy("a.db", as: "b.db")
        let first = try await open("a.db", key, seed: 2)
        let second = try await open("b.db", key, seed: 3)
        #expect(first.identity.id == second.identity.id)
        #expect(first.identity.incarnation != second.identity.incarnation)
        #expect(try await former(second) == [.moved])
        #expect(try await former(first).isEmpty)
        // Both write; neither contradicts the other, and both logs are whole.
        try await write(1, to: first)
        try await write(1, to: second)
        let feed = second.identity.feed(.config, .organisation)
        #expect(try await second.read { try $0.feeds.end(of: feed).count } == 1)
        for (source, target) in [(first, second), (second, first)] {
            let batches = try await source.read { transaction in
                try transaction.feeds.vector().feeds.compactMap {
                    try transaction.feeds.batch(of: $0, after: 0)
                }
            }
            try await target.write { transaction in
                for batch in batches { try transaction.admit(batch) }
            }
        }
        for replica in [first, second] {
            #expect(try await LogVerifier(replica).verify().isWhole)
        }
        #expect(
            try await first.read { try $0.stateDigests() }
                == second.read { try $0.stateDigests() })
        try await first.close()
        try await second.close()
        // The other life is one life, too: it begins once.
        let again = try await open("b.db", key, seed: 4)
        #expect(again.identity.incarnation == second.identity.incarnation)
        try await again.close()
    }

    @Test func `a file that was moved within its file system lives on`() async throws {
        let key = try await made()
        try #require(rename(directory.file("a.db"), directory.file("b.db")) == 0)
        let replica = try await open("b.db", key, seed: 2)
        #expect(try await former(replica).isEmpty)
        try await replica.close()
    }

    @Test func `a replica that was marked as restored begins another life, wherever it is`()
        async throws
    {
        let key = try await made()
        let marked = try await open("a.db", key, seed: 2, .none)
        let life = marked.identity.incarnation
        try await marked.write { try LifeStore($0.replicaStore).markRestored() }
        try await marked.close()
        let replica = try await open("a.db", key, seed: 3)
        #expect(replica.identity.incarnation != life)
        #expect(try await former(replica) == [.restored])
        try await replica.close()
    }

    @Test func `what must differ and what may differ between two places`() {
        func place(
            machine: String = "m", boot: String = "b1", disk: UInt64 = 1, inode: UInt64 = 2,
            birth: Int64? = 3
        ) -> Habitat {
            Habitat(
                machine: Digest(of: Array(machine.utf8)), boot: boot, disk: disk, inode: inode,
                birth: birth)
        }
        let here = place()
        #expect(here.canBe(here))
        #expect(!here.canBe(place(machine: "other")))
        #expect(!here.canBe(place(inode: 9)))
        #expect(!here.canBe(place(birth: 4)))
        #expect(!here.canBe(place(disk: 9)))
        // Disks are numbered anew when the machine starts.
        #expect(here.canBe(place(boot: "b2", disk: 9)))
        #expect(here.canBe(place(birth: nil)))
    }
}
