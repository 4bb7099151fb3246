import Outbox
import SyncCore

/// `syncmail fallback list`: shows the accounts that stand in, in their order.
struct FallbackListCommand: Command {
    static let name = "fallback list"
    static let summary = LocalizedText(
        es: "Ver las cuentas de respaldo.", en: "Show the fallback accounts.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let views = try await operation.replica.read { try AccountView.all(in: $0) }
            .filter { $0.priority != nil }.sorted { ($0.priority ?? 0) < ($1.priority ?? 0) }
        var table = Table(
            [
                .numbers(es: "Orden", en: "Order"), .words(es: "Cuenta", en: "Account"),
                .words(es: "Correo", en: "Address"), .words(es: "Estado", en: "State"),
            ],
            empty: LocalizedText(
                es: "No hay respaldo. Póngalo con «syncmail fallback set CUENTA…».",
                en: "There is no fallback. Set one with “syncmail fallback set ACCOUNT…”."))
        for view in views {
            table.add([
                view.priority.map(String.init) ?? "", view.account.id.text,
                view.account.address?.text ?? "—",
                view.conditionText.text(in: context.language),
            ])
        }
        await context.answer(table, views.map(\.json))
    }
}
