import Outbox
import SyncCore

/// `syncmail account list`: shows the accounts, people's own and the company's.
struct AccountListCommand: Command {
    static let name = "account list"
    static let summary = LocalizedText(es: "Ver las cuentas de envío.", en: "Show the accounts.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let views = try await operation.replica.read { try AccountView.all(in: $0) }
        var table = Table(
            [
                .words(es: "Cuenta", en: "Account"), .words(es: "Correo", en: "Address"),
                .words(es: "De", en: "Of"), .numbers(es: "Respaldo", en: "Fallback"),
                .words(es: "Servidor", en: "Server"), .words(es: "Estado", en: "State"),
            ],
            empty: LocalizedText(
                es: "No hay cuentas. Añada una con «syncmail account add».",
                en: "There are no accounts. Add one with “syncmail account add”."))
        for view in views {
            table.add([
                view.account.id.text, view.account.address?.text ?? "—",
                view.users.map(\.text).joined(separator: ", "),
                view.priority.map(String.init) ?? "", view.account.host ?? "—",
                view.conditionText.text(in: context.language),
            ])
        }
        await context.answer(table, views.map(\.json))
    }
}
