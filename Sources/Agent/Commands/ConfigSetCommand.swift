import Outbox
import SyncCore

/// `syncmail config set`: writes one field.
struct ConfigSetCommand: Command {
    static let name = "config set"
    static let summary = LocalizedText(es: "Cambiar un dato.", en: "Change one field.")
    static let operands = "PATH [VALUE]"
    static let options: [OptionHelp] = [
        .option(
            "seen", "TOKEN",
            es: "Reemplazar solo los valores que mostró «config get --json».",
            en: "Replace only the values that “config get --json” showed."),
        .flag(
            "list", es: "El valor es una lista separada por comas.",
            en: "The value is a list separated by commas."),
        ConfigValue.emptyHelp,
    ]

    let path: RegisterPath
    let value: RegisterValue
    let token: String?

    init(reading arguments: inout Arguments) throws(UsageError) {
        token = try arguments.option("seen")
        let isList = try arguments.flag("list")
        let isEmpty = try arguments.flag(ConfigValue.emptyHelp.name)
        path = try arguments.path()
        let typed = arguments.optionalOperand()
        try arguments.finish()
        switch (typed, isEmpty) {
        case (let typed?, false): value = ConfigValue.read(typed, isList: isList)
        case (nil, true): value = .none
        case (nil, false), (_?, true):
            throw arguments.error(
                es: "Diga VALUE o --empty, y solo uno de los dos.",
                en: "Give VALUE or --empty, and only one of them.")
        }
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        try ConfigSchema.check(value, at: path)
        let seen: SeenValues? = try token.map {
            try TokenText.read($0, prefix: SeenValues.prefix)
        }
        if let seen, seen.path != path { throw ConfigFieldError(.otherToken, at: path) }
        let (path, value, actor) = (path, value, operation.actor)
        let view = try await operation.replica.write { transaction in
            try transaction.configure(
                [path: value], actor: actor, seen: seen.map { [path: $0.dots] } ?? [:])
            return RegisterView(
                try transaction.config.register(path), in: transaction.membership)
        }
        operation.workspace.wakeSync()
        let conflict =
            view.register.isConflict
            ? LocalizedText(
                es: " Otro cambio quedó al lado: vea «syncmail config conflicts».",
                en: " Another change stands beside it: see “syncmail config conflicts”.")
            : LocalizedText(es: "", en: "")
        await context.answer(
            LocalizedText(
                es: "«\(path)» cambiado.\(conflict.es)", en: "“\(path)” changed.\(conflict.en)"),
            view.json)
    }
}
