import Front
import Glibc
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// A home on the disk of a test, whose engine is opened for each thing that is done in it.
struct BackupHome {
    let directory: TemporaryDirectory
    private let seed: UInt64

    /// A place for a home; nothing is in it.
    init(seed: UInt64) {
        directory = TemporaryDirectory()
        self.seed = seed
    }

    var environment: Environment { ManualEnvironment(seed: seed).environment }
    var database: WholeFile { WholeFile(directory.file("replica.db")) }

    /// How a command ended.
    struct Ending {
        let status: Status
        let terminal: RecordingTerminal
        var output: String { terminal.output }
        var error: String { terminal.error }
    }

    /// Runs a body while the home's engine is open, and mails can be queued.
    func with<Value: Sendable>(
        seed: UInt64? = nil, _ body: (Engine) async throws -> Value
    ) async throws -> Value {
        let chance = ManualEnvironment(seed: seed ?? self.seed)
        let engine = try await Engine.open(
            home: directory.path, environment: chance.environment)
        let value: Value
        do {
            value = try await withThrowingTaskGroup(of: Void.self) { group in
                if let submission = try? engine.workspace().submission {
                    group.addTask { await submission.run() }
                }
                defer { group.cancelAll() }
                return try await body(engine)
            }
        } catch {
            try await engine.close()
            throw error
        }
        try await engine.close()
        return value
    }

    /// Runs one command, as the account that runs the engine unless another is named.
    static func run(
        _ words: [String], on engine: Engine, stdin: [UInt8]? = nil, files: [String: [UInt8]] = [:],
        secret: String? = nil, submission: UInt8 = 1, isScreen: Bool = false,
        as uid: UInt32 = geteuid()
    ) async throws -> Ending {
        var inputs: [TerminalInput: [UInt8]] = [:]
        for (name, bytes) in files { inputs[.file(name)] = bytes }
        if let stdin { inputs[.standardInput] = stdin }
        let recording = RecordingTerminal(files: inputs, secret: secret)
        var terminals = Terminals()
        terminals.isOutputTerminal = isScreen
        let status = await CommandRunner(table: .all, engine: engine).run(
            Invocation(
                arguments: words, language: .english, peer: Peer(uid: uid, gid: 0, pid: 1),
                submission: try #require(
                    Front.Submission(bytes: [UInt8](repeating: submission, count: 16))),
                workingDirectory: engine.home,
                terminal: Terminal(channel: recording, terminals: terminals)))
        return Ending(status: status, terminal: recording)
    }

    /// Begins an organisation with somebody who sends, and returns the recovery key.
    func begin() async throws -> String {
        try await with { engine in
            let ending = try await Self.run(["init", "--org", "INAIR"], on: engine)
            #expect(ending.status == .done)
            _ = try await Self.run(
                ["user", "add", "juan", "--name", "Juan", "--bind", "\(geteuid())"], on: engine)
            let line = ending.output.split(separator: "\n").first { $0.hasPrefix("    ") }
            return try #require(line).trimmingPrefix { $0 == " " }.description
        }
    }

    /// Queues a mail.
    static func send(_ number: UInt8, on engine: Engine) async throws {
        let ending = try await run(
            ["send", "--to", "ana\(number)@example.com", "--subject", "Hola", "--body-file", "-"],
            on: engine, stdin: Array("Texto.\n".utf8), submission: 50 + number)
        #expect(ending.status == .done, "\(ending.error)")
    }

    /// Where every delivery stands, in the order in which they were queued.
    static func states(on engine: Engine) async throws -> [LedgerState] {
        try await engine.workspace().replica.read { transaction in
            try transaction.outbox.list(MailFilter(), limit: 500).reversed()
                .flatMap { $0.deliveries.map(\.record.state) }
        }
    }

    /// A backup of the home as it is.
    func backup() async throws -> [UInt8] {
        try await with { engine in
            let ending = try await Self.run(["backup", "create", "-"], on: engine)
            #expect(ending.status == .done, "\(ending.error)")
            return ending.terminal.bytes
        }
    }

    /// The names of what is in the home, without what an engine leaves.
    func names() -> [String] {
        WholeFile.contents(ofFolder: directory.path).keys.sorted()
    }
}
