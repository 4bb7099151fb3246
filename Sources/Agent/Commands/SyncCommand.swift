import SyncCore

/// `syncmail sync`: exchanges with the hub until both sides have everything.
struct SyncCommand: Command {
    static let name = "sync"
    static let summary = LocalizedText(
        es: "Sincronizar ahora con el servidor.", en: "Synchronise with the hub now.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let workspace = try await OutboxAccess(of: context).workspace
        guard let driver = try await workspace.driver() else { throw WorkspaceError.noHub }
        try await driver.synchronise(showing: context)
        if context.isJSON {
            await context.write(["synchronised": true])
        } else {
            await context.write(
                LocalizedText(es: "Sincronizado.", en: "Synchronised."))
        }
    }
}

extension SyncDriver {
    /// Synchronises, and shows how far it has come if that takes long.
    func synchronise(showing context: CommandContext) async throws {
        var bar = ProgressBar(
            LocalizedText(es: "Sincronizando", en: "Synchronising"), in: context)
        try await synchronise { await bar.show($0) }
        await bar.end()
    }
}
