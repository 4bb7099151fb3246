import Outbox
import SyncCore

/// `syncmail quarantine list`: shows the mails that revoked devices handed over.
struct QuarantineListCommand: Command {
    static let name = "quarantine list"
    static let summary = LocalizedText(
        es: "Ver los correos que entregaron los equipos dados de baja.",
        en: "Show the mails that revoked devices handed over.")
    static let options: [OptionHelp] = [
        .option("limit", "N", es: "Cuántos (50 si falta).", en: "How many (50 if left out).")
    ]

    private let limit: Int

    init(reading arguments: inout Arguments) throws(UsageError) {
        limit =
            try arguments.numberOption("limit", in: 1...1_000_000) ?? OutboxView.limitDefault
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let limit = limit
        let (mails, membership) = try await context.engine.workspace().replica.read {
            (try $0.outbox.quarantined(limit: limit), $0.membership)
        }
        if context.isJSON {
            let rows = mails.flatMap { mail in
                mail.deliveries.map { delivery -> JSONValue in
                    [
                        "device": .string(mail.mail.device.description),
                        "device_name": .string(
                            membership.device(mail.mail.device)?.card.name ?? ""),
                        "delivery": OutboxView.json(delivery, of: mail),
                    ]
                }
            }
            await context.write(["quarantine": .array(rows)])
            return
        }
        await context.write(OutboxView.table(mails, in: context.language))
        guard !mails.isEmpty else { return }
        await context.write(
            LocalizedText(
                es: "Decida sobre cada uno: syncmail quarantine release|discard ID",
                en: "Decide about each: syncmail quarantine release|discard ID"))
    }
}

/// `syncmail quarantine release`: lets a mail leave that a revoked device handed over.
struct QuarantineReleaseCommand: Command {
    static let name = "quarantine release"
    static let summary = LocalizedText(
        es: "Dejar salir un correo en cuarentena.", en: "Let a mail in quarantine leave.")
    static let operands = "ID"
    static let options = OutboxDeciding.help

    private let decision: QuarantineDecision

    init(reading arguments: inout Arguments) throws(UsageError) {
        decision = try QuarantineDecision(.release, reading: &arguments)
    }

    func run(in context: CommandContext) async throws { try await decision.run(in: context) }
}

/// `syncmail quarantine discard`: cancels a mail that a revoked device handed over.
struct QuarantineDiscardCommand: Command {
    static let name = "quarantine discard"
    static let summary = LocalizedText(
        es: "Descartar un correo en cuarentena.", en: "Discard a mail in quarantine.")
    static let operands = "ID"
    static let options = OutboxDeciding.help

    private let decision: QuarantineDecision

    init(reading arguments: inout Arguments) throws(UsageError) {
        decision = try QuarantineDecision(.cancel, reading: &arguments)
    }

    func run(in context: CommandContext) async throws { try await decision.run(in: context) }
}

/// A decision about a mail in quarantine, and about no other.
struct QuarantineDecision: Sendable {
    private let deciding: OutboxDeciding
    private let mail: MailReference

    init(_ decision: OutboxDecision, reading arguments: inout Arguments) throws(UsageError) {
        deciding = try OutboxDeciding(decision, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let access = try await OutboxAccess(of: context)
        let mail = mail
        let isQuarantined = try await access.replica.read { transaction in
            let found = try access.find(mail, in: transaction.outbox)
            return try transaction.outbox.isQuarantined(found.mail.message)
        }
        guard isQuarantined else { throw OutboxError(.notQuarantined(mail.text)) }
        try await deciding.run(about: mail, in: context)
    }
}
