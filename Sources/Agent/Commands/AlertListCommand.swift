import Outbox
import SyncCore

/// `syncmail alert list`: shows what the caller should know about his mails.
struct AlertListCommand: Command {
    static let name = "alert list"
    static let summary = LocalizedText(
        es: "Ver los avisos sobre sus correos: fallidos, en duda, o que esperan demasiado.",
        en: "Show the alerts about your mails: failed, in doubt, or waiting too long.")
    static let options: [OptionHelp] = [
        .option("user", "USER", es: "De esta persona.", en: "Of this person.")
    ]

    private let user: UserID?

    init(reading arguments: inout Arguments) throws(UsageError) {
        user = try arguments.identifier("user")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let users = try access.listed(user)
        let now = context.engine.environment.now()
        let alerts = try await access.replica.read { try $0.outbox.alerts(of: users, at: now) }
        if context.isJSON {
            await context.write(["alerts": .array(alerts.map(AlertView.json))])
        } else {
            await context.write(AlertView.table(alerts, in: context.language))
        }
    }
}

/// `syncmail alert acknowledge`: says that the caller knows; the log keeps who and when.
struct AlertAcknowledgeCommand: Command {
    static let name = "alert acknowledge"
    static let summary = LocalizedText(
        es: "Dar por vistos los avisos de un correo, o todos los suyos.",
        en: "Acknowledge the alerts about a mail, or all of yours.")
    static let operands = "[ID]"
    static let options: [OptionHelp] = [
        .flag("all", es: "Todos los suyos.", en: "All of yours.")
    ]

    private let mail: MailReference?

    init(reading arguments: inout Arguments) throws(UsageError) {
        let isAll = try arguments.flag("all")
        let typed = arguments.optionalOperand()
        try arguments.finish()
        guard isAll == (typed == nil) else {
            throw arguments.error(
                es: "Diga un correo o --all.", en: "Name a mail, or say --all.")
        }
        mail = try typed.map { text throws(UsageError) in try arguments.mail(text, "ID") }
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let acknowledged = try await Self.acknowledge(mail, by: access)
        access.workspace.wakeSync()
        if context.isJSON {
            await context.write(["acknowledged": .array(acknowledged.map(AlertView.json))])
        } else {
            await context.write(
                LocalizedText(
                    es: "Avisos dados por vistos: \(acknowledged.count).",
                    en: "Alerts acknowledged: \(acknowledged.count)."))
        }
    }

    /// Acknowledges the alerts about one mail, or all that the caller may see.
    static func acknowledge(
        _ mail: MailReference?, by access: OutboxAccess
    ) async throws -> [MailAlert] {
        try await access.replica.write { transaction in
            let outbox = transaction.outbox
            let wanted = try mail.map { try access.find($0, in: outbox).mail.message }
            let alerts = try outbox.alerts(
                of: access.users ?? [], at: transaction.environment.now()
            ).filter { wanted == nil || $0.mail.mail.message == wanted }
            for alert in alerts { try transaction.acknowledge(alert, actor: access.actor) }
            return alerts
        }
    }
}
