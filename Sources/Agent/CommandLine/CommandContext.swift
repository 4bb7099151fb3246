package import Front
package import SyncCore

/// What a command may use while it runs.
package struct CommandContext: Sendable {
    /// Where it reads from and writes to.
    package let terminal: Terminal
    /// The language to answer in.
    package let language: Language
    /// Who typed the command.
    package let peer: Peer
    /// Names this run; the same when it is repeated after a lost reply.
    package let submission: Submission
    /// Where it was typed.
    package let workingDirectory: String
    /// Whether the answer is for a program (`--json`).
    package let isJSON: Bool
    /// The replica and everything that works on it.
    package let engine: Engine

    package init(
        terminal: Terminal, language: Language, peer: Peer, submission: Submission,
        workingDirectory: String, isJSON: Bool, engine: Engine
    ) {
        self.terminal = terminal
        self.language = language
        self.peer = peer
        self.submission = submission
        self.workingDirectory = workingDirectory
        self.isJSON = isJSON
        self.engine = engine
    }

    /// Writes a line in the person's language.
    package func write(_ text: LocalizedText) async {
        await terminal.write(text.text(in: language))
    }

    /// Writes a value as one line of JSON.
    package func write(_ value: JSONValue) async {
        await terminal.write(value.text)
    }

    /// Writes something to think about to standard error; the command went well all the same.
    package func warn(_ text: LocalizedText) async {
        let message = text.text(in: language)
        let value: JSONValue = ["warning": ["message": .string(message)]]
        await terminal.writeError(isJSON ? value.text : "syncmail: \(message)")
    }

    /// Writes a table for people, fitted to the terminal.
    package func write(_ table: Table) async {
        await terminal.write(table.text(in: language, width: terminal.width))
    }

    /// Takes a secret: typed without echo, or the first line of standard input.
    package func secret(
        _ prompt: LocalizedText, fromStandardInput isFromStandardInput: Bool
    ) async throws -> SecretBytes {
        if isFromStandardInput { return try await terminal.readSecretFromStandardInput() }
        return try await terminal.askSecret(prompt.text(in: language) + ": ")
    }
}
