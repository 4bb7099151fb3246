import Foundation
import Front
import Glibc
import TestSupport
import TestThreads
import Testing

@testable import Agent
@testable import SyncCore

/// The verbs of `key`, on a home that is closed and opened again.
struct KeyCommandTests {
    private static let phrase = "caballo bateria grapa correcta"

    /// A paper as a credential.
    private func credential(_ paper: String) throws -> KeyCredential {
        var bytes = Array(paper.utf8)
        return .recovery(try RecoveryKey(SecretBytes(consuming: &bytes)).databaseKey)
    }

    @Test(.realWorld) func `the paper of the organisation opens a device that joined, too`()
        async throws
    {
        try await LiveOrganisation.with(engines: 2) { organisation in
            for engine in organisation.engines {
                try engine.keys.check(try credential(organisation.paper))
            }
            let list = try await organisation.run(["key", "list"], on: 1)
            #expect(list.contains("the recovery key"))
        }
    }

    private let directory = TemporaryDirectory()

    private var machineKey: WholeFile { WholeFile(directory.file("machine.key")) }

    private func open() async throws -> Engine {
        try await Engine.open(home: directory.path, environment: .live())
    }

    /// What a command did.
    private struct Outcome {
        let status: SyncCore.ExitStatus
        let output: String
        let error: String
    }

    private func run(
        _ line: String, on engine: Engine, stdin: String = "", secrets: [String] = [],
        language: Language = .english
    ) async throws -> Outcome {
        let recording = RecordingTerminal(
            files: [.standardInput: Array(stdin.utf8)], secrets: secrets)
        let status = await CommandRunner(table: .all, engine: engine).run(
            Invocation(
                arguments: line.split(separator: " ").map(String.init), language: language,
                peer: Peer(uid: getuid(), gid: 0, pid: 1),
                submission: try #require(Submission(bytes: Array(0..<16))),
                workingDirectory: "/", terminal: Terminal(channel: recording)))
        return Outcome(status: status, output: recording.output, error: recording.error)
    }

    /// Begins an organisation, closes the home, and returns what is on the paper.
    private func begin(_ more: (Engine) async throws -> Void = { _ in }) async throws -> String {
        let engine = try await open()
        let outcome = try await run("init --org INAIR", on: engine)
        #expect(outcome.status == .done, "\(outcome.error)")
        let paper = outcome.output.split(separator: "\n")
            .map { $0.filter { $0 != " " } }
            .first { line in line.count { $0 == "-" } == 13 }
        try await more(engine)
        try await engine.close()
        return try #require(paper)
    }

    @Test func `a home whose machine key is lost says so, and recovers from the paper`()
        async throws
    {
        let paper = try await begin()
        unlink(machineKey.path)
        let engine = try await open()
        for line in ["status", "init --org Otra", "user list", "key rotate", "outbox list"] {
            let refused = try await run(line, on: engine)
            #expect(refused.status == .configuration, "\(line): \(refused.error)")
            #expect(refused.error.contains("syncmail key recover"), "\(line): \(refused.error)")
            let spanish = try await run(line, on: engine, language: .spanish)
            #expect(spanish.error.contains("Falta la clave de esta máquina"), "\(line)")
        }
        let list = try await run("key list", on: engine)
        #expect(list.output.contains("another machine's key"))

        let recovered = try await run("key recover", on: engine, secrets: [paper])
        #expect(recovered.status == .done, "\(recovered.error)")
        let status = try await run("status", on: engine)
        #expect(status.status == .done && status.output.contains("INAIR"), "\(status.error)")
        try await engine.close()
        // From now on the machine opens it by itself.
        let again = try await open()
        #expect(again.lock == nil)
        try await again.close()
    }

    @Test func `a machine key that is put back opens the home at the next command`() async throws {
        _ = try await begin()
        let key = try #require(machineKey.bytes)
        unlink(machineKey.path)
        let engine = try await open()
        #expect(try await run("status", on: engine).status == .configuration)
        machineKey.write([1])
        let damaged = try await run("status", on: engine)
        #expect(damaged.error.contains("is damaged"), "\(damaged.error)")
        machineKey.write(key)
        let status = try await run("status", on: engine)
        #expect(status.status == .done, "\(status.error)")
        try await engine.close()
    }

