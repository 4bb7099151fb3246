import Foundation
import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Homes of a hub whose files are not what the hub left there.
struct ServerProcessTests {
    /// Something that happens to the files of a home.
    private struct Damage: Sendable {
        let name: String
        let status: SyncCore.ExitStatus
        let body: @Sendable (_ home: String, _ other: String) throws -> Void
    }

    private static func change(
        _ name: String, _ body: @escaping @Sendable (Data) -> Data
    ) -> @Sendable (String, String) throws -> Void {
        { home, _ in
            let file = URL(filePath: "\(home)/\(name)")
            try body(try Data(contentsOf: file)).write(to: file)
        }
    }

    private static func replace(_ name: String) -> @Sendable (String, String) throws -> Void {
        { home, other in
            try Data(contentsOf: URL(filePath: "\(other)/\(name)"))
                .write(to: URL(filePath: "\(home)/\(name)"))
        }
    }

    private static func remove(_ name: String) -> @Sendable (String, String) throws -> Void {
        { home, _ in try FileManager.default.removeItem(atPath: "\(home)/\(name)") }
    }

    private static let damages = [
        Damage(name: "another hub's key", status: .configuration, body: replace("machine.key")),
        Damage(name: "no machine key", status: .configuration, body: remove("machine.key")),
        Damage(name: "another hub's keys", status: .configuration, body: replace("hub.db.keys")),
        Damage(name: "no keys", status: .configuration, body: remove("hub.db.keys")),
        Damage(name: "another hub's store", status: .configuration, body: replace("hub.db")),
        Damage(
            name: "half a store", status: .badData,
            body: change("hub.db") { $0.prefix($0.count / 2) }),
        Damage(name: "an empty store", status: .badData, body: change("hub.db") { _ in Data() }),
        Damage(
            name: "a file of something else", status: .configuration,
            body: change("hub.db") { _ in Data("hola".utf8) }),
    ]

    private func makeHome() async throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let environment = Environment.live()
        let machineKey = try MachineKey.readOrCreate(
            at: directory.file("machine.key"), environment: environment)
        let key = try KeyFile.create(
            for: directory.file("hub.db"), machineKey: machineKey, environment: environment)
        let store = try await SQLiteStore(
            path: directory.file("hub.db"), key: key, environment: environment)
        try await store.close()
        return directory
    }

    /// The files of a home, but for its lock, which is empty and stays.
    private func contents(of home: TemporaryDirectory) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: home.path)
        where name != "server.lock" {
            contents[name] = try Data(contentsOf: URL(filePath: home.file(name)))
        }
        return contents
    }

    /// Runs `syncmail-server` with words, and returns how it failed.
    private func failure(
        _ words: [String], home: TemporaryDirectory
    ) async throws -> (any ExplainedError)? {
        let process = ServerProcess(
            options: try ServerOptions(words + ["--home", home.path]), environment: .live(),
            language: .english, credentials: nil)
        do {
            try await process.run()
            return nil
        } catch {
            return try #require(error as? any ExplainedError)
        }
    }

    @Test func `a wrong key and a cut or foreign store are explained and left as they are`()
        async throws
    {
        let other = try await makeHome()
        for damage in Self.damages {
            let home = try await makeHome()
            try damage.body(home.path, other.path)
            let before = try contents(of: home)
            for verb in ["verify", "run"] {
                let error = try await failure([verb], home: home)
                #expect(error?.exitStatus == damage.status, "\(verb): \(damage.name)")
                #expect(error?.explanation.es != error?.explanation.en, "\(damage.name)")
                #expect(try contents(of: home) == before, "\(verb): \(damage.name)")
            }
        }
    }

    @Test func `a hub that exists is not made again`() async throws {
        let home = try await makeHome()
        let before = try contents(of: home)
        let error = try await failure(["init", "--url", "https://hub.example.mx"], home: home)
        #expect(error?.exitStatus == .cannotCreate)
        #expect(try contents(of: home) == before)
    }

    @Test(arguments: [
        (["--listen", "8443"], SyncCore.ExitStatus.usage),
        (["--listen", "192.0.2.1:0"], .usage),
        (["--tls-cert", "/no/such.pem", "--tls-key", "/no/such.key"], .configuration),
        (["--tls-cert", "/", "--tls-key", "/dev/null"], .configuration),
        (["--tls-cert", "/etc/hostname", "--tls-key", "/etc/hostname"], .configuration),
    ])
    func `an address or certificate that cannot be used is explained`(
        words: [String], status: SyncCore.ExitStatus
    ) async throws {
        let home = try await makeHome()
        let error = try await failure(["run"] + words, home: home)
        #expect(error?.exitStatus == status, "\(error?.explanation.en ?? "")")
        #expect(error?.explanation.es != error?.explanation.en)
    }
}
