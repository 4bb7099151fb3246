import SyncCore

/// `syncmail backup verify`: proves that a backup can be restored, and changes nothing.
struct BackupVerifyCommand: Command {
    static let name = "backup verify"
    static let summary = LocalizedText(
        es: "Comprobar que un respaldo está íntegro.", en: "Check that a backup is whole.")
    static let operands = "FILE|-"
    static let options = KeySecretOption.options

    let input: BackupInput

    init(reading arguments: inout Arguments) throws(UsageError) {
        input = try BackupInput(reading: &arguments)
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        var bar = ProgressBar(
            LocalizedText(es: "Comprobando", en: "Checking"), in: context)
        let outcome = try await context.engine.homeRestore.verify(
            input.path, from: { try await input.read(in: context, $0) },
            credential: { try await input.credential(in: context) },
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

/// The file that a backup is read from, and what opens it where this machine's key does not.
struct BackupInput: Sendable {
    let path: String
    private let recovery: KeySecretOption

    /// Reads the command line; standard input cannot hold the backup and the key.
    init(reading arguments: inout Arguments) throws(UsageError) {
        recovery = try KeySecretOption(reading: &arguments)
        path = try arguments.operand("FILE")
        guard path != "-" || recovery.file != "-" else {
            throw arguments.error(
                es: "La entrada estándar no puede traer a la vez el respaldo y la clave.",
                en: "Standard input cannot bring both the backup and the key.")
        }
        try arguments.finish()
    }

    /// Gives the bytes, which the front reads with the rights of the person who typed.
    func read(in context: CommandContext, _ take: ([UInt8]) async throws -> Void) async throws {
        try await context.terminal.read(
            path == "-" ? .standardInput : .file(path), maximum: .max, take: take)
    }

    /// Asks for what opens it.
    func credential(in context: CommandContext) async throws -> KeyCredential {
        try await recovery.credential(in: context)
    }
}
