import SyncCore

/// `syncmail log snapshot`: signs where the log may begin at new devices.
struct LogSnapshotCommand: Command {
    static let name = "log snapshot"
    static let summary = LocalizedText(
        es: "Firmar desde dónde reciben el registro los equipos nuevos.",
        en: "Sign from where on new devices receive the log.")
    static let options: [OptionHelp] = [
        .option(
            "days", "DAYS", es: "Días que sí reciben; 30 si no se dice.",
            en: "Days that they do receive; 30 if it is not said.")
    ]
    private static let daysDefault = 30

    let days: Int

    init(reading arguments: inout Arguments) throws(UsageError) {
        days =
            try arguments.numberOption("days", in: 0...Int(RetentionRule.daysMaximum))
            ?? Self.daysDefault
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        try await operation.workspace.driver()?.synchronise(showing: context)
        let scopes = try await operation.replica.read { transaction in
            try transaction.feeds.subjects().filter { $0.topic == .audit }.map(\.scope)
        }
        let (days, actor) = (days, operation.actor)
        var counts: [(scope: Scope, count: UInt64)] = []
        for scope in scopes {
            let count = try await operation.replica.write { transaction in
                try transaction.takeSnapshot(
                    of: scope,
                    before: transaction.environment.now().advanced(by: .seconds(-86_400 * days)),
                    actor: actor)
            }
            counts.append((scope, count))
        }
        operation.workspace.wakeSync()
        let total = counts.reduce(0) { $0 + $1.count }
        await context.answer(
            LocalizedText(
                es: "Los equipos nuevos ya no reciben \(total) registros anteriores; siguen en el "
                    + "servidor y en los auditores.",
                en: "New devices are spared \(total) earlier records; the hub and the auditors "
                    + "keep them."),
            [
                "branches": .array(
                    counts.map {
                        ["branch": .string($0.scope.text), "records": .integer(Int64($0.count))]
                    })
            ])
    }
}
