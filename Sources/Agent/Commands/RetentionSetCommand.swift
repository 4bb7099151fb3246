import Outbox
import SyncCore

/// `syncmail retention set`: says for how many days contents are kept.
struct RetentionSetCommand: Command {
    static let name = "retention set"
    static let summary = LocalizedText(
        es: "Decir cuántos días se guardan los contenidos.",
        en: "Say for how many days contents are kept.")
    static let options: [OptionHelp] = [
        .option(
            "audit", "DAYS|never",
            es: "Días del registro de auditoría, 30 o más; «never» lo guarda para siempre.",
            en: "Days of the audit log, 30 or more; “never” keeps it for good."),
        .option(
            "mail", "DAYS", es: "Días de lo que decían los correos, desde que terminan.",
            en: "Days of what mails said, from their end."),
    ]

    private let fields: [RegisterPath: RegisterValue]

    init(reading arguments: inout Arguments) throws(UsageError) {
        var fields: [RegisterPath: RegisterValue] = [:]
        switch try arguments.option("audit") {
        case nil: break
        case "never": fields[RetentionRule.auditPath] = RegisterValue.none
        case let text?:
            fields[RetentionRule.auditPath] = .integer(try Self.auditDays(text, arguments))
        }
        if let days = try arguments.numberOption(
            "mail", in: 1...Int(RetentionRule.daysMaximum))
        {
            fields[RetentionRule.mailPath] = .integer(Int64(days))
        }
        try arguments.finish()
        guard !fields.isEmpty else {
            throw arguments.error(
                es: "Diga --audit, --mail o ambas.", en: "Give --audit, --mail or both.")
        }
        self.fields = fields
    }

    private static func auditDays(
        _ text: String, _ arguments: Arguments
    ) throws(UsageError) -> Int64 {
        let range = Int64(RetentionCut.daysMinimum)...RetentionRule.daysMaximum
        guard let days = Int64(text), range.contains(days) else {
            throw arguments.error(
                es: "--audit debe ser «never» o un número de días entre \(range.lowerBound) y "
                    + "\(range.upperBound).",
                en: "--audit must be “never” or a number of days between \(range.lowerBound) and "
                    + "\(range.upperBound).")
        }
        return days
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let (fields, actor) = (fields, operation.actor)
        // The cut is signed at once, in the name of the person who wants it; later ones, as days
        // go by, by the engine of an administrator's device.
        try await operation.replica.write { transaction in
            try transaction.configure(fields, actor: actor)
        }
        try await operation.replica.write { transaction in
            if let cut = try transaction.dueCut() { try transaction.sign(cut, actor: actor) }
        }
        operation.workspace.wakeRetention()
        operation.workspace.wakeSync()
        try await RetentionListCommand.tell(in: context, operation)
    }
}
