import Outbox
import SyncCore

/// `syncmail account add`: adds an account that can send.
struct AccountAddCommand: Command {
    static let name = "account add"
    static let summary = LocalizedText(
        es: "Añadir una cuenta de envío.", en: "Add an account that sends.")
    static let operands = "ID"
    static let options =
        AccountOptions.help + [
            .option(
                "user", "USER", es: "De quién es; sin esto es de la empresa.",
                en: "Whose it is; the company's if left out."),
            ProviderOption.help,
        ]

    let account: AccountID
    let options: AccountOptions
    let owner: UserID?
    /// What is known of the server, which the options did not say.
    private let discovery: AccountDiscovery?

    init(reading arguments: inout Arguments) throws(UsageError) {
        let provider = try ProviderOption.read(from: &arguments)
        options = try AccountOptions(reading: &arguments)
        owner = try arguments.identifier("user")
        account = try arguments.identifierOperand("ID")
        try arguments.finish()
        guard let address = options.change.address else {
            throw arguments.error(
                es: "Falta la opción --address.", en: "The option --address is missing.")
        }
        discovery = AccountDiscovery.candidates(for: address, at: provider).first {
            $0.source == .table
        }
        guard options.change.host != nil || discovery != nil else {
            throw arguments.error(
                es: "Falta --host o --provider: de «\(address.domain)» no se sabe el servidor.",
                en: "--host or --provider is missing: the server of “\(address.domain)” is not "
                    + "known.")
        }
    }

    /// What to write: what was typed, and for the rest what is known of the server.
    private func filled(_ typed: AccountChange) -> AccountChange {
        var change = typed
        if change.host == nil {
            change.host = discovery?.host.text
            change.routes = change.routes ?? discovery?.routes
            change.login = change.login ?? discovery?.provider?.fixedLogin
        }
        change.routes = change.routes ?? AccountDiscovery.usualRoutes
        return change
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let change = filled(try await options.completeChange(in: context))
        let (account, owner, actor) = (account, owner, operation.actor)
        try await operation.replica.read {
            try DirectoryEditor($0, actor: actor).checkNew(account, change, owner: owner)
        }
        if !context.isJSON, context.terminal.isErrorTerminal,
            let hint = discovery?.provider?.signInHint
        {
            await context.warn(hint)
        }
        let password = try await options.password(of: account, in: context)
        try await operation.edit {
            try $0.addAccount(account, change, password: password, owner: owner)
        }
        await context.answer(
            LocalizedText(
                es: "Cuenta «\(account)» añadida. Se prueba sola; vea el resultado con «syncmail "
                    + "account show \(account)», o envíe un correo con «syncmail account test "
                    + "\(account) --to CORREO».",
                en: "Account “\(account)” added. It is tested by itself; see the result with "
                    + "“syncmail account show \(account)”, or send a mail with “syncmail account "
                    + "test \(account) --to ADDRESS”."),
            [
                "account": .string(account.text), "password_set": true,
                "host": .optional(change.host),
            ])
    }
}
