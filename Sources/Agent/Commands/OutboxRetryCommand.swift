import Outbox
import SyncCore

/// `syncmail outbox retry`: lets refused mails be tried again, and waiting ones now.
struct OutboxRetryCommand: Command {
    static let name = "outbox retry"
    static let summary = LocalizedText(
        es: "Reintentar un correo fallido o en espera.",
        en: "Try a refused or waiting mail again.")
    static let operands = "[ID]"
    static let options: [OptionHelp] =
        [.flag("failed", es: "Todos los fallidos.", en: "All that were refused.")]
        + OutboxDeciding.help

    /// Which mail; nil for all that failed.
    private let mail: MailReference?
    private let deciding: OutboxDeciding

    /// How many mails one commit decides about.
    private static let batchCount = 100

    init(reading arguments: inout Arguments) throws(UsageError) {
        let isAll = try arguments.flag("failed")
        deciding = try OutboxDeciding(.retry, reading: &arguments)
        let typed = arguments.optionalOperand()
        mail = try typed.map { text throws(UsageError) in try arguments.mail(text, "ID") }
        try arguments.finish()
        guard isAll == (mail == nil), !isAll || deciding.recipient == nil else {
            throw arguments.error(
                es: "Indique un ID o --failed.", en: "Give either an ID or --failed.")
        }
    }

    func run(in context: CommandContext) async throws {
        if let mail {
            try await deciding.run(about: mail, in: context)
        } else {
            await context.write(try await retryAll(in: context))
        }
    }

    private func retryAll(in context: CommandContext) async throws -> [DecisionOutcome] {
        let access = try await OutboxAccess(of: context)
        let pages = OutboxPages(
            replica: access.replica, users: try access.listed(nil),
            states: [OutboxStateWord(.failed)])
        var outcomes: [DecisionOutcome] = []
        var cursor: MailCursor?
        while true {
            let mails = try await pages.mails(after: cursor, limit: Self.batchCount)
            guard let last = mails.last else { break }
            outcomes += try await access.replica.write { transaction in
                try deciding.decide(
                    about: mails.flatMap(\.deliveries).filter(pages.matches), by: access,
                    in: transaction)
            }
            OutboxDeciding.tellOthers(in: access)
            cursor = last.cursor
        }
        return outcomes
    }
}
