import Glibc
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// A restore that ends in the middle, as by a power cut.
struct HomeRestoreTests {
    /// Copies a folder with its folders, as it is at this moment.
    private static func copy(_ source: String, to target: String) {
        mkdir(target, 0o700)
        for (name, bytes) in WholeFile.contents(ofFolder: source) {
            if let bytes { WholeFile("\(target)/\(name)").write(bytes) }
        }
        let partial = "restore.partial"
        if BackupFile.exists("\(source)/\(partial)"), !source.hasSuffix(partial) {
            copy("\(source)/\(partial)", to: "\(target)/\(partial)")
        }
    }

    private static func restore(
        _ bytes: [UInt8], into home: String, _ recovery: String, seed: UInt64,
        done: (ReplicaRestore.Step) throws -> Void = { _ in }
    ) async throws {
        let restore = HomeFiles(home: home).restore(
            using: ManualEnvironment(seed: seed).environment)
        _ = try await restore.restore(
            "b.bak", from: { try await $0(bytes) },
            credential: {
                var bytes = Array(recovery.utf8)
                return .recovery(try RecoveryKey(SecretBytes(consuming: &bytes)).databaseKey)
            },
            progress: { _ in }, done: done)
    }

    @Test func `a cut at any step leaves a home without a replica, or with a whole one`()
        async throws
    {
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        let bytes = try await home.backup()
        let target = TemporaryDirectory()
        let cuts = TemporaryDirectory()
        var seen: [ReplicaRestore.Step] = []
        try await Self.restore(bytes, into: target.path, recovery, seed: 2) { step in
            seen.append(step)
            Self.copy(target.path, to: cuts.file(step.rawValue))
        }
        #expect(seen == ReplicaRestore.Step.allCases)
        for step in seen {
            let place = cuts.file(step.rawValue)
            let engine = try await Engine.open(
                home: place, environment: ManualEnvironment(seed: 3).environment)
            if step == .placed {
                let replica = try engine.workspace().replica
                #expect(try await LogVerifier(replica).verify().isWhole)
            } else {
                #expect(throws: WorkspaceError.notAMember) { try engine.workspace() }
                // What was left does not keep the next attempt from going through.
                try await Self.restore(bytes, into: place, recovery, seed: 4)
                try await engine.openRestored()
                #expect(try engine.workspace().replica.identity.name != "")
            }
            try await engine.close()
        }
    }

    @Test func `a failure at any step leaves the home as empty as it was`() async throws {
        struct Cut: Error {}
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        let bytes = try await home.backup()
        for last in ReplicaRestore.Step.allCases where last != .placed {
            let target = TemporaryDirectory()
            await #expect(throws: Cut.self, "\(last)") {
                try await Self.restore(bytes, into: target.path, recovery, seed: 2) { step in
                    if step == last { throw Cut() }
                }
            }
            let names = WholeFile.contents(ofFolder: target.path).keys.sorted()
            // The key of this machine is no part of a replica.
            #expect(names.allSatisfy { $0 == "machine.key" }, "\(last): \(names)")
            #expect(!BackupFile.exists(target.file("restore.partial")))
        }
    }
}
