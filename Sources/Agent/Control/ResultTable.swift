import Front

/// What became of the commands that were carried out lately.
///
/// A front whose connection broke repeats its command with the same submission id, and must be
/// told what happened the first time. The table lives as long as the engine; a command whose
/// effect outlives it (`send`) stores the id with the effect as well.
struct ResultTable: Sendable {
    /// Names one run of one user: nobody reads another's result.
    struct Key: Hashable {
        let uid: UInt32
        let submission: Submission
    }

    /// What to do with a command that arrives.
    enum Beginning: Equatable {
        /// It is new, and now counts as running.
        case run
        /// It is running already.
        case wait
        /// It has ended.
        case known(CommandResult)
    }

    private enum Entry {
        case running
        case finished(CommandResult)
    }

    private static let countMaximum = 1024
    private static let bytesMaximum = 16 << 20

    // Invariant: `finished` names the finished entries, oldest first, and `byteCount` is the
    // size of their outputs.
    private var entries: [Key: Entry] = [:]
    private var finished: ArraySlice<Key> = []
    private var byteCount = 0

    /// Takes note of a command that arrives.
    mutating func begin(_ key: Key) -> Beginning {
        switch entries[key] {
        case nil:
            entries[key] = .running
            return .run
        case .running: return .wait
        case .finished(let result): return .known(result)
        }
    }

    /// Whether the command began and has not ended.
    func isRunning(_ key: Key) -> Bool {
        if case .running = entries[key] { true } else { false }
    }

    /// Takes note of the end of a running command; without a result, a repetition runs it again.
    mutating func finish(_ key: Key, with result: CommandResult?) {
        guard let result else {
            entries[key] = nil
            return
        }
        entries[key] = .finished(result)
        finished.append(key)
        byteCount += result.byteCount
        while finished.count > Self.countMaximum || byteCount > Self.bytesMaximum,
            let oldest = finished.popFirst()
        {
            if case .finished(let result) = entries.removeValue(forKey: oldest) {
                byteCount -= result.byteCount
            }
        }
    }
}

/// The end of a command, as a repetition of it is told.
struct CommandResult: Hashable, Sendable {
    /// How much of each output is kept.
    static let outputBytesMaximum = 65_536

    var output: [UInt8] = []
    var errorOutput: [UInt8] = []
    /// Whether the command wrote more than is kept.
    var isCut = false
    var status: UInt8 = 0

    var byteCount: Int { output.count + errorOutput.count }

    /// Keeps what was written, up to the limit.
    mutating func record(_ bytes: [UInt8], to destination: TerminalOutput) {
        switch destination {
        case .standard: isCut = Self.append(bytes, to: &output) || isCut
        case .error: isCut = Self.append(bytes, to: &errorOutput) || isCut
        }
    }

    /// Tells whether something had to be left out.
    private static func append(_ bytes: [UInt8], to output: inout [UInt8]) -> Bool {
        let room = outputBytesMaximum - output.count
        output += bytes.prefix(room)
        return bytes.count > room
    }
}
