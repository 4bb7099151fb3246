import SyncCore

/// `syncmail key add-recovery`: lets the organisation's recovery key open this device's replica
/// again, after its slot was removed.
struct KeyAddRecoveryCommand: Command {
    static let name = "key add-recovery"
    static let summary = LocalizedText(
        es: "Volver a admitir la clave de recuperación.", en: "Admit the recovery key again.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let before = try context.engine.keys.slots().map(\.number)
        guard let number = try await operation.replica.addRecoverySlot(context.engine.keys) else {
            throw WorkspaceError.notAMember
        }
        if !before.contains(number) {
            try await operation.note(KeyReport(.addedRecovery, slot: number))
        }
        await context.answer(
            LocalizedText(
                es: "La clave de recuperación de la organización abre esta réplica "
                    + "(ranura \(number)).",
                en: "The organisation's recovery key opens this replica (slot \(number))."),
            ["slot": .integer(Int64(number))])
    }
}
