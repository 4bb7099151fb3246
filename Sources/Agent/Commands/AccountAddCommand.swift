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
                en: "Whose it is; the company's if left out.")
        ]

    let account: AccountID
    let options: AccountOptions
    let owner: UserID?

    init(reading arguments: inout Arguments) throws(UsageError) {
        options = try AccountOptions(reading: &arguments)
        owner = try arguments.identifier("user")
        account = try arguments.identifierOperand("ID")
        try arguments.finish()
        let change = options.change
        for (name, isThere) in [
            ("address", change.address != nil), ("host", change.host != nil),
            ("route", change.routes != nil),
        ] where !isThere {
            throw arguments.error(
                es: "Falta la opción --\(name).", en: "The option --\(name) is missing.")
        }
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let change = try await options.completeChange(in: context)
        let (account, owner, actor) = (account, owner, operation.actor)
        try await operation.replica.read {
            try DirectoryEditor($0, actor: actor).checkNew(account, change, owner: owner)
        }
        let password = try await options.password(of: account, in: context)
        try await operation.edit {
            try $0.addAccount(account, change, password: password, owner: owner)
        }
        await context.answer(
            LocalizedText(
                es: "Cuenta «\(account)» añadida. Pruébela con «syncmail account test "
                    + "\(account)».",
                en: "Account “\(account)” added. Test it with “syncmail account test "
                    + "\(account)”."),
            ["account": .string(account.text), "password_set": true])
    }
}
