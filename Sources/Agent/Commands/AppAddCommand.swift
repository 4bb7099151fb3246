import Outbox
import SyncCore

/// `syncmail app add`: gives a program of this device a password of its own.
struct AppAddCommand: Command {
    static let name = "app add"
    static let summary = LocalizedText(
        es: "Dar a un programa de este equipo una clave para entregar correo por SMTP o HTTP.",
        en: "Give a program of this device a password to hand in mail over SMTP or HTTP.")
    static let operands = "NAME"
    static let options: [OptionHelp] = [
        .option(
            "user", "USER", es: "Persona en cuyo nombre envía.", en: "In whose name it sends."),
        .option(
            "delegate", "USER", isRepeatable: true,
            es: "Otra persona en cuyo nombre puede enviar, si From es su dirección.",
            en: "Another person in whose name it may send, if From is that person's address."),
    ]

    let application: ApplicationName
    let user: UserID
    let delegates: [UserID]

    init(reading arguments: inout Arguments) throws(UsageError) {
        guard let user: UserID = try arguments.identifier("user") else {
            throw arguments.error(
                es: "Falta la opción --user.", en: "The option --user is missing.")
        }
        self.user = user
        var delegates: [UserID] = []
        for text in try arguments.options("delegate") {
            guard let delegate = UserID(text) else {
                throw arguments.error(
                    es: "--delegate debe ser el identificador de un usuario.",
                    en: "--delegate must be a user's identifier.")
            }
            delegates.append(delegate)
        }
        self.delegates = delegates
        application = try arguments.identifierOperand("NAME")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let (application, user, delegates) = (application, user, delegates)
        let password = try await operation.edit {
            try $0.addApplication(application, user: user, delegates: delegates)
        }
        await context.answer(
            LocalizedText(
                es: "Aplicación «\(application)» añadida; envía en nombre de «\(user)».\n"
                    + "Usuario:    \(application)\nContraseña: \(password)\n"
                    + "La contraseña no se vuelve a mostrar. SMTP: 127.0.0.1:2525.",
                en: "Application “\(application)” added; it sends in the name of “\(user)”.\n"
                    + "User:     \(application)\nPassword: \(password)\n"
                    + "The password is not shown again. SMTP: 127.0.0.1:2525."),
            [
                "app": .string(application.text), "user": .string(user.text),
                "password": .string(password),
            ])
    }
}
