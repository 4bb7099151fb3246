import Foundation
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// Homes whose files are not what the engine left there.
struct DamagedHomeTests {
    /// Something that happens to the files of a home.
    private struct Damage: Sendable {
        let name: String
        let status: Status
        let body: @Sendable (_ home: String, _ other: String) throws -> Void
    }

    private static func replace(_ name: String) -> @Sendable (String, String) throws -> Void {
        { home, other in
            let bytes = try Data(contentsOf: URL(filePath: "\(other)/\(name)"))
            try bytes.write(to: URL(filePath: "\(home)/\(name)"))
        }
    }

    private static func remove(_ name: String) -> @Sendable (String, String) throws -> Void {
        { home, _ in try FileManager.default.removeItem(atPath: "\(home)/\(name)") }
    }

    private static func rewrite(
        _ name: String, _ change: @escaping @Sendable (Data) -> Data
    ) -> @Sendable (String, String) throws -> Void {
        { home, _ in
            let file = URL(filePath: "\(home)/\(name)")
            try change(try Data(contentsOf: file)).write(to: file)
        }
    }

    private static let damages = [
        Damage(name: "another machine's key", status: .configuration, body: replace("machine.key")),
        Damage(name: "no machine key", status: .configuration, body: remove("machine.key")),
        Damage(
            name: "a cut machine key", status: .configuration,
            body: rewrite("machine.key") { $0.prefix(7) }),
        Damage(
            name: "another home's keys", status: .configuration, body: replace("replica.db.keys")),
        Damage(name: "no keys", status: .configuration, body: remove("replica.db.keys")),
        Damage(
            name: "keys that were cut", status: .configuration,
            body: rewrite("replica.db.keys") { $0.prefix($0.count / 3) }),
        Damage(name: "another home's replica", status: .configuration, body: replace("replica.db")),
        Damage(
            name: "half a replica", status: .badData,
            body: rewrite("replica.db") { $0.prefix($0.count / 2) }),
        Damage(
            name: "an empty replica", status: .badData,
            body: rewrite("replica.db") { _ in Data() }),
        Damage(
            name: "a file of something else", status: .configuration,
            body: rewrite("replica.db") { _ in
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

    private func contents(of directory: TemporaryDirectory) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            contents[name] = try Data(contentsOf: URL(filePath: directory.file(name)))
        }
        return contents
    }

    @Test func `a wrong key and a cut or foreign file are explained and left as they are`()
        async throws
    {
        let other = try await makeHome()
        for damage in Self.damages {
            let home = try await makeHome()
            try damage.body(home.path, other.path)
            let before = try contents(of: home)
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
            let after = try contents(of: home)
            #expect(after.keys.sorted() == before.keys.sorted(), "\(damage.name)")
            #expect(after == before, "\(damage.name)")
        }
    }
}
