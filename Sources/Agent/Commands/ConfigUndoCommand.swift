import Outbox
import SyncCore

/// `syncmail config undo`: takes the last change of a field back, a resolution included.
struct ConfigUndoCommand: Command {
    static let name = "config undo"
    static let summary = LocalizedText(
        es: "Deshacer el último cambio de un dato, o la solución de un conflicto.",
        en: "Undo the last change of a field, or the settling of a conflict.")
    static let operands = "PATH"

    let path: RegisterPath

    init(reading arguments: inout Arguments) throws(UsageError) {
        path = try arguments.path()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let (path, actor) = (path, operation.actor)
        let view = try await operation.replica.write { transaction in
            let undo = ConfigUndo(transaction)
            for value in try undo.values(of: path) { try ConfigSchema.check(value, at: path) }
            return RegisterView(
                try undo.undo(path, actor: actor), in: transaction.membership)
        }
        operation.workspace.wakeSync()
        let answer =
            view.register.isConflict
            ? LocalizedText(
                es: "El conflicto de «\(path)» está de nuevo por resolver.",
                en: "The conflict of “\(path)” is to be settled again.")
            : LocalizedText(
                es: "«\(path)» vuelve a ser: \(view.value).",
                en: "“\(path)” is again: \(view.value).")
        await context.answer(answer, view.json)
    }
}
