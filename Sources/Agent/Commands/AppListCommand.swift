import Outbox
import SyncCore

/// `syncmail app list`: shows the programs of this device that have a password.
struct AppListCommand: Command {
    static let name = "app list"
    static let summary = LocalizedText(
        es: "Ver los programas que entregan correo con clave.",
        en: "Show the programs that hand in mail with a password.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let applications = try await operation.replica.read { transaction in
            try transaction.directory.applications(on: transaction.identity.id)
        }
        var table = Table(
            [
                .words(es: "Aplicación", en: "Application"), .words(es: "Usuario", en: "User"),
                .words(es: "También por", en: "Also for"),
            ],
            empty: LocalizedText(
                es: "No hay aplicaciones en este equipo.",
                en: "There are no applications on this device."))
        for application in applications {
            let delegates = application.delegates.map(\.text).joined(separator: ", ")
            table.add([
                application.name.text, application.user.text, delegates.isEmpty ? "—" : delegates,
            ])
        }
        await context.answer(
            table,
            applications.map { application in
                [
                    "app": .string(application.name.text),
                    "user": .string(application.user.text),
                    "delegates": .array(application.delegates.map { .string($0.text) }),
                ]
            })
    }
}
