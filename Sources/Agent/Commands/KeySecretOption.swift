import SyncCore

/// A passphrase or recovery key, typed or read from a file; never from an argument.
struct KeySecretOption: Sendable {
    /// What is asked for.
    enum Content: Sendable {
        case passphrase
        case recoveryKey
    }

    /// The option that names a file with a passphrase.
    static let passphraseFile = OptionHelp.option(
        "passphrase-file", "FILE", es: "Leer la frase de la primera línea (- es la entrada).",
        en: "Read the passphrase from the first line (- is standard input).")
    /// The option that names a file with a recovery key.
    static let recoveryFile = OptionHelp.option(
        "recovery-file", "FILE", es: "Leer la clave de recuperación (- es la entrada).",
        en: "Read the recovery key from a file (- is standard input).")

    /// The options of a command that opens something with either.
    static let options: [OptionHelp] = [
        recoveryFile,
        .flag(
            "passphrase", es: "Preguntar la frase, no la clave de recuperación.",
            en: "Ask for the passphrase instead of the recovery key."),
        passphraseFile,
    ]

    let content: Content
    /// The file; nil where a person is asked.
    let file: String?

    /// Chooses between the passphrase and the recovery key by what is on the command line.
    init(reading arguments: inout Arguments) throws(UsageError) {
        let recovery = try arguments.option(Self.recoveryFile.name)
        let isPassphrase = try arguments.flag("passphrase")
        let passphrase = try arguments.option(Self.passphraseFile.name)
        guard recovery == nil || (!isPassphrase && passphrase == nil) else {
            throw arguments.error(
                es: "Dé la clave de recuperación o la frase, no ambas.",
                en: "Give the recovery key or the passphrase, not both.")
        }
        self =
            isPassphrase || passphrase != nil
            ? KeySecretOption(content: .passphrase, file: passphrase)
            : KeySecretOption(content: .recoveryKey, file: recovery)
    }

    init(content: Content, file: String?) {
        self.content = content
        self.file = file
    }

    /// Reads what opens a replica.
    func credential(in context: CommandContext) async throws -> KeyCredential {
        switch content {
        case .passphrase:
            .passphrase(
                try await read(
                    LocalizedText(es: "Frase de contraseña", en: "Passphrase"), in: context))
        case .recoveryKey:
            .recovery(
                try RecoveryKey(
                    try await read(
                        LocalizedText(es: "Clave de recuperación", en: "Recovery key"),
                        in: context)
                ).databaseKey)
        }
    }

    private var option: String {
        switch content {
        case .passphrase: Self.passphraseFile.name
        case .recoveryKey: Self.recoveryFile.name
        }
    }

    /// Reads the secret.
    ///
    /// - Throws: ``TerminalError``, or ``MissingTerminal`` where nobody can be asked.
    func read(_ prompt: LocalizedText, in context: CommandContext) async throws -> SecretBytes {
        if let file {
            return content == .passphrase
                ? try await context.terminal.readSecretLine(from: file)
                : try await context.terminal.readSecret(from: file)
        }
        do {
            return try await context.secret(prompt, fromStandardInput: false)
        } catch let error as TerminalError where error.code == .noTerminal {
            throw MissingTerminal(option: option)
        }
    }
}

/// Nobody can be asked, and a file would do.
private struct MissingTerminal: ExplainedError {
    let option: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "No hay terminal donde preguntar. Use --\(option) ARCHIVO, o «-» para la entrada "
                + "estándar.",
            en: "There is no terminal to ask on. Use --\(option) FILE, or - for standard input.")
    }
    var exitStatus: ExitStatus { .usage }
}
