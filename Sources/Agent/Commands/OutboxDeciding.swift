import Outbox
import SyncCore

/// A command that decides about one mail.
protocol OutboxDecidingCommand: Command {
    /// The mail it is about.
    var mail: MailReference { get }
    /// What is decided.
    var deciding: OutboxDeciding { get }
}

extension OutboxDecidingCommand {
    static var operands: String { "ID" }
    static var options: [OptionHelp] { OutboxDeciding.help }

    func run(in context: CommandContext) async throws {
        try await deciding.run(about: mail, in: context)
    }
}

/// What a person decides about the deliveries of a mail, and why.
struct OutboxDeciding: Sendable {
    /// The options of every command that decides.
    static let help: [OptionHelp] = [
        .option(
            "recipient", "N", es: "Solo este destinatario, como lo numera «outbox show».",
            en: "Only this recipient, as 'outbox show' numbers them."),
        .option("note", "TEXT", es: "Por qué, para el registro.", en: "Why, for the log."),
    ]

    private static let noteByteCountMaximum = 500

    let decision: OutboxDecision
    /// The recipient it is about, from 1; nil for all whom it can be about.
    let recipient: Int?
    let note: String?

    init(_ decision: OutboxDecision, reading arguments: inout Arguments) throws(UsageError) {
        self.decision = decision
        recipient = try arguments.numberOption("recipient", in: 1...MailOffer.recipientsMaximum)
        note = try arguments.line("note", maximum: Self.noteByteCountMaximum)
    }

    /// Decides about one mail, all of it in one commit, and says what became of it.
    func run(about typed: MailReference, in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let outcomes = try await access.replica.write { transaction in
            let mail = try access.find(typed, in: transaction.outbox)
            return try decide(about: mail, by: access, in: transaction)
        }
        // It applies to some recipients, or else the person is told why to none.
        if !outcomes.contains(where: \.isDone) {
            for outcome in outcomes { _ = try outcome.answer.get() }
        }
        Self.tellOthers(in: access)
        await context.write(outcomes)
    }

    /// Decides about the deliveries of a mail that are meant, within a transaction.
    func decide(
        about mail: ListedMail, by access: OutboxAccess, in transaction: ReplicaTransaction
    ) throws -> [DecisionOutcome] {
        try decide(about: try targets(in: mail), by: access, in: transaction)
    }

    /// Decides about deliveries within a transaction.
    func decide(
        about deliveries: [ListedDelivery], by access: OutboxAccess,
        in transaction: ReplicaTransaction
    ) throws -> [DecisionOutcome] {
        try deliveries.map { delivery in
            let id = delivery.record.delivery
            do {
                let answer = try transaction.decide(
                    decision, about: id, actor: access.actor, note: note)
                return DecisionOutcome(
                    delivery: delivery, answer: .success(answer ?? .requested))
            } catch let refusal as LedgerRefusal {
                return DecisionOutcome(delivery: delivery, answer: .failure(refusal))
            }
        }
    }

    /// Tells the loops that there is work.
    static func tellOthers(in access: OutboxAccess) {
        access.workspace.wakeOutbox()
        access.workspace.wakeSync()
    }

    private func targets(in mail: ListedMail) throws(OutboxError) -> [ListedDelivery] {
        if let recipient {
            guard mail.deliveries.indices.contains(recipient - 1) else {
                throw OutboxError(.noSuchRecipient(recipient))
            }
            return [mail.deliveries[recipient - 1]]
        }
        let meant = mail.deliveries.filter { isMeant($0.record.state) }
        // When it is possible for none, the ledger's refusal says why.
        return meant.isEmpty ? mail.deliveries : meant
    }

    /// Whether a person who names no recipient means a delivery that stands so.
    private func isMeant(_ state: LedgerState) -> Bool {
        switch (decision, state) {
        case (.resolveSent, .inDoubt), (.resolveResend, .inDoubt): true
        case (.resolveSent, _), (.resolveResend, _): false
        case (.retry, .failed), (.retry, .expired), (.retry, .queued), (.retry, .reserved): true
        case (.retry, _): false
        case (_, .sent), (_, .cancelled), (_, .failed), (_, .expired): false
        case (.cancel, _), (.hold, _), (.release, _), (.recall, _): true
        }
    }
}
