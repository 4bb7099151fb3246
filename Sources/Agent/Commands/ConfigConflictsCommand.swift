import SyncCore

/// `syncmail config conflicts`: shows the fields about which people must decide.
struct ConfigConflictsCommand: Command {
    static let name = "config conflicts"
    static let summary = LocalizedText(
        es: "Ver los conflictos por resolver.", en: "Show the conflicts to resolve.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let views = try await operation.replica.read { transaction in
            try ConflictSearch(transaction).all().map {
                ConflictView($0, in: transaction.membership)
            }
        }
        var table = Table(
            [
                .words(es: "Dato", en: "Field"), .numbers(es: "N.º", en: "No."),
                .words(es: "Valor", en: "Value"), .words(es: "Quién", en: "Who"),
                .words(es: "Equipo", en: "Device"), .words(es: "Cuándo", en: "When"),
                .words(es: "Por qué", en: "Why"),
            ],
            empty: LocalizedText(es: "No hay conflictos.", en: "There are no conflicts."))
        for view in views {
            for (index, entry) in view.register.register.entries.enumerated() {
                table.add([
                    index == 0 ? view.path.text : "", String(index + 1),
                    ConfigValue.text(entry.value, at: view.path), entry.actor,
                    view.register.devices[index], entry.time.timestamp.description,
                    view.reason(of: index).text(in: context.language),
                ])
            }
        }
        await context.answer(table, views.map(\.json))
    }
}
