import Outbox
import SyncCore

/// `syncmail user list`: shows the people of the organisation.
struct UserListCommand: Command {
    static let name = "user list"
    static let summary = LocalizedText(es: "Ver los usuarios.", en: "Show the users.")
    static let options: [OptionHelp] = [
        .flag("all", es: "También los eliminados.", en: "Removed ones too.")
    ]

    let includesRemoved: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        includesRemoved = try arguments.flag("all")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let includesRemoved = includesRemoved
        let users = try await operation.replica.read { transaction in
            try transaction.directory.users().filter { includesRemoved || $0.state != .removed }
        }
        var table = Table(
            [
                .words(es: "Usuario", en: "User"), .words(es: "Nombre", en: "Name"),
                .words(es: "Correo", en: "Mail"), .words(es: "Cuenta", en: "Account"),
                .words(es: "Función", en: "Role"), .words(es: "Estado", en: "State"),
            ], empty: LocalizedText(es: "No hay usuarios.", en: "There are no users."))
        for user in users {
            table.add([
                user.id.text, user.name, user.email?.text ?? "—", user.account?.text ?? "—",
                user.role ?? "—", user.state.text.text(in: context.language),
            ])
        }
        await context.answer(table, users.map(Self.json))
    }

    private static func json(_ user: DirectoryUser) -> JSONValue {
        [
            "id": .string(user.id.text), "name": .string(user.name),
            "email": .optional(user.email?.text), "account": .optional(user.account?.text),
            "role": .optional(user.role), "state": .string(user.state.rawValue),
            "delegates": .array(
                user.delegates.map { login in
                    [
                        "device": .string(login.device.description),
                        "uid": .integer(Int64(login.uid)),
                    ]
                }),
        ]
    }
}

extension EntryState {
    /// The state as people read it.
    var text: LocalizedText {
        switch self {
        case .active: LocalizedText(es: "activo", en: "active")
        case .disabled: LocalizedText(es: "desactivado", en: "disabled")
        case .removed: LocalizedText(es: "eliminado", en: "removed")
        }
    }
}
