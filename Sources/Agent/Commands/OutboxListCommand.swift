import Outbox
import SyncCore

/// `syncmail outbox list`: shows mails and how each recipient's copy stands.
struct OutboxListCommand: Command {
    static let name = "outbox list"
    static let summary = LocalizedText(
        es: "Ver los correos y su estado.", en: "Show mails and how they stand.")
    static let options: [OptionHelp] = [
        .option(
            "state", "WORD", isRepeatable: true,
            es: "Solo este estado (queued, claimed, in_doubt, sent, failed…).",
            en: "Only this state (queued, claimed, in_doubt, sent, failed…)."),
        .option("user", "ID", es: "Solo de este usuario.", en: "Only of this user."),
        .option("limit", "N", es: "Cuántos correos.", en: "How many mails."),
        .flag("all", es: "Todos.", en: "All of them."),
    ]

    let states: [String]
    let user: UserID?
    let limit: Int

    init(reading arguments: inout Arguments) throws(UsageError) {
        states = try arguments.options("state")
        user = try arguments.identifier("user")
        let isAll = try arguments.flag("all")
        limit =
            try arguments.numberOption("limit", in: 1...1_000_000)
            ?? (isAll ? .max : OutboxView.limitDefault)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let (workspace, users) = try await context.mailbox()
        if let users, let user, !users.contains(user) { throw WorkspaceError.notTheOperator }
        var filter = MailFilter()
        filter.states = states
        filter.user = user ?? (users?.count == 1 ? users?.first : nil)
        var table = Table(
            [
                .words(es: "Correo", en: "Mail"), .words(es: "Usuario", en: "User"),
                .words(es: "Destinatario", en: "Recipient"), .words(es: "Estado", en: "State"),
                .numbers(es: "Intentos", en: "Attempts"), .words(es: "Desde", en: "Since"),
            ], empty: LocalizedText(es: "No hay correos.", en: "There are no mails."))
        var values: [JSONValue] = []
        var cursor: MailCursor?
        var left = limit
        // Page by page, so that a long list holds up nobody else's statement.
        while left > 0 {
            let (filter, place) = (filter, cursor)
            let count = min(left, OutboxStore.pageMaximum)
            let page = try await workspace.replica.read {
                try $0.outbox.list(filter, before: place, limit: count)
            }
            for mail in page where users?.contains(mail.mail.user) ?? true {
                for delivery in mail.deliveries {
                    values.append(OutboxView.json(delivery, of: mail))
                    table.add([
                        mail.mail.message.short, mail.mail.user.text, delivery.address ?? "",
                        OutboxView.words(delivery, in: context.language),
                        String(delivery.record.attempts.count),
                        mail.mail.time.timestamp.description,
                    ])
                }
            }
            guard page.count == count, let last = page.last else { break }
            cursor = last.cursor
            left -= count
        }
        if context.isJSON {
            await context.write(["deliveries": .array(values)])
        } else {
            await context.write(table)
        }
    }
}
