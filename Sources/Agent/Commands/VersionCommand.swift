import Front
import SyncCore

/// `syncmail version`: tells which engine answers.
struct VersionCommand: Command {
    static let name = "version"
    static let summary = LocalizedText(
        es: "Mostrar la versión del motor.", en: "Show the engine's version.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        if context.isJSON {
            await context.write([
                "version": .string(Product.version),
                "protocol": .integer(Int64(FrameLimits.version)),
            ])
        } else {
            await context.terminal.write("syncmail \(Product.version)")
        }
    }
}
