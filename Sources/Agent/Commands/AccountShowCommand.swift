import Outbox
import SyncCore

/// `syncmail account show`: tells everything about one account but its password.
struct AccountShowCommand: Command {
    static let name = "account show"
    static let summary = LocalizedText(es: "Ver una cuenta.", en: "Show an account.")
    static let operands = "ID"

    let account: AccountID

    init(reading arguments: inout Arguments) throws(UsageError) {
        account = try arguments.identifierOperand("ID")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let views = try await operation.replica.read { try AccountView.all(in: $0) }
        guard let view = views.first(where: { $0.account.id == account }) else {
            throw DirectoryError(.noSuchAccount(account))
        }
        if context.isJSON {
            await context.write(view.json)
            return
        }
        var table = Table(
            [.words(es: "Dato", en: "Field"), .words(es: "Valor", en: "Value")],
            empty: LocalizedText(es: "", en: ""))
        for (field, value) in Self.rows(of: view) {
            table.add([field.text(in: context.language), value.text(in: context.language)])
        }
        await context.write(table)
    }

    private static func rows(of view: AccountView) -> [(LocalizedText, LocalizedText)] {
        let account = view.account
        func row(_ es: String, _ en: String, _ value: String?) -> (LocalizedText, LocalizedText) {
            let value = value ?? "—"
            return (LocalizedText(es: es, en: en), LocalizedText(es: value, en: value))
        }
        let password = account.secret.map { secret in
            LocalizedText(
                es: "guardada (versión \(secret.version))",
                en: "set (version \(secret.version))")
        }
        return [
            row("Cuenta", "Account", account.id.text),
            row("Correo", "Address", account.address?.text),
            row("Nombre", "Name", account.name),
            row("Servidor", "Server", account.host),
            row("Rutas", "Routes", account.routes.map(\.description).joined(separator: ", ")),
            row("Usuario", "Login", account.login),
            (LocalizedText(es: "Estado", en: "State"), view.conditionText),
            (
                LocalizedText(es: "Contraseña", en: "Password"),
                password ?? LocalizedText(es: "falta", en: "missing")
            ),
            row("Cambiada", "Changed", account.secretChanged?.description),
            row("La abren", "Opened by", view.devices.joined(separator: ", ")),
            row("Última prueba", "Last test", account.lastTest?.time.description),
        ]
    }
}
