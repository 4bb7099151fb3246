package import Front
package import SyncCore

/// The two outputs of a command.
package enum TerminalOutput: Sendable {
    case standard
    case error
}

/// Something a command can read from its caller.
package enum TerminalInput: Hashable, Sendable {
    /// Standard input, from its first byte.
    case standardInput
    /// A file that the caller named in the arguments, opened with the caller's rights.
    case file(String)
}

/// The way to the person or program that typed a command.
///
/// ``SessionChannel`` leads over the socket to a front; a test records instead.
package protocol TerminalChannel: Sendable {
    /// Writes bytes, waiting while the caller is slow to take them.
    ///
    /// When the caller has left, the bytes are dropped: what the command does must not depend
    /// on somebody reading about it. (The command's task is cancelled as well.)
    func write(_ bytes: [UInt8], to output: TerminalOutput) async

    /// Reads an input to its end, in pieces of at most 64 KiB, in order.
    ///
    /// - Parameters:
    ///   - input: What to read. Only one reading may go on at a time.
    ///   - maximum: How many bytes are accepted.
    ///   - take: Receives each piece; what it throws ends the reading.
    /// - Throws: ``TerminalError``, for more than `maximum` bytes too.
    func read(
        _ input: TerminalInput, maximum: Int, take: ([UInt8]) async throws -> Void
    ) async throws

    /// Asks the person for a line that is not shown.
    ///
    /// - Throws: ``TerminalError`` with ``TerminalError/Code/noTerminal`` if nobody can be asked.
    func askSecret(_ prompt: String) async throws -> SecretBytes
}

/// What a command sees of the place it was typed in.
package struct Terminal: Sendable {
    private let channel: any TerminalChannel
    private let terminals: Terminals

    package init(channel: any TerminalChannel, terminals: Terminals = Terminals()) {
        self.channel = channel
        self.terminals = terminals
    }

    /// Whether a person is looking at standard output.
    package var isTerminal: Bool { terminals.isOutputTerminal }

    /// Whether standard input is a terminal.
    package var isInputTerminal: Bool { terminals.isInputTerminal }

    /// How many columns standard output has, or nil when it is not a terminal.
    package var width: Int? {
        terminals.isOutputTerminal && terminals.outputColumns > 0
            ? Int(terminals.outputColumns) : nil
    }

    /// Writes a line to standard output; the line break is added if it is missing.
    package func write(_ text: String) async {
        await channel.write(Self.line(text), to: .standard)
    }

    /// Writes a line to standard error; the line break is added if it is missing.
    package func writeError(_ text: String) async {
        await channel.write(Self.line(text), to: .error)
    }

    /// Writes bytes to standard output as they are.
    package func writeBytes(_ bytes: [UInt8]) async {
        await channel.write(bytes, to: .standard)
    }

    /// Whether a person is looking at standard error.
    package var isErrorTerminal: Bool { terminals.isErrorTerminal }

    /// How many columns standard error has, or nil when it is not a terminal.
    package var errorWidth: Int? {
        terminals.isErrorTerminal && terminals.errorColumns > 0
            ? Int(terminals.errorColumns) : nil
    }

    /// Writes bytes to standard error as they are.
    package func writeErrorBytes(_ bytes: [UInt8]) async {
        await channel.write(bytes, to: .error)
    }

    /// Reads all of standard input.
    ///
    /// - Throws: ``TerminalError`` if it has more than `maximum` bytes or cannot be read.
    package func readStandardInput(maximum: Int) async throws -> [UInt8] {
        try await readAll(.standardInput, maximum: maximum)
    }

    /// Reads a whole file that the caller named in the arguments; `-` is standard input.
    ///
    /// - Throws: ``TerminalError`` if it has more than `maximum` bytes or cannot be read.
    package func readFile(_ path: String, maximum: Int) async throws -> [UInt8] {
        try await readAll(path == "-" ? .standardInput : .file(path), maximum: maximum)
    }

    /// Reads an input piece by piece: ``TerminalChannel/read(_:maximum:take:)``.
    package func read(
        _ input: TerminalInput, maximum: Int, take: ([UInt8]) async throws -> Void
    ) async throws {
        try await channel.read(input, maximum: maximum, take: take)
    }

    /// Asks the person for a line that is not shown.
    package func askSecret(_ prompt: String) async throws -> SecretBytes {
        try await channel.askSecret(prompt)
    }

    /// Takes a secret from the first line of standard input (`--password-stdin`).
    package func readSecretFromStandardInput() async throws -> SecretBytes {
        try await readSecretLine(from: "-")
    }

    /// Takes a secret from the first line of a file that the caller named; `-` is standard input.
    package func readSecretLine(from path: String) async throws -> SecretBytes {
        var line = try await readFile(path, maximum: FrameLimits.secretBytesMaximum)
        var end = line.firstIndex(of: UInt8(ascii: "\n")) ?? line.count
        if end > 0, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        for index in end..<line.count { line[index] = 0 }
        line.removeSubrange(end...)
        return SecretBytes(consuming: &line)
    }

    /// Takes all of a file as a secret.
    package func readSecret(from path: String) async throws -> SecretBytes {
        var bytes = try await readFile(path, maximum: FrameLimits.secretBytesMaximum)
        return SecretBytes(consuming: &bytes)
    }

    private func readAll(_ input: TerminalInput, maximum: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        try await channel.read(input, maximum: maximum) { all += $0 }
        return all
    }

    private static func line(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        return bytes
    }
}
