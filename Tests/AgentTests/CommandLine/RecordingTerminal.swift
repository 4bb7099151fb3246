import Agent
import Front
import Synchronization
import SyncCore

/// A terminal that keeps what a command writes, and answers what it reads from memory.
final class RecordingTerminal: TerminalChannel {
    private struct Recording {
        var output = ""
        var error = ""
    }

    private let recording = Mutex(Recording())
    private let files: [TerminalInput: [UInt8]]
    private let secret: String?

    init(files: [TerminalInput: [UInt8]] = [:], secret: String? = nil) {
        self.files = files
        self.secret = secret
    }

    /// What was written to standard output.
    var output: String { recording.withLock { $0.output } }
    /// What was written to standard error.
    var error: String { recording.withLock { $0.error } }

    func write(_ bytes: [UInt8], to output: TerminalOutput) async {
        let text = String(decoding: bytes, as: UTF8.self)
        recording.withLock { recording in
            switch output {
            case .standard: recording.output += text
            case .error: recording.error += text
            }
        }
    }

    func read(
        _ input: TerminalInput, maximum: Int, take: ([UInt8]) async throws -> Void
    ) async throws {
        guard let bytes = files[input] else { throw TerminalError(.unreadable(2)) }
        guard bytes.count <= maximum else { throw TerminalError(.tooLong(maximum: maximum)) }
        try await take(bytes)
    }

    func askSecret(_ prompt: String) async throws -> SecretBytes {
        guard let secret else { throw TerminalError(.noTerminal) }
        var bytes = Array(secret.utf8)
        return SecretBytes(consuming: &bytes)
    }
}
