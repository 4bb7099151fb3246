import Front
import Glibc
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// A home with an organisation in it, and a person who types commands there.
final class OperatorHome: Sendable {
    /// What a command did.
    struct Outcome {
        let status: SyncCore.ExitStatus
        let output: String
        let error: String
    }

    private let directory = TemporaryDirectory()
    let engine: Engine
    let environment = ManualEnvironment()

    /// Makes the home of an organisation of one device.
    init() async throws {
        let home = directory.file("home")
        guard mkdir(home, 0o700) == 0 else { throw TerminalError(.busy) }
        engine = Engine(home: home, environment: environment.environment)
        try await ok("init --org INAIR --name matriz-1")
    }

    /// Runs a command line, split at spaces.
    func run(
        _ line: String, extra: [String] = [], uid: UInt32 = getuid(), stdin: String = "",
        files: [String: String] = [:], secret: String? = nil
    ) async throws -> Outcome {
        var inputs: [TerminalInput: [UInt8]] = [.standardInput: Array(stdin.utf8)]
        for (name, text) in files { inputs[.file(name)] = Array(text.utf8) }
        let recording = RecordingTerminal(files: inputs, secret: secret)
        let invocation = Invocation(
            arguments: line.split(separator: " ").map(String.init) + extra, language: .english,
            peer: Peer(uid: uid, gid: 0, pid: 1),
            submission: try #require(Submission(bytes: Array(0..<16))), workingDirectory: "/",
            terminal: Terminal(channel: recording))
        environment.advance(by: .seconds(1))
        let status = await CommandRunner(table: .all, engine: engine).run(invocation)
        return Outcome(status: status, output: recording.output, error: recording.error)
    }

    /// Runs a command line that must succeed, and returns its output.
    @discardableResult
    func ok(
        _ line: String, extra: [String] = [], stdin: String = "", secret: String? = nil
    ) async throws -> String {
        let outcome = try await run(line, extra: extra, stdin: stdin, secret: secret)
        #expect(outcome.status == .done, "\(line): \(outcome.error)")
        return outcome.output
    }

    /// Adds an account `ventas` with a password.
    func addAccount(password: String = "secreta") async throws {
        try await ok(
            "account add ventas --address ventas@inair.example --host smtp.inair.example "
                + "--route 465/implicit --route 587/starttls --password-stdin",
            stdin: password + "\n")
    }

    /// Every byte that the replica keeps on disk.
    func storedBytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        for suffix in ["", "-wal"] {
            let file = open(directory.file("home/replica.db") + suffix, O_RDONLY)
            guard file >= 0 else { continue }
            defer { close(file) }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(file, &buffer, buffer.count)
                guard count > 0 else { break }
                bytes += buffer[..<count]
            }
        }
        return bytes
    }
}
