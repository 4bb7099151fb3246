import Outbox
import SyncCore

/// `syncmail backup restore`: puts a backup into an empty home.
struct BackupRestoreCommand: Command {
    static let name = "backup restore"
    static let summary = LocalizedText(
        es: "Restaurar un respaldo en un directorio vacío (--home).",
        en: "Restore a backup into an empty directory (--home).")
    static let operands = "FILE|-"
    static let options = KeySecretOption.options

    let input: BackupInput

    init(reading arguments: inout Arguments) throws(UsageError) {
        input = try BackupInput(reading: &arguments)
    }

    func run(in context: CommandContext) async throws {
        let engine = context.engine
        try engine.checkOperator(context.peer)
        var bar = ProgressBar(
            LocalizedText(es: "Restaurando", en: "Restoring"), in: context)
        let outcome = try await engine.homeRestore.restore(
            input.path, from: { try await input.read(in: context, $0) },
            credential: { try await input.credential(in: context) },
            progress: { await bar.show($0) })
        await bar.end()
        // From here on the home has a replica, whatever happens to this command.
        try await engine.openRestored()
        let doubtful = try await engine.workspace().replica.read {
            try $0.outbox.suspectCount()
        }
        let manifest = outcome.manifest
        await context.answer(
            LocalizedText(
                es: "Restaurado el equipo \(manifest.device) como estaba el \(manifest.time). "
                    + "Entregas inciertas: \(doubtful)."
                    + (doubtful == 0 ? "" : " Decídalas con «syncmail outbox resolve»."),
                en: "Device \(manifest.device) is restored as it was on \(manifest.time). "
                    + "Deliveries in doubt: \(doubtful)."
                    + (doubtful == 0 ? "" : " Settle them with 'syncmail outbox resolve'.")),
            .members(
                BackupView.members(manifest, file: input.path) + [
                    ("in_doubt", .integer(Int64(doubtful)))
                ]))
    }
}
