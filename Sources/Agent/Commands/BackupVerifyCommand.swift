import SyncCore

/// `syncmail backup verify`: proves that a backup can be restored, and changes nothing.
struct BackupVerifyCommand: Command {
    static let name = "backup verify"
    static let summary = LocalizedText(
        es: "Comprobar que un respaldo está íntegro.", en: "Check that a backup is whole.")
    static let operands = "FILE|-"
    static let options = RecoveryInput.options

    let input: BackupInput
    let recovery: RecoveryInput

    init(reading arguments: inout Arguments) throws(UsageError) {
        recovery = try RecoveryInput(reading: &arguments)
        input = try BackupInput(reading: &arguments, recovery)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        var bar = ProgressBar(
            LocalizedText(es: "Comprobando", en: "Checking"), in: context)
        let outcome = try await context.engine.homeRestore.verify(
            input.path, from: { try await input.read(in: context, $0) },
            credential: { try await recovery.read(in: context) },
            progress: { await bar.show($0) })
        await bar.end()
        let (manifest, facts) = (outcome.manifest, outcome.facts)
        await context.answer(
            LocalizedText(
                es: "El respaldo está íntegro: equipo \(manifest.device), hecho "
                    + "\(manifest.time), \(facts.recordsCount) registros.",
                en: "The backup is whole: device \(manifest.device), made \(manifest.time), "
                    + "\(facts.recordsCount) records."),
            .members(
                BackupView.members(manifest, file: input.path) + [
                    ("whole", .boolean(true)),
                    ("records", .integer(Int64(clamping: facts.recordsCount))),
                ]))
    }
}

/// The file that a backup is read from.
struct BackupInput: Sendable {
    let path: String

    /// Reads the operand; standard input cannot hold the recovery key too.
    init(reading arguments: inout Arguments, _ recovery: RecoveryInput) throws(UsageError) {
        path = try arguments.operand("FILE")
        guard path != "-" || !recovery.isFromStandardInput else {
            throw arguments.error(
                es: "La entrada estándar no puede traer a la vez el respaldo y la clave.",
                en: "Standard input cannot bring both the backup and the key.")
        }
    }

    /// Gives the bytes, which the front reads with the rights of the person who typed.
    func read(in context: CommandContext, _ take: ([UInt8]) async throws -> Void) async throws {
        try await context.terminal.read(
            path == "-" ? .standardInput : .file(path), maximum: .max, take: take)
    }
}

/// What opens a backup where this machine's key does not.
struct RecoveryInput: Sendable {
    static let options: [OptionHelp] = [
        KeySecretOption.recoveryFile,
        .flag(
            "passphrase", es: "Preguntar la frase, no la clave de recuperación.",
            en: "Ask for the passphrase instead of the recovery key."),
        KeySecretOption.passphraseFile,
    ]

    private let source: KeySecretOption

    /// Whether it takes standard input for itself.
    var isFromStandardInput: Bool { source.file == "-" }

    init(reading arguments: inout Arguments) throws(UsageError) {
        source = try KeySecretOption(reading: &arguments)
    }

    /// Asks for it.
    func read(in context: CommandContext) async throws -> KeyCredential {
        try await source.credential(in: context)
    }
}
