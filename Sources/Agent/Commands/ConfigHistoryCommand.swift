import Outbox
import SyncCore

/// `syncmail config history`: shows who wrote what into one field, and when.
struct ConfigHistoryCommand: Command {
    static let name = "config history"
    static let summary = LocalizedText(
        es: "Ver los cambios de un dato.", en: "Show the changes of one field.")
    static let operands = "PATH"

    let path: RegisterPath

    init(reading arguments: inout Arguments) throws(UsageError) {
        path = try arguments.path()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let path = path
        let history = try await operation.replica.read { transaction in
            try transaction.config.history(of: path).map { write in
                (
                    entry: write.entry, isLive: write.isLive,
                    device: transaction.membership.shownName(of: write.entry.dot.device).en
                )
            }
        }
        var table = Table(
            [
                .words(es: "Cuándo", en: "When"), .words(es: "Quién", en: "Who"),
                .words(es: "Equipo", en: "Device"), .words(es: "Valor", en: "Value"),
                .words(es: "Vigente", en: "Live"),
            ],
            empty: LocalizedText(
                es: "Nadie escribió este dato.", en: "Nobody wrote this field."))
        let yes = LocalizedText(es: "sí", en: "yes").text(in: context.language)
        for write in history {
            table.add([
                write.entry.time.timestamp.description, write.entry.actor, write.device,
                ConfigValue.text(write.entry.value, at: path), write.isLive ? yes : "",
            ])
        }
        await context.answer(
            table,
            history.map {
                RegisterView.json($0.entry, at: path, device: $0.device, isLive: $0.isLive)
            })
    }
}
