import SyncCore

/// `syncmail key remove`: takes away one way of opening this device's replica.
struct KeyRemoveCommand: Command {
    static let name = "key remove"
    static let summary = LocalizedText(
        es: "Quitar una ranura: lo que la abría deja de abrir.",
        en: "Remove a slot: what opened it opens nothing any more.")
    static let operands = "SLOT"
    static let options: [OptionHelp] = [
        .flag("force", es: "Sí, quitarla.", en: "Yes, remove it.")
    ]

    let slot: UInt64

    init(reading arguments: inout Arguments) throws(UsageError) {
        let isForced = try arguments.flag("force")
        let text = try arguments.operand("SLOT")
        try arguments.finish()
        guard let number = UInt64(text) else {
            throw arguments.error(
                es: "SLOT es un número de «syncmail key list».",
                en: "SLOT is a number of 'syncmail key list'.")
        }
        guard isForced else {
            throw arguments.error(
                es: "Lo que abre la ranura \(number) no abrirá más esta réplica. Si es la clave "
                    + "de esta máquina, el motor no arrancará solo. Si lo quiere, añada --force.",
                en: "What opens slot \(number) will not open this replica any more. If it is this "
                    + "machine's key, the engine will not start by itself. If that is what you "
                    + "want, add --force.")
        }
        slot = number
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let slot = slot
        try await operation.replica.changeKeys(context.engine.keys) { try $0.remove(slot) }
        try await operation.note(KeyReport(.removed, slot: slot))
        await context.answer(
            LocalizedText(
                es: "Ranura \(slot) quitada. Quien tenga una copia del archivo de claves anterior "
                    + "aún puede abrirla: cambie la clave con «syncmail key rotate».",
                en: "Slot \(slot) removed. Whoever has a copy of the earlier key file can still "
                    + "open that: change the key with 'syncmail key rotate'."),
            ["slot": .integer(Int64(slot))])
    }
}
