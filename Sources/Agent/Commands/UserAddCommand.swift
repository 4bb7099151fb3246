import Outbox
import SyncCore

/// `syncmail user add`: adds a person, and the logins that send in his name.
struct UserAddCommand: Command {
    static let name = "user add"
    static let summary = LocalizedText(es: "Añadir un usuario.", en: "Add a user.")
    static let operands = "ID"
    static let options: [OptionHelp] = [
        .option("name", "NAME", es: "Nombre en el correo.", en: "The name in mails."),
        .option("email", "ADDRESS", es: "Dónde lee correo.", en: "Where he reads mail."),
        .option("role", "ROLE", es: "Función en la empresa.", en: "Role in the company."),
        .option("account", "ACCOUNT", es: "Cuenta propia.", en: "His own account."),
        .option(
            "bind", "UID[@DEVICE]", isRepeatable: true,
            es: "Usuario del sistema que es esta persona.",
            en: "The system user who is this person."),
        .option(
            "delegate", "UID[@DEVICE]", isRepeatable: true,
            es: "Usuario del sistema que puede enviar en su nombre.",
            en: "A system user who may send in his name."),
    ]

    let user: UserID
    let change: UserChange
    let bindings: [LoginReference]
    let delegates: [LoginReference]

    init(reading arguments: inout Arguments) throws(UsageError) {
        var change = UserChange()
        change.name = try arguments.line("name", maximum: Mailbox.nameByteCountMaximum)
        change.email = try arguments.address("email")
        change.role = try arguments.identifier("role", as: UserID.self)?.text
        change.account = try arguments.identifier("account")
        bindings = try arguments.logins("bind")
        delegates = try arguments.logins("delegate")
        user = try arguments.identifierOperand("ID")
        try arguments.finish()
        guard change.name != nil else {
            throw arguments.error(
                es: "Falta la opción --name.", en: "The option --name is missing.")
        }
        self.change = change
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let (user, template, bindings, delegates) = (user, change, bindings, delegates)
        let actor = operation.actor
        try await operation.replica.write { transaction in
            var change = template
            change.bindings = try bindings.map { try $0.find(in: transaction) }
            change.delegates = try delegates.map { try $0.find(in: transaction) }
            try DirectoryEditor(transaction, actor: actor).addUser(user, change)
        }
        operation.workspace.wakeSync()
        await context.answer(
            LocalizedText(es: "Usuario «\(user)» añadido.", en: "User “\(user)” added."),
            ["user": .string(user.text)])
    }
}
