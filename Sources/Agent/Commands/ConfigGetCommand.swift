import Outbox
import SyncCore

/// `syncmail config get`: shows one field.
struct ConfigGetCommand: Command {
    static let name = "config get"
    static let summary = LocalizedText(es: "Ver un dato.", en: "Show one field.")
    static let operands = "PATH"

    let path: RegisterPath

    init(reading arguments: inout Arguments) throws(UsageError) {
        path = try arguments.path()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let path = path
        let view = try await operation.replica.read { transaction in
            try RegisterView(try transaction.config.register(path), in: transaction)
        }
        guard !view.register.entries.isEmpty else { throw ConfigFieldError(.empty, at: path) }
        if context.isJSON {
            await context.write(view.json)
            return
        }
        await context.terminal.write(view.value.printable)
        guard view.register.isConflict else { return }
        await context.warn(
            LocalizedText(
                es: "Aviso: este dato tiene un conflicto. Vea «syncmail config conflicts».",
                en: "Note: this field has a conflict. See “syncmail config conflicts”."))
    }
}
