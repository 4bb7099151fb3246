/// Hands the input that the engine asked for to it, no faster than it allows.
///
/// What is read of standard input is kept, because a repeated command needs it again; nothing
/// else can bring it back.
struct InputForwarding: Sendable {
    /// How much of standard input is kept.
    static let keptBytesMaximum = 64 << 20

    private enum Source {
        case nothing
        case secret
        case file
        /// Standard input, from which so many kept bytes were sent on this stream.
        case standardInput(sent: Int)
    }

    private var stream = StreamNumber(number: 0)
    private var source = Source.nothing
    private var credit = 0
    private var isReading = false
    private var kept: [UInt8] = []
    private var keptEnd: FrontMachine.Input?
    // Whether more was read than is kept, so that it cannot be sent again.
    private var hasOverflowed = false

    mutating func beginStandardInput(
        _ stream: StreamNumber, credit: UInt32
    ) -> [FrontMachine.Action] {
        begin(stream, .standardInput(sent: 0), credit)
        guard !hasOverflowed else { return end(.failure(FrontErrno.tooLarge)) }
        return [.openStandardInput] + proceed()
    }

    mutating func beginFile(
        _ stream: StreamNumber, credit: UInt32, path: String
    ) -> [FrontMachine.Action] {
        begin(stream, .file, credit)
        return [.openFile(path)] + proceed()
    }

    mutating func beginSecret(_ stream: StreamNumber, prompt: String) -> [FrontMachine.Action] {
        begin(stream, .secret, 0)
        return [.askSecret(prompt)]
    }

    mutating func grant(_ stream: StreamNumber, credit: UInt32) -> [FrontMachine.Action] {
        guard stream == self.stream else { return [] }
        self.credit += Int(credit)
        return isReading ? [] : proceed()
    }

    /// Takes what the driver read.
    mutating func take(_ input: FrontMachine.Input) -> [FrontMachine.Action] {
        isReading = false
        switch (source, input) {
        case (.nothing, _): return []
        case (.secret, .failure), (.file, .end), (.file, .failure): return end(input)
        case (.secret, _): return []
        case (.file, .bytes(let bytes)): return send(bytes) + proceed()
        case (.standardInput, .bytes(let bytes)):
            guard !hasOverflowed, kept.count + bytes.count <= Self.keptBytesMaximum else {
                hasOverflowed = true
                kept = []
                return send(bytes) + proceed()
            }
            kept += bytes
            return proceed()
        case (.standardInput, _):
            keptEnd = input
            return proceed()
        }
    }

    mutating func takeSecret(_ bytes: [UInt8]) -> [FrontMachine.Action] {
        guard case .secret = source else { return [] }
        source = .nothing
        return [.send(.secret(stream, bytes))]
    }

    /// Forgets what the engine that is gone had asked for.
    mutating func connectionEnded() {
        source = .nothing
        stream = StreamNumber(number: 0)
    }

    private mutating func begin(_ stream: StreamNumber, _ source: Source, _ credit: UInt32) {
        self.stream = stream
        self.source = source
        self.credit = Int(credit)
        isReading = false
    }

    /// Sends what is kept and allowed, and reads on when nothing is left.
    private mutating func proceed() -> [FrontMachine.Action] {
        var actions: [FrontMachine.Action] = []
        while case .standardInput(let sent) = source, sent < kept.count, credit > 0 {
            let count = min(kept.count - sent, credit, FrameLimits.chunkBytesMaximum)
            source = .standardInput(sent: sent + count)
            actions += send(Array(kept[sent..<sent + count]))
        }
        if case .standardInput(let sent) = source, sent >= kept.count, let keptEnd {
            return actions + end(keptEnd)
        }
        guard credit > 0 else { return actions }
        switch source {
        case .nothing, .secret: return actions
        case .file, .standardInput:
            isReading = true
            return actions + [.read(maximum: min(credit, FrameLimits.chunkBytesMaximum))]
        }
    }

    private mutating func send(_ bytes: [UInt8]) -> [FrontMachine.Action] {
        credit -= bytes.count
        return [.send(.data(stream, bytes))]
    }

    private mutating func end(_ input: FrontMachine.Input) -> [FrontMachine.Action] {
        source = .nothing
        switch input {
        case .bytes: preconditionFailure("Bytes do not end a stream.")
        case .end: return [.send(.endOfData(stream))]
        case .failure(let number): return [.send(.failure(stream, number))]
        }
    }
}

/// The two errors that the front finds without asking the system.
enum FrontErrno {
    /// Permission denied: `EACCES`.
    static let notPermitted: Int32 = 13
    /// File too large: `EFBIG`.
    static let tooLarge: Int32 = 27
}
