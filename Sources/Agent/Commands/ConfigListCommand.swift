import SyncCore

/// `syncmail config list`: shows the fields of the configuration.
struct ConfigListCommand: Command {
    static let name = "config list"
    static let summary = LocalizedText(
        es: "Ver la configuración.", en: "Show the configuration.")
    static let operands = "[PREFIX]"

    let prefix: String

    init(reading arguments: inout Arguments) throws(UsageError) {
        let typed = arguments.optionalOperand() ?? ""
        prefix = typed.hasSuffix("/") ? String(typed.dropLast()) : typed
        try arguments.finish()
        guard prefix.isEmpty || RegisterPath(prefix) != nil else {
            throw arguments.error(
                es: "«\(typed)» no es el principio de un dato, como user/juan.",
                en: "“\(typed)” is not the beginning of a field, such as user/juan.")
        }
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let prefix = prefix
        let (views, unknown) = try await operation.replica.read { transaction in
            let below = try transaction.config.registers(below: prefix)
            let itself = try RegisterPath(prefix).map { [try transaction.config.register($0)] }
            let views = try ((itself ?? []).filter { !$0.entries.isEmpty } + below)
                .map { try RegisterView($0, in: transaction) }
            let unknown =
                prefix.isEmpty ? try UnknownRecords.all(of: [.config], in: transaction) : []
            return (views, unknown)
        }
        var table = Table(
            [
                .words(es: "Dato", en: "Field"), .words(es: "Valor", en: "Value"),
                .words(es: "Por", en: "By"), .words(es: "", en: ""),
            ],
            empty: LocalizedText(es: "No hay datos.", en: "There are no fields."))
        let conflict = LocalizedText(es: "conflicto", en: "conflict").text(in: context.language)
        for view in views {
            table.add([
                view.path.text, view.value, view.register.entries.first?.actor ?? "",
                [
                    view.register.isConflict ? conflict : "",
                    view.hasUnknownParts
                        ? RegisterView.unknownMark.text(in: context.language) : "",
                ].filter { !$0.isEmpty }.joined(separator: ", "),
            ])
        }
        await context.answer(table, views.map(\.json) + unknown.map(\.json))
        if !context.isJSON, let line = UnknownRecords.line(unknown) { await context.write(line) }
    }
}
