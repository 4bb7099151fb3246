import Outbox
import SyncCore

/// `syncmail app remove`: takes a program's password away.
struct AppRemoveCommand: Command {
    static let name = "app remove"
    static let summary = LocalizedText(
        es: "Quitar la clave a un programa.", en: "Take a program's password away.")
    static let operands = "NAME"

    let application: ApplicationName

    init(reading arguments: inout Arguments) throws(UsageError) {
        application = try arguments.identifierOperand("NAME")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let application = application
        try await operation.edit { try $0.removeApplication(application) }
        await context.answer(
            LocalizedText(
                es: "Aplicación «\(application)» quitada: su contraseña ya no sirve.",
                en: "Application “\(application)” removed: its password opens nothing any more."),
            ["app": .string(application.text)])
    }
}