    @Test func `a slip in the recovery key, a foreign one and a wrong passphrase are told apart`()
        async throws
    {
        let paper = try await begin()
        unlink(machineKey.path)
        let engine = try await open()
        let before = WholeFile.contents(ofFolder: directory.path)
        var slip = Array(paper)
        slip[3] = slip[3] == "7" ? "8" : "7"
        let foreign = RecoveryKey(randomFrom: .live()).text
        let rows: [(String, String, Status, String, String)] = [
            ("key recover --recovery-file -", String(slip), .badData, "mistyped", "mal escrita"),
            (
                "key recover --recovery-file -", String(paper.dropLast()), .badData, "55",
                "mal escrita"
            ),
            ("key recover --recovery-file -", foreign, .notPermitted, "another", "otra"),
            (
                "key recover --passphrase-file -", Self.phrase, .badData, "no passphrase",
                "no tiene frase"
            ),
        ]
        for (line, typed, status, named, spanish) in rows {
            let outcome = try await run(line, on: engine, stdin: typed + "\n")
            #expect(outcome.status == status, "\(outcome.error)")
            #expect(outcome.error.contains(named), "\(outcome.error)")
            let other = try await run(line, on: engine, stdin: typed + "\n", language: .spanish)
            #expect(other.error.contains(spanish), "\(other.error)")
            for text in [outcome.error, outcome.output, other.error] {
                #expect(!text.contains(typed) && !text.contains(typed.prefix(9)))
            }
        }
        #expect(WholeFile.contents(ofFolder: directory.path) == before)
    }

    @Test func `a passphrase is typed twice, opens the home, and is stored nowhere`()
        async throws
    {
        _ = try await begin { engine in
            let differ = try await run(
                "key add-passphrase", on: engine, secrets: [Self.phrase, Self.phrase + "."])
            #expect(differ.status == .badData && differ.error.contains("differ"))
            let added = try await run(
                "key add-passphrase --json", on: engine, secrets: [Self.phrase, Self.phrase])
            #expect(added.output == "{\"slot\":3}\n", "\(added.error)")
            let list = try await run("key list --json", on: engine)
            #expect(list.output.contains("\"kind\":\"passphrase\""))
        }
        unlink(machineKey.path)
        let engine = try await open()
        let wrong = try await run(
            "key recover --passphrase", on: engine, secrets: [Self.phrase + "x"])
        #expect(wrong.status == .notPermitted && !wrong.error.contains(Self.phrase))
        let right = try await run("key recover --passphrase", on: engine, secrets: [Self.phrase])
        #expect(right.status == .done, "\(right.error)")
        try await engine.close()
        for (name, bytes) in WholeFile.contents(ofFolder: directory.path) {
            let isThere = bytes?.withUnsafeBytes { $0.contains(Array(Self.phrase.utf8)) }
            #expect(isThere == false, "\(name)")
        }
    }

    @Test func `the recovery key can be tried while all is well, and nothing changes`()
        async throws
    {
        let paper = try await begin()
        let engine = try await open()
        let before = WholeFile(directory.file("replica.db.keys")).bytes
        let right = try await run("key recover --json", on: engine, secrets: [paper])
        #expect(right.output == "{\"recovered\":false}\n", "\(right.error)")
        let foreign = RecoveryKey(randomFrom: .live()).text
        let wrong = try await run("key recover", on: engine, secrets: [foreign])
        #expect(wrong.status == .notPermitted)
        #expect(WholeFile(directory.file("replica.db.keys")).bytes == before)
        try await engine.close()
    }

    @Test func `a rotated home has another file, another machine key and the same life`()
        async throws
    {
        _ = try await begin { engine in
            let before = Array(
                try #require(WholeFile(directory.file("replica.db")).bytes).prefix(16))
            let machine = machineKey.bytes
            let life = try engine.workspace().replica.identity.incarnation
            let rotated = try await run("key rotate", on: engine)
            #expect(rotated.status == .done, "\(rotated.error)")
            #expect(rotated.output.contains("wait"))
            #expect(
                WholeFile(directory.file("replica.db")).bytes.map { Array($0.prefix(16)) } != before
            )
            #expect(machineKey.bytes != machine)
            // The file is another one, and the device lives on as who it was.
            #expect(try engine.workspace().replica.identity.incarnation == life)
            try await engine.close()
            let reopened = try await open()
            #expect(try reopened.workspace().replica.identity.incarnation == life)
            try await reopened.close()
        }
    }

    @Test func `an engine goes on after a rotation, and its paper opens what it wrote`()
        async throws
    {
        let paper = try await begin { engine in
            let user = try await run("user add juan --name Juan", on: engine)
            #expect(user.status == .done)
            let rotated = try await run("key rotate", on: engine)
            #expect(rotated.status == .done, "\(rotated.error)")
            let after = try await run("user add ana --name Ana", on: engine)
            #expect(after.status == .done, "\(after.error)")
        }
        unlink(machineKey.path)
        let engine = try await open()
        let recovered = try await run("key recover", on: engine, secrets: [paper])
        #expect(recovered.status == .done, "\(recovered.error)")
        let users = try await run("user list", on: engine)
        #expect(users.output.contains("juan") && users.output.contains("ana"))
        let verified = try await run("log verify", on: engine)
        #expect(verified.status == .done, "\(verified.error)")
        try await engine.close()
    }

