import SyncCore

/// `syncmail retention list`: shows how long contents are kept, and what was retired by whom.
struct RetentionListCommand: Command {
    static let name = "retention list"
    static let summary = LocalizedText(
        es: "Ver cuánto se guardan los contenidos, y qué se retiró.",
        en: "Show how long contents are kept, and what was retired.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try await Self.tell(in: context, try await context.operation())
    }

    /// Shows the rules and the cuts.
    static func tell(in context: CommandContext, _ operation: Operation) async throws {
        let (audit, mail, cuts, membership) = try await operation.replica.read { transaction in
            let rule = RetentionRule(transaction.config)
            return (
                try rule.days(of: .audit), try rule.days(of: .mail),
                try transaction.retention.entries(), transaction.membership
            )
        }
        let texts = cuts.map { RetentionText($0, in: membership) }
        if context.isJSON {
            await context.write([
                "audit_days": audit.map { .integer(Int64($0)) } ?? .null,
                "mail_days": mail.map { .integer(Int64($0)) } ?? .null,
                "retired": .array(texts.map(\.json)),
            ])
            return
        }
        for (topic, days) in [(Topic.audit, audit), (.mail, mail)] {
            await context.write(line(topic.title, days))
        }
        for text in texts { await context.write(text.line) }
    }

    private static func line(_ topic: LocalizedText, _ days: Int?) -> LocalizedText {
        guard let days else {
            return LocalizedText(
                es: "Registros de \(topic.es): se guardan siempre.",
                en: "Records of \(topic.en): kept for good.")
        }
        return LocalizedText(
            es: "Registros de \(topic.es): se guardan \(days) días.",
            en: "Records of \(topic.en): kept for \(days) days.")
    }
}
