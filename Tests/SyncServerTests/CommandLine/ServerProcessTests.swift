import Foundation
import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Homes of a hub whose files are not what the hub left there.
struct ServerProcessTests {
    private static let damages = [
        HomeDamage("another hub's key", .configuration, HomeDamage.replace("machine.key")),
        HomeDamage("no machine key", .configuration, HomeDamage.remove("machine.key")),
        HomeDamage("another hub's keys", .configuration, HomeDamage.replace("hub.db.keys")),
        HomeDamage("no keys", .configuration, HomeDamage.remove("hub.db.keys")),
        HomeDamage("another hub's store", .configuration, HomeDamage.replace("hub.db")),
        HomeDamage(
            "half a store", .badData, HomeDamage.rewrite("hub.db") { $0.prefix($0.count / 2) }),
        HomeDamage("an empty store", .badData, HomeDamage.rewrite("hub.db") { _ in Data() }),
        HomeDamage(
            "a file of something else", .configuration,
            HomeDamage.rewrite("hub.db") { _ in Data("hola".utf8) }),
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
    private func contents(of home: TemporaryDirectory) -> [String: [UInt8]?] {
        WholeFile.contents(ofFolder: home.path).filter { $0.key != "server.lock" }
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
            try damage.apply(home.path, other.path)
            let before = contents(of: home)
            for verb in ["verify", "run"] {
                let error = try await failure([verb], home: home)
                #expect(error?.exitStatus == damage.status, "\(verb): \(damage.name)")
                #expect(error?.explanation.es != error?.explanation.en, "\(damage.name)")
                #expect(contents(of: home) == before, "\(verb): \(damage.name)")
            }
        }
    }

    @Test func `a hub that exists is not made again`() async throws {
        let home = try await makeHome()
        let before = contents(of: home)
        let error = try await failure(["init", "--url", "https://hub.example.mx"], home: home)
        #expect(error?.exitStatus == .cannotCreate)
        #expect(contents(of: home) == before)
    }

    /// The usual port may be another program's.
    private static let onAnyPort = ["--listen", "127.0.0.1:0"]

    @Test(arguments: [
        (["--listen", "8443"], SyncCore.ExitStatus.usage),
        (["--listen", "192.0.2.1:0"], .usage),
        (onAnyPort + ["--tls-cert", "/no/such.pem", "--tls-key", "/no/such.key"], .configuration),
        (onAnyPort + ["--tls-cert", "/", "--tls-key", "/dev/null"], .configuration),
        (
            onAnyPort + ["--tls-cert", "/etc/hostname", "--tls-key", "/etc/hostname"],
            .configuration
        ),
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