    @Test func `a removed slot opens nothing, stays removed, and can be made again`()
        async throws
    {
        let paper = try await begin { engine in
            let refused = try await run("key remove 2", on: engine)
            #expect(refused.status == .usage && refused.error.contains("--force"))
            let removed = try await run("key remove 2 --force", on: engine)
            #expect(removed.status == .done, "\(removed.error)")
            let last = try await run("key remove 1 --force", on: engine)
            #expect(last.status == .badData && last.error.contains("last"))
        }
        let engine = try await open()
        let gone = try await run("key recover", on: engine, secrets: [paper])
        #expect(gone.status == .badData, "\(gone.error)")
        let added = try await run("key add-recovery", on: engine)
        #expect(added.status == .done, "\(added.error)")
        let back = try await run("key recover", on: engine, secrets: [paper])
        #expect(back.status == .done, "\(back.error)")
        try await engine.close()
    }

    // The file says of itself that it is of version 1, in which anybody could add a slot.
    @Test func `a key file of version 1 is sealed with what this machine and genesis vouch for`()
        async throws
    {
        let fixture =
            URL(filePath: #filePath).pathComponents.dropFirst().dropLast(4)
            .joined(separator: "/") + "/fixtures/databases/1"
        for name in ["replica.db", "replica.db-wal", "replica.db.keys", "machine.key"] {
            WholeFile(directory.file(name)).write(
                try #require(WholeFile("/\(fixture)/\(name)").bytes))
        }
        let path = directory.file("replica.db")
        let before = try KeyFile.load(for: path).file.current
        #expect(!before.isSealed && before.slots.map(\.number) == [1, 2])
        let engine = try await open()
        let after = try KeyFile.load(for: path).file.current
        let recovery = try #require(
            try await engine.workspace().replica.read { $0.membership.recovery })
        #expect(after.isSealed)
        #expect(after.slots.map(\.content) == [.machine, .recovery(recovery)])
        #expect(after.slots.last?.made != nil, "it was made anew")
        try await engine.close()
        #expect(try await open().lock == nil)
    }

    @Test func `each change of the keys is in the log, with who made it`() async throws {
        let paper = try await begin { engine in
            for line in ["key add-passphrase", "key remove 3 --force", "key rotate"] {
                let outcome = try await run(
                    line, on: engine, secrets: [Self.phrase, Self.phrase])
                #expect(outcome.status == .done, "\(line): \(outcome.error)")
            }
            // It is there already: nothing changes, and the log says nothing.
            #expect(try await run("key add-recovery", on: engine).status == .done)
        }
        unlink(machineKey.path)
        let engine = try await open()
        #expect(try await run("key recover", on: engine, secrets: [paper]).status == .done)
        let lines = try await engine.workspace().replica.inspect { connection in
            try connection.rows(
                "SELECT body FROM record JOIN feed ON feed.id = record.feed "
                    + "WHERE feed.topic = 3 ORDER BY feed.id, sequence"
            ) { try? KeyReport(canonicalBytes: $0.optionalBytes(0) ?? []).change }
        }
        #expect(
            lines.compactMap(\.self) == [.addedPassphrase, .removed, .rotated, .recovered])
        for (language, words) in [(Language.english, "slot 3"), (.spanish, "ranura 3")] {
            let list = try await run(
                "log list --status keys_changed", on: engine, language: language)
            #expect(list.output.contains(words), "\(list.output)\(list.error)")
        }
        let list = try await run("log list --json --status keys_changed", on: engine)
        #expect(list.output.contains("\"actor\":\"uid:\(getuid())\""), "\(list.output)")
        try await engine.close()
    }

    @Test(arguments: [10, -10])
    func `a damaged copy in the key file is mended, and a person hears of it`(
        place: Int
    ) async throws {
        _ = try await begin()
        let file = WholeFile(directory.file("replica.db.keys"))
        let whole = try #require(file.bytes)
        var bytes = whole
        bytes[place < 0 ? bytes.count + place : place] ^= 1
        file.write(bytes)
        let engine = try await open()
        #expect(file.bytes == whole)
        let examined = try await run("doctor --local", on: engine)
        #expect(examined.output.contains("key file"), "\(examined.output)\(examined.error)")
        _ = try await run("doctor --dismiss", on: engine)
        let after = try await run("doctor --local", on: engine)
        #expect(!after.output.contains("key file"), "\(after.output)")
        try await engine.close()
    }

    @Test func `a home without a replica has no keys`() async throws {
        let engine = try await open()
        for line in ["key list", "key rotate", "key recover --recovery-file -"] {
            let outcome = try await run(line, on: engine, stdin: "x")
            #expect(outcome.status == .configuration, "\(line): \(outcome.error)")
            #expect(outcome.error.contains("init --org"), "\(line): \(outcome.error)")
        }
    }
}
