import Glibc
import SyncCore
import Synchronization
import TestSupport
import Testing

@testable import SyncServer

/// `syncmail-server key …`, on a hub that is stopped.
struct ServerKeysTests {
    private let directory = TemporaryDirectory()
    private let environment = Environment.live()

    private var home: String { directory.file("hub") }

    private func file(_ name: String, _ text: String) -> String {
        WholeFile(directory.file(name)).write(Array(text.utf8))
        return directory.file(name)
    }

    private func run(_ line: String) async throws {
        let words = line.split(separator: " ").map(String.init) + ["--home", home]
        try await ServerProcess(
            options: ServerOptions(words), environment: environment, language: .english,
            credentials: nil
        ).run()
    }

    private func status(of body: () async throws -> Void) async -> SyncCore.ExitStatus? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? any ExplainedError)?.exitStatus
        }
    }

    private var keys: KeyRing {
        KeyRing(
            database: home + "/hub.db", machineKey: MachineKeySource(home: home, credentials: nil),
            environment: environment)
    }

    /// Attaches the hub to an organisation, whose paper is returned.
    private func attach() async throws -> RecoveryKey {
        let recovery = RecoveryKey(randomFrom: environment)
        let store = try await SQLiteStore(
            path: home + "/hub.db", key: try keys.open(), mayCreate: false,
            environment: environment)
        let founder = try await Replica.open(
            path: directory.file("founder.db"),
            key: SecretBytes(randomCount: 32, from: environment), name: "matriz",
            environment: environment)
        try await founder.write {
            try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
        }
        let entries = try await founder.read { try $0.replicaStore.membershipEntries(after: 0) }
        let now = environment.now()
        try await store.transaction { transaction in
            for entry in entries { try transaction.admit(entry, at: now) }
        }
        #expect(try await store.ensureRecoverySlot(keys))
        try await store.close()
        try await founder.close()
        return recovery
    }

    @Test func `the organisation's paper opens the hub, and gives another machine its key`()
        async throws
    {
        try await run("init --url https://hub.example.mx")
        #expect(try keys.slots().map(\.kind) == [.machine])
        #expect(await status { try await run("key add-recovery") } == .configuration)
        let paper = try await attach()
        #expect(try keys.slots().map(\.kind) == [.machine, .recovery])
        try await run("key rotate")
        unlink(home + "/machine.key")
        #expect(await status { try await run("verify") } == .configuration)
        let foreign = file("foreign", RecoveryKey(randomFrom: environment).text + "\n")
        #expect(
            await status { try await run("key recover --recovery-file \(foreign)") }
                == .notPermitted)
        let slip = file("slip", String(paper.text.dropLast()) + "\n")
        #expect(
            await status { try await run("key recover --recovery-file \(slip)") } == .badData)
        let right = file("right", paper.text + "\n")
        try await run("key recover --recovery-file \(right)")
        try await run("verify")
    }

    @Test func `a passphrase opens the hub, and the last slot stays`() async throws {
        try await run("init --url https://hub.example.mx")
        let phrase = file("phrase", "caballo bateria grapa\nmore\n")
        try await run("key add-passphrase --passphrase-file \(phrase)")
        try await run("key list")
        try await run("key remove 1 --force")
        #expect(await status { try await run("verify") } == .configuration)
        try await run("key recover --passphrase-file \(phrase)")
        try await run("verify")
        try await run("key remove 2 --force")
        #expect(await status { try await run("key remove 3 --force") } == .badData)
        let short = file("short", "corta\n")
        #expect(
            await status { try await run("key add-passphrase --passphrase-file \(short)") }
                == .badData)
        #expect(
            await status { try await run("key add-passphrase --passphrase-file /nada") }
                == .cannotCreate)
    }

    @Test func `a hub that is used by another process is left alone`() async throws {
        try await run("init --url https://hub.example.mx")
        try await ServerLock.hold(home) {
            let before = WholeFile.contents(ofFolder: home)
            for line in ["key rotate", "key remove 1 --force", "verify", "run"] {
                #expect(await status { try await run(line) } == .tryLater, "\(line)")
            }
            try await run("key list")
            #expect(WholeFile.contents(ofFolder: home) == before)
        }
    }

    @Test func `wrong words are explained`() {
        for (line, named) in [
            ("key", "key"), ("key foo", "key"), ("key remove 1", "--force"),
            ("key remove --force", "SLOT"), ("key remove x --force", "SLOT"),
            ("key rotate x", "x"), ("key recover --recovery-file a --passphrase-file b", "both"),
        ] {
            do {
                _ = try ServerOptions(line.split(separator: " ").map(String.init))
                Issue.record("\(line) was taken")
            } catch {
                #expect(error.explanation.en.contains(named), "\(line): \(error.explanation.en)")
                #expect(error.exitStatus == .usage)
                #expect(error.explanation.es != error.explanation.en)
            }
        }
    }
}
