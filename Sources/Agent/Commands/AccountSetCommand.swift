import Outbox
import SyncCore

/// `syncmail account set`: changes an account, or its password.
struct AccountSetCommand: Command {
    static let name = "account set"
    static let summary = LocalizedText(
        es: "Cambiar una cuenta o su contraseña.", en: "Change an account or its password.")
    static let operands = "ID"
    static let options =
        AccountOptions.help + [
            .flag(
                "password", es: "Pedir una contraseña nueva.", en: "Ask for a new password."),
            .option(
                "state", "active|disabled|removed", es: "Estado de la cuenta.",
                en: "The account's state."),
        ]

    let account: AccountID
    let options: AccountOptions
    let asksPassword: Bool
    let state: EntryState?

    init(reading arguments: inout Arguments) throws(UsageError) {
        options = try AccountOptions(reading: &arguments)
        asksPassword = try arguments.flag("password") || options.readsStandardInput
        let text = try arguments.option("state")
        state = text.flatMap { EntryState(rawValue: $0) }
        if text != nil, state == nil {
            throw arguments.error(
                es: "--state debe ser active, disabled o removed.",
                en: "--state must be active, disabled or removed.")
        }
        account = try arguments.identifierOperand("ID")
        try arguments.finish()
        guard
            asksPassword || state != nil || options.authority.isTyped
                || options.change != AccountChange()
        else {
            throw arguments.error(
                es: "No se pidió ningún cambio.", en: "No change was asked for.")
        }
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        var edited = try await options.completeChange(in: context)
        edited.state = state
        let (account, change, actor) = (account, edited, operation.actor)
        _ = try await operation.replica.read {
            try DirectoryEditor($0, actor: actor).existing(account)
        }
        let password = asksPassword ? try await options.password(of: account, in: context) : nil
        try await operation.edit {
            try $0.changeAccount(account, change, password: password)
        }
        await context.answer(
            LocalizedText(
                es: "Cuenta «\(account)» cambiada. Se prueba sola; vea el resultado con «syncmail "
                    + "account show \(account)».",
                en: "Account “\(account)” changed. It is tested by itself; see the result with "
                    + "“syncmail account show \(account)”."),
            ["account": .string(account.text), "password_changed": .boolean(password != nil)])
    }
}
