import Outbox
import SyncCore

/// `syncmail config resolve`: settles a conflict with one write that replaces all its values.
struct ConfigResolveCommand: Command {
    static let name = "config resolve"
    static let summary = LocalizedText(es: "Resolver un conflicto.", en: "Resolve a conflict.")
    static let operands = "PATH"
    static let options: [OptionHelp] = [
        .option("value", "VALUE", es: "Escribir este valor.", en: "Write this value."),
        .option(
            "take", "N", es: "Tomar el valor con este número de «config conflicts».",
            en: "Take the value with this number in “config conflicts”."),
        .flag(
            "list", es: "El valor es una lista separada por comas.",
            en: "The value is a list separated by commas."),
        ConfigValue.emptyHelp,
    ]

    /// What the field shall hold.
    enum Choice: Sendable {
        case value(RegisterValue)
        case number(Int)
    }

    let path: RegisterPath
    let choice: Choice

    init(reading arguments: inout Arguments) throws(UsageError) {
        let typed = try arguments.option("value")
        let number = try arguments.numberOption("take", in: 1...ConfigWrite.replacedMaximum)
        let isList = try arguments.flag("list")
        let isEmpty = try arguments.flag(ConfigValue.emptyHelp.name)
        path = try arguments.path()
        try arguments.finish()
        switch (typed, number, isEmpty) {
        case (let typed?, nil, false):
            choice = .value(ConfigValue.read(typed, isList: isList))
        case (nil, let number?, false): choice = .number(number)
        case (nil, nil, true): choice = .value(.none)
        default:
            throw arguments.error(
                es: "Diga --value, --take o --empty, y solo uno de ellos.",
                en: "Give --value, --take or --empty, and only one of them.")
        }
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let (path, choice, actor) = (path, choice, operation.actor)
        let view = try await operation.replica.write { transaction in
            let register = try transaction.config.register(path)
            guard try ConflictSearch(transaction).conflict(about: path) != nil else {
                throw ConfigFieldError(.noConflict, at: path)
            }
            let value: RegisterValue
            switch choice {
            case .value(let typed):
                try ConfigSchema.check(typed, at: path)
                value = typed
            case .number(let number):
                guard register.entries.indices.contains(number - 1) else {
                    throw ConfigFieldError(.noSuchValue, at: path)
                }
                value = register.entries[number - 1].value
            }
            try transaction.configure([path: value], actor: actor)
            return RegisterView(
                try transaction.config.register(path), in: transaction.membership)
        }
        operation.workspace.wakeSync()
        await context.answer(
            LocalizedText(
                es: "Conflicto de «\(path)» resuelto: \(view.value).",
                en: "Conflict of “\(path)” resolved: \(view.value)."), view.json)
    }
}
