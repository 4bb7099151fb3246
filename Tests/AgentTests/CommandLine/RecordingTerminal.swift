import Agent
import Front
import Synchronization
import SyncCore

/// A terminal that keeps what a command writes, and answers what it reads from memory.
final class RecordingTerminal: TerminalChannel {
    private struct Recording {
        var output = ""
        var error = ""
        var byteCount = 0
        var bytes: [UInt8] = []
    }

    private static let pieceByteCount = 65_536

    private let recording = Mutex(Recording())
    private let files: [TerminalInput: [UInt8]]
    private let failures: [TerminalInput: Int32]
    // What a person types when asked, in order; the last one again and again.
    private let secrets: Mutex<[String]>

    init(
        files: [TerminalInput: [UInt8]] = [:], failures: [TerminalInput: Int32] = [:],
        secret: String? = nil, secrets: [String] = []
    ) {
        self.files = files
        self.failures = failures
        self.secrets = Mutex([secret].compactMap(\.self) + secrets)
    }

    /// What was written to standard output.
    var output: String { recording.withLock { $0.output } }
    /// The bytes that were written to standard output.
    var bytes: [UInt8] { recording.withLock { $0.bytes } }
    /// What was written to standard error.
    var error: String { recording.withLock { $0.error } }
    /// How many bytes of all inputs were asked for.
    var byteCount: Int { recording.withLock { $0.byteCount } }

    func write(_ bytes: [UInt8], to output: TerminalOutput) async {
        let text = String(decoding: bytes, as: UTF8.self)
        recording.withLock { recording in
            switch output {
            case .standard:
                recording.output += text
                recording.bytes += bytes
            case .error: recording.error += text
            }
        }
    }

    func read(
        _ input: TerminalInput, maximum: Int, take: ([UInt8]) async throws -> Void
    ) async throws {
        guard let bytes = files[input] else {
            let path = if case .file(let path) = input { path } else { String?.none }
            throw TerminalError(.unreadable(failures[input] ?? 2), path: path)
        }
        var total = 0
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            let piece = bytes[start..<min(start + Self.pieceByteCount, bytes.count)]
            total += piece.count
            recording.withLock { $0.byteCount += piece.count }
            guard total <= maximum else { throw TerminalError(.tooLong(maximum: maximum)) }
            try await take(Array(piece))
        }
    }

    func askSecret(_ prompt: String) async throws -> SecretBytes {
        let typed = secrets.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
        guard let secret = typed else { throw TerminalError(.noTerminal) }
        var bytes = Array(secret.utf8)
        return SecretBytes(consuming: &bytes)
    }
}
