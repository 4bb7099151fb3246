import Front
import Outbox
import SyncCore
import Synchronization
import TestSupport

@testable import Agent

/// A home with a real encrypted replica, on which commands are run as different logins.
///
/// It is a system home that belongs to root. The login 1000 is juan's, 1001 is maría's, 1002 may
/// send in juan's name, and 1003 is nobody's.
final class CommandHome: Sendable {
    static let root: UInt32 = 0
    static let juan: UInt32 = 1000
    static let maria: UInt32 = 1001
    static let service: UInt32 = 1002
    static let stranger: UInt32 = 1003

    /// How a command ended.
    struct Ending: Sendable {
        let status: SyncCore.ExitStatus
        let terminal: RecordingTerminal
        var output: String { terminal.output }
        var error: String { terminal.error }
    }

    let engine: Engine
    let directory: TemporaryDirectory
    private let submissions = Mutex<UInt64>(0)

    private init(_ directory: TemporaryDirectory, _ engine: Engine) {
        self.directory = directory
        self.engine = engine
    }

    /// Runs a body in a home whose organisation was just begun.
    static func with(
        _ manual: ManualEnvironment = ManualEnvironment(),
        _ body: (CommandHome) async throws -> Void
    ) async throws {
        try await begin(in: TemporaryDirectory(), under: manual, body)
    }

    /// Runs a body in a home that belongs to no organisation.
    static func withoutOrganisation(_ body: (CommandHome) async throws -> Void) async throws {
        let home = try await open(TemporaryDirectory())
        try await body(home)
        try await home.engine.close()
    }

    /// Closes the home, and runs a body in it after it was opened again.
    static func withReopened(
        _ first: (CommandHome) async throws -> Void, _ body: (CommandHome) async throws -> Void
    ) async throws {
        let directory = TemporaryDirectory()
        try await begin(in: directory, first)
        try await open(directory).serve(body)
    }

    private static func begin(
        in directory: TemporaryDirectory, under manual: ManualEnvironment = ManualEnvironment(),
        _ body: (CommandHome) async throws -> Void
    ) async throws {
        let home = try await open(directory, manual)
        _ = await home.run(["init", "--org", "INAIR"])
        try await home.addPeople()
        try await home.serve(body)
    }

    private static func open(
        _ directory: TemporaryDirectory, _ manual: ManualEnvironment = ManualEnvironment()
    ) async throws -> CommandHome {
        let engine = try await Engine.open(
            home: directory.path, environment: manual.environment, isShared: true)
        return CommandHome(directory, engine)
    }

    /// Takes mails into the queue while a body runs, and closes the home.
    ///
    /// The engine's other loops do not run: under a manual clock, which lets every sleep end
    /// at once, they would never rest.
    private func serve(_ body: (CommandHome) async throws -> Void) async throws {
        let submission = try engine.workspace().submission
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await submission.run() }
            defer { group.cancelAll() }
            try await body(self)
        }
        try await engine.close()
    }

    /// Runs a command; without a submission of its own, each run has another one.
    func run(
        _ words: [String], as uid: UInt32 = root, files: [TerminalInput: [UInt8]] = [:],
        failures: [TerminalInput: Int32] = [:], submission: UInt8? = nil,
        language: Language = .english
    ) async -> Ending {
        // Those that a test names are one byte, repeated.
        let bytes =
            submission.map { [UInt8](repeating: $0, count: 16) }
            ?? submissions.withLock { last in
                last += 1
                return [0] + (0..<15).map { UInt8(truncatingIfNeeded: last >> (8 * min($0, 7))) }
            }
        guard let name = Front.Submission(bytes: bytes) else {
            preconditionFailure("A name has 16 bytes.")
        }
        let terminal = RecordingTerminal(files: files, failures: failures)
        let status = await CommandRunner(table: .all, engine: engine).run(
            Invocation(
                arguments: words, language: language, peer: Peer(uid: uid, gid: uid, pid: 1),
                submission: name, workingDirectory: "/", terminal: Terminal(channel: terminal)))
        return Ending(status: status, terminal: terminal)
    }

    /// Writes configuration.
    func configure(_ writes: [RegisterPath: RegisterValue]) async throws {
        try await engine.workspace().replica.write { try $0.configure(writes, actor: "test") }
    }

    /// Adds an account that can send, as the only fallback.
    func addFallback() async throws {
        let id = AccountID(validated: "ventas")
        var change = AccountChange()
        change.address = try MailAddress("ventas@inair.example", in: .from)
        change.state = .active
        var writes = change.writes(for: id)
        writes[Directory.fallbackPath] = .list([id.text])
        try await configure(writes)
    }

    /// Every mail that is queued, newest first.
    func mails() async throws -> [ListedMail] {
        try await engine.workspace().replica.read { try $0.outbox.list(MailFilter(), limit: 500) }
    }

    /// What the replica holds, as its digests tell it.
    func digests() async throws -> [String: Digest] {
        let digests = try await engine.workspace().replica.read { try $0.stateDigests() }
        return Dictionary(uniqueKeysWithValues: digests.map { ($0.name, $0.digest) })
    }

    private func addPeople() async throws {
        let device = try engine.workspace().replica.identity.id
        var writes: [RegisterPath: RegisterValue] = [:]
        for (name, uid) in [("juan", Self.juan), ("maria", Self.maria)] {
            var change = UserChange()
            change.name = name
            change.state = .active
            change.bindings = [LocalLogin(device: device, uid: uid)]
            if uid == Self.juan {
                change.delegates = [LocalLogin(device: device, uid: Self.service)]
            }
            writes.merge(change.writes(for: UserID(validated: name))) { $1 }
        }
        try await configure(writes)
    }
}
