import Glibc
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// `syncmail backup` in homes with real replicas.
struct BackupCommandTests {
    private let queued = LedgerState.queued(notBefore: Timestamp(milliseconds: 0))

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `a backup is private, is never put over a file, and leaves nothing beside it`()
        async throws
    {
        let home = BackupHome(seed: 1)
        _ = try await home.begin()
        let place = TemporaryDirectory()
        try await home.with { engine in
            let path = place.file("b.bak")
            let made = try await BackupHome.run(["backup", "create", path], on: engine)
            #expect(made.status == .done, "\(made.error)")
            #expect(mode(path) == 0o600)
            let first = WholeFile(path).bytes
            let again = try await BackupHome.run(["backup", "create", path], on: engine)
            #expect(again.status == .cannotCreate)
            #expect(again.error.contains("--force"))
            #expect(WholeFile(path).bytes == first)
            let forced = try await BackupHome.run(
                ["backup", "create", "--force", path], on: engine)
            #expect(forced.status == .done)
            #expect(WholeFile(path).bytes != first)
            // A folder is listed with nil for what is no file.
            #expect(WholeFile.contents(ofFolder: place.path).keys.sorted() == ["b.bak"])
            let nowhere = try await BackupHome.run(
                ["backup", "create", place.file("no/b.bak")], on: engine)
            #expect(nowhere.status == .cannotCreate)
            #expect(nowhere.error.contains("rights"))
            for path in ["..", place.path + "/"] {
                let folder = try await BackupHome.run(["backup", "create", path], on: engine)
                #expect(folder.status != .done, "\(path)")
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a home away"))
    func `no file is made with the engine's rights for a person who has others`() async throws {
        let home = BackupHome(seed: 1)
        _ = try await home.begin()
        let place = TemporaryDirectory()
        let owner: UInt32 = 1234
        try await home.with { engine in
            #expect(chown(engine.home, owner, owner) == 0)
            let path = place.file("b.bak")
            let refused = try await BackupHome.run(
                ["backup", "create", path], on: engine, as: owner)
            #expect(refused.status == .notPermitted)
            #expect(refused.error.contains("'-'"), "\(refused.error)")
            #expect(WholeFile.contents(ofFolder: place.path).isEmpty)
            let streamed = try await BackupHome.run(
                ["backup", "create", "-"], on: engine, as: owner)
            #expect(streamed.status == .done, "\(streamed.error)")
        }
    }

    @Test func `a backup is not written to a screen`() async throws {
        let home = BackupHome(seed: 1)
        _ = try await home.begin()
        try await home.with { engine in
            let ending = try await BackupHome.run(
                ["backup", "create", "-"], on: engine, isScreen: true)
            #expect(ending.status == .usage)
            #expect(ending.output.isEmpty)
        }
    }

    @Test func `a run that is repeated after a lost connection writes the same bytes`()
        async throws
    {
        let home = BackupHome(seed: 1)
        _ = try await home.begin()
        try await home.with { engine in
            let files = HomeFiles(home: engine.home)
            let run = String(repeating: "07", count: 16)
            // What an engine that died in the middle of the output leaves.
            do {
                let folder = try BackupFolder(at: files.backupFolder)
                let maker = BackupMaker(
                    try engine.workspace().replica, kind: .device, program: "1")
                _ = try await maker.make(
                    in: folder, keys: try await engine.workspace().replica.backupKeys())
                try folder.publish(
                    BackupMaker.resultName, as: folder.file(run), replacing: true)
            }
            let kept = WholeFile("\(files.backupFolder)/\(run)").bytes
            let other = try await BackupHome.run(
                ["backup", "create", "-"], on: engine, submission: 7)
            #expect(other.terminal.bytes == kept)
            let next = try await BackupHome.run(
                ["backup", "create", "-"], on: engine, submission: 8)
            #expect(next.terminal.bytes != kept)
            #expect(!BackupFile.exists(files.backupFolder))
        }
    }

    @Test func `a backup that is made while mail is queued holds a moment of it, and verifies`()
        async throws
    {
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        let (before, bytes) = try await home.with { engine in
            for number in 0..<20 as Range<UInt8> {
                try await BackupHome.send(number, on: engine)
            }
            let before = try await BackupHome.states(on: engine).count
            async let backup = BackupHome.run(["backup", "create", "-"], on: engine)
            for number in 20..<60 as Range<UInt8> {
                try await BackupHome.send(number, on: engine)
            }
            return (before, try await backup.terminal.bytes)
        }
        let other = BackupHome(seed: 2)
        try await other.with { engine in
            let verified = try await BackupHome.run(
                ["backup", "verify", "b.bak", "--json"], on: engine, files: ["b.bak": bytes],
                secret: recovery)
            #expect(verified.status == .done, "\(verified.error)")
            #expect(verified.output.contains("\"whole\":true"))
            let restored = try await BackupHome.run(
                ["backup", "restore", "b.bak"], on: engine, files: ["b.bak": bytes],
                secret: recovery)
            #expect(restored.status == .done, "\(restored.error)")
            let states = try await BackupHome.states(on: engine)
            #expect((before...60).contains(states.count))
            let log = try await BackupHome.run(["log", "verify"], on: engine)
            #expect(log.status == .done, "\(log.error)")
        }
    }

    @Test func `a restored device holds in doubt what waited, says so, and a person decides`()
        async throws
    {
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        try await home.with { engine in
            for number in 0..<3 as Range<UInt8> {
                try await BackupHome.send(number, on: engine)
            }
            let mail = try await engine.workspace().replica.read {
                try $0.outbox.list(MailFilter(), limit: 9).last?.mail.message.short ?? ""
            }
            _ = try await BackupHome.run(["outbox", "cancel", mail], on: engine, submission: 9)
            #expect(
                try await BackupHome.states(on: engine) == [.cancelled, queued, queued])
        }
        let bytes = try await home.backup()
        let other = BackupHome(seed: 2)
        let life = try await other.with { engine in
            let restored = try await BackupHome.run(
                ["backup", "restore", "-", "--json"], on: engine, stdin: bytes, secret: recovery)
            #expect(restored.status == .done, "\(restored.error)")
            #expect(restored.output.contains("\"in_doubt\":2"))
            #expect(
                try await BackupHome.states(on: engine)
                    == [.cancelled, .inDoubt(nil), .inDoubt(nil)])
            let status = try await BackupHome.run(["status"], on: engine)
            #expect(status.output.contains("restored from a backup"))
            #expect(status.output.contains("doubt because of it: 2"))
            let log = try await BackupHome.run(["log", "list", "--json"], on: engine)
            #expect(log.output.contains("RESTORED"))
            let mail = try await engine.workspace().replica.read {
                try $0.outbox.list(MailFilter(), limit: 9).first?.mail.message.short ?? ""
            }
            let decided = try await BackupHome.run(
                ["outbox", "resolve", mail, "--resend"], on: engine, submission: 10)
            #expect(decided.status == .done, "\(decided.error)")
            #expect(
                try await BackupHome.states(on: engine) == [.cancelled, .inDoubt(nil), queued])
            return try engine.workspace().replica.identity.incarnation
        }
        // Nothing changes by itself when it starts again.
        try await other.with(seed: 3) { (engine) async throws -> Void in
            #expect(try engine.workspace().replica.identity.incarnation == life)
            #expect(
                try await BackupHome.states(on: engine) == [.cancelled, .inDoubt(nil), queued])
            #expect(try await BackupHome.run(["log", "verify"], on: engine).status == .done)
        }
        // Where it was made, nothing is in doubt.
        try await home.with(seed: 4) { (engine) async throws -> Void in
            #expect(try await BackupHome.states(on: engine) == [.cancelled, queued, queued])
        }
    }

    @Test func `a restored home opens with its own machine key from then on`() async throws {
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        let bytes = try await home.backup()
        let other = BackupHome(seed: 2)
        try await other.with { engine in
            let restored = try await BackupHome.run(
                ["backup", "restore", "b.bak", "--recovery-file", "-"], on: engine,
                stdin: Array("\(recovery)\n".utf8), files: ["b.bak": bytes])
            #expect(restored.status == .done, "\(restored.error)")
        }
        try await other.with(seed: 3) { (engine) async throws -> Void in
            #expect(try await BackupHome.run(["status"], on: engine).status == .done)
        }
        #expect(other.names().contains("machine.key"))
        // With the machine key in place, nothing is asked.
        let third = BackupHome(seed: 4)
        let key = try #require(WholeFile(home.directory.file("machine.key")).bytes)
        WholeFile(third.directory.file("machine.key")).write(key)
        try await third.with { engine in
            let restored = try await BackupHome.run(
                ["backup", "restore", "b.bak"], on: engine, files: ["b.bak": bytes])
            #expect(restored.status == .done, "\(restored.error)")
        }
    }

    @Test func `a key that is rotated begins no other life`() async throws {
        let home = BackupHome(seed: 1)
        _ = try await home.begin()
        try await home.with { engine in
            let ending = try await BackupHome.run(["key", "rotate"], on: engine)
            #expect(ending.status == .done, "\(ending.error)")
        }
        try await home.with(seed: 2) { engine in
            let former = try await engine.workspace().replica.read {
                try LifeStore($0.replicaStore).former()
            }
            #expect(former.isEmpty)
        }
    }

    @Test func `a home that holds anything of a replica is not restored into`() async throws {
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        let bytes = try await home.backup()
        try await home.with { engine in
            let before = home.database.bytes
            let ending = try await BackupHome.run(
                ["backup", "restore", "b.bak"], on: engine, files: ["b.bak": bytes],
                secret: recovery)
            #expect(ending.status == .cannotCreate)
            #expect(ending.error.contains("empty"))
            #expect(home.database.bytes == before)
        }
        for name in ["replica.db-wal", "replica.db-journal", "replica.db.keys"] {
            let other = BackupHome(seed: 2)
            WholeFile(other.directory.file(name)).write([1, 2, 3])
            try await other.with { engine in
                let ending = try await BackupHome.run(
                    ["backup", "restore", "b.bak"], on: engine, files: ["b.bak": bytes],
                    secret: recovery)
                #expect(ending.status == .cannotCreate, "\(name)")
            }
            #expect(other.names() == [name])
            #expect(WholeFile(other.directory.file(name)).bytes == [1, 2, 3])
        }
    }

    @Test func `a backup that is damaged, foreign or without its key changes nothing`()
        async throws
    {
        let home = BackupHome(seed: 1)
        let recovery = try await home.begin()
        let bytes = try await home.backup()
        var altered = bytes
        altered[bytes.count / 2] ^= 1
        let rows: [(String, [UInt8], String?, Status)] = [
            ("cut", Array(bytes.dropLast(10)), recovery, .badData),
            ("altered", altered, recovery, .badData),
            ("foreign", Array("hola".utf8), recovery, .badData),
            ("empty", [], recovery, .badData),
            (
                "another key", bytes,
                RecoveryKey(randomFrom: ManualEnvironment(seed: 9).environment).text,
                .configuration
            ),
            ("mistyped key", bytes, "hola", .badData),
            ("no key", bytes, nil, .usage),
        ]
        for (name, bytes, key, status) in rows {
            for verb in ["verify", "restore"] {
                let other = BackupHome(seed: 2)
                try await other.with { engine in
                    let ending = try await BackupHome.run(
                        ["backup", verb, "b.bak"], on: engine, files: ["b.bak": bytes],
                        secret: key)
                    #expect(ending.status == status, "\(verb) \(name): \(ending.error)")
                    #expect(!ending.error.isEmpty)
                }
                #expect(other.names().isEmpty, "\(verb) \(name)")
            }
        }
    }
}
