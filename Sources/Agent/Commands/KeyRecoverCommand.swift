import SyncCore

/// `syncmail key recover`: opens a replica whose machine key is lost, or checks what would.
struct KeyRecoverCommand: Command {
    static let name = "key recover"
    static let summary = LocalizedText(
        es: "Abrir la réplica con la clave de recuperación o la frase, o comprobarla.",
        en: "Open the replica with the recovery key or passphrase, or check it.")
    static let options = KeySecretOption.options

    let source: KeySecretOption

    init(reading arguments: inout Arguments) throws(UsageError) {
        source = try KeySecretOption(reading: &arguments)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        // A home without a replica has nothing to recover.
        if context.engine.lock == nil { _ = try context.engine.workspace() }
        let isRecovered = try await context.engine.recover(
            with: try await source.credential(in: context))
        if isRecovered { try await context.operation().note(KeyReport(.recovered)) }
        await context.answer(
            isRecovered
                ? LocalizedText(
                    es: "Réplica recuperada. Esta máquina la abre sola otra vez.",
                    en: "Replica recovered. This machine opens it by itself again.")
                : LocalizedText(
                    es: "Correcta: abre esta réplica. Esta máquina ya la abre sola; no se cambió "
                        + "nada.",
                    en: "Right: it opens this replica. This machine opens it by itself already; "
                        + "nothing was changed."),
            ["recovered": .boolean(isRecovered)])
    }
}
