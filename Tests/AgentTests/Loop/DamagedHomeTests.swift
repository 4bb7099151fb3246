import Foundation
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// Homes whose files are not what the engine left there.
struct DamagedHomeTests {
    private static let damages = [
        HomeDamage("another machine's key", .configuration, HomeDamage.replace("machine.key")),
        HomeDamage("no machine key", .configuration, HomeDamage.remove("machine.key")),
        HomeDamage(
            "a cut machine key", .configuration,
            HomeDamage.rewrite("machine.key") { $0.prefix(7) }),
        HomeDamage("another home's keys", .configuration, HomeDamage.replace("replica.db.keys")),
        HomeDamage("no keys", .configuration, HomeDamage.remove("replica.db.keys")),
        HomeDamage(
            "keys that were cut", .configuration,
            HomeDamage.rewrite("replica.db.keys") { $0.prefix($0.count / 3) }),
        HomeDamage("another home's replica", .configuration, HomeDamage.replace("replica.db")),
        HomeDamage(
            "half a replica", .badData,
            HomeDamage.rewrite("replica.db") { $0.prefix($0.count / 2) }),
        HomeDamage(
            "an empty replica", .badData, HomeDamage.rewrite("replica.db") { _ in Data() }),
        HomeDamage(
            "a file of something else", .configuration,
            HomeDamage.rewrite("replica.db") { _ in
                Data("SQLite format 3\u{0}".utf8) + Data(repeating: 0, count: 9000)
            }),
    ]

    private func makeHome() async throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let engine = try await open(directory)
        let recovery = RecoveryKey(randomFrom: engine.environment)
        try await engine.makeWorkspace(name: "matriz") { workspace in
            try await workspace.replica.write {
                try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
            }
        }
        try await engine.close()
        return directory
    }

    private func open(_ directory: TemporaryDirectory) async throws -> Engine {
        try await Engine.open(home: directory.path, environment: .live())
    }

    @Test func `a wrong key and a cut or foreign file are explained and left as they are`()
        async throws
    {
        let other = try await makeHome()
        for damage in Self.damages {
            let home = try await makeHome()
            try damage.apply(home.path, other.path)
            let before = WholeFile.contents(ofFolder: home.path)
            do {
                let engine = try await open(home)
                // What the recovery key can mend is served, and nothing but recovering works.
                _ = await #expect(throws: LockedHome.self, "\(damage.name)") {
                    try await engine.makeWorkspace(name: "otra") { _ in }
                }
                _ = try engine.workspace()
                Issue.record("\(damage.name): the home was opened")
            } catch let error as any ExplainedError {
                #expect(error.exitStatus == damage.status, "\(damage.name): \(error)")
                #expect(error.explanation.es != error.explanation.en, "\(damage.name)")
                // Where the key file is gone, no key can help.
                let isHopeful = error.explanation.en.contains("key recover")
                #expect(damage.name != "no keys" || !isHopeful, "\(error.explanation.en)")
            }
            let after = WholeFile.contents(ofFolder: home.path)
            #expect(after.keys.sorted() == before.keys.sorted(), "\(damage.name)")
            #expect(after == before, "\(damage.name)")
        }
    }
}
