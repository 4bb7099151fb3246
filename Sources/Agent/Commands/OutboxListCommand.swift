import Outbox
import SyncCore

/// `syncmail outbox list`: shows queued mails and where they stand, newest first.
struct OutboxListCommand: Command {
    static let name = "outbox list"
    static let summary = LocalizedText(
        es: "Ver los correos y su estado.", en: "Show the mails and their state.")
    static let options: [OptionHelp] = [
        .option(
            "state", "WORD", isRepeatable: true,
            es: "Solo los que están así, como «en_cola» o «incierto».",
            en: "Only those that stand so, such as \"queued\" or \"unknown\"."),
        .option("user", "USER", es: "Solo los de esta persona.", en: "Only this person's."),
        .option(
            "since", "TIME", es: "Desde: 2026-11-21, o hace 30m, 2h o 7d.",
            en: "Since: 2026-11-21, or 30m, 2h or 7d ago."),
        .option("limit", "N", es: "Cuántos (50 si falta).", en: "How many (50 if left out)."),
        .flag("all", es: "Todos.", en: "All of them."),
        .option(
            "after", "ID", es: "Seguir después de este correo.", en: "Go on behind this mail."),
    ]

    private let states: [OutboxStateWord]
    private let user: UserID?
    private let since: TypedTime?
    private let limit: Int
    private let after: MailReference?

    init(reading arguments: inout Arguments) throws(UsageError) {
        states = try arguments.states("state")
        user = try arguments.identifier("user")
        since = try arguments.time("since")
        let isAll = try arguments.flag("all")
        limit =
            try arguments.numberOption("limit", in: 1...1_000_000)
            ?? (isAll ? .max : OutboxView.limitDefault)
        after = try arguments.mail("after")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let pages = OutboxPages(
            replica: access.replica, users: try access.listed(user), states: states,
            since: since?.moment(at: context.engine.environment.now()))
        var cursor: MailCursor?
        if let after {
            cursor = try await access.replica.read { try access.find(after, in: $0.outbox).cursor }
        }
        let mails = try await pages.mails(after: cursor, limit: limit)
        if context.isJSON {
            let rows = mails.flatMap { mail in
                mail.deliveries.filter(pages.matches).map { OutboxView.json($0, of: mail) }
            }
            await context.write(["deliveries": .array(rows)])
            return
        }
        await context.write(OutboxView.table(mails, in: context.language))
        guard mails.count == limit, let last = mails.last?.mail.message.short else { return }
        await context.write(
            LocalizedText(
                es: "Puede haber más: syncmail outbox list --after \(last)",
                en: "There may be more: syncmail outbox list --after \(last)"))
    }
}
