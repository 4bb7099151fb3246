import Front
import Glibc
import SyncCore

/// The terminal of a command whose front is at the other end of a session.
struct SessionChannel: TerminalChannel {
    let session: ControlSession

    func write(_ bytes: [UInt8], to output: TerminalOutput) async {
        var start = 0
        while start < bytes.count {
            let end = min(start + FrameLimits.chunkBytesMaximum, bytes.count)
            let chunk = Array(bytes[start..<end])
            start = end
            session.update { $0.result.record(chunk, to: output) }
            await waitForRoom()
            session.send(output == .standard ? .output(chunk) : .errorOutput(chunk))
        }
    }

    func read(
        _ input: TerminalInput, maximum: Int, take: ([UInt8]) async throws -> Void
    ) async throws {
        let window = session.limits.inputWindowBytes
        let stream = try begin(input, credit: window)
        defer { session.update { $0.input.end() } }
        var total = 0
        var taken = 0
        while let bytes = try await next(of: input) {
            total += bytes.count
            guard total <= maximum else {
                throw TerminalError(.tooLong(maximum: maximum), path: input.path)
            }
            try await take(bytes)
            taken += bytes.count
            // Credit in few, large grants: each costs the front a wake-up.
            if taken >= window / 2 {
                let credit = taken
                taken = 0
                session.update { $0.input.grant(credit) }
                session.send(.more(stream, credit: UInt32(credit)))
            }
        }
    }

    func askSecret(_ prompt: String) async throws -> SecretBytes {
        let stream = try session.update { state in
            guard !state.input.isReading else { throw TerminalError(.busy) }
            return state.input.begin(credit: FrameLimits.secretBytesMaximum, isSecret: true)
        }
        defer { session.update { $0.input.end() } }
        session.send(.askSecret(stream, prompt: prompt.limited(to: FrameLimits.promptBytesMaximum)))
        switch try await nextPiece(path: nil) {
        case .bytes(var bytes): return SecretBytes(consuming: &bytes)
        case .failure(ENXIO), .failure(ENOTTY): throw TerminalError(.noTerminal)
        case .failure(let number): throw TerminalError(.unreadable(number))
        case .end: throw TerminalError(.noTerminal)
        }
    }

    private func waitForRoom() async {
        let maximum = session.limits.outputBytesMaximum
        let room: Void? = try? await session.wait { state in
            state.phase == .closed || state.output.count < maximum ? () : nil
        }
        assert(room != nil, "The look does not throw.")
    }

    private func begin(_ input: TerminalInput, credit: Int) throws -> StreamNumber {
        if let path = input.path, path.utf8.count > FrameLimits.pathBytesMaximum {
            throw TerminalError(.unreadable(ENAMETOOLONG), path: path)
        }
        let stream = try session.update { state in
            guard !state.input.isReading else { throw TerminalError(.busy, path: input.path) }
            return state.input.begin(credit: credit)
        }
        switch input {
        case .standardInput: session.send(.readStandardInput(stream, credit: UInt32(credit)))
        case .file(let path):
            session.send(.readFile(stream, credit: UInt32(credit), path: path))
        }
        return stream
    }

    private func next(of input: TerminalInput) async throws -> [UInt8]? {
        switch try await nextPiece(path: input.path) {
        case .bytes(let bytes): bytes
        case .end: nil
        case .failure(let number): throw TerminalError(.unreadable(number), path: input.path)
        }
    }

    private func nextPiece(path: String?) async throws -> SessionInput.Piece {
        try await session.wait { state in
            if let piece = state.input.next() { return piece }
            if state.phase == .closed { throw TerminalError(.callerLeft, path: path) }
            if state.isInterrupted { throw CancellationError() }
            return nil
        }
    }
}

extension TerminalInput {
    fileprivate var path: String? {
        switch self {
        case .standardInput: nil
        case .file(let path): path
        }
    }
}

extension String {
    /// The longest beginning that has at most so many bytes and cuts no character.
    fileprivate func limited(to count: Int) -> String {
        var limited = self
        while limited.utf8.count > count { limited.removeLast() }
        return limited
    }
}
