import Outbox
import SyncCore

/// `syncmail outbox retry`: tries refused mail again, or waiting mail now.
struct OutboxRetryCommand: Command {
    static let name = "outbox retry"
    static let summary = LocalizedText(
        es: "Reintentar un correo.", en: "Try a mail again.")
    static let operands = "ID"
    static let options = [MailDecision.noteHelp]

    private let decision: MailDecision

    init(reading arguments: inout Arguments) throws(UsageError) {
        decision = try MailDecision(.retry, reading: &arguments)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws { try await decision.run(in: context) }
}

/// `syncmail outbox cancel`: keeps a mail from being sent.
struct OutboxCancelCommand: Command {
    static let name = "outbox cancel"
    static let summary = LocalizedText(
        es: "Cancelar un correo que no ha salido.", en: "Cancel a mail that has not left.")
    static let operands = "ID"
    static let options = [MailDecision.noteHelp]

    private let decision: MailDecision

    init(reading arguments: inout Arguments) throws(UsageError) {
        decision = try MailDecision(.cancel, reading: &arguments)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws { try await decision.run(in: context) }
}

/// `syncmail outbox resolve`: decides about a mail in doubt.
struct OutboxResolveCommand: Command {
    static let name = "outbox resolve"
    static let summary = LocalizedText(
        es: "Decidir sobre un correo incierto.", en: "Decide about a mail in doubt.")
    static let operands = "ID"
    static let options: [OptionHelp] = [
        .flag("sent", es: "Sí llegó: no reenviar.", en: "It arrived: do not send again."),
        .flag("resend", es: "Enviarlo una vez más.", en: "Send it once more."),
        MailDecision.noteHelp,
    ]

    private let decision: MailDecision

    init(reading arguments: inout Arguments) throws(UsageError) {
        let isSent = try arguments.flag("sent")
        let isResend = try arguments.flag("resend")
        guard isSent != isResend else {
            throw arguments.error(
                es: "Indique --sent o --resend.", en: "Give either --sent or --resend.")
        }
        decision = try MailDecision(
            isSent ? .resolveSent : .resolveResend, reading: &arguments)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws { try await decision.run(in: context) }
}

/// A decision about every recipient of a mail to whom it applies.
private struct MailDecision: Sendable {
    static let noteHelp = OptionHelp.option(
        "note", "TEXT", es: "Por qué, para el registro.", en: "Why, for the log.")

    private let decision: OutboxDecision
    private let mail: MailReference
    private let note: String?

    init(_ decision: OutboxDecision, reading arguments: inout Arguments) throws(UsageError) {
        self.decision = decision
        note = try arguments.option("note")
        mail = MailReference(text: try arguments.operand("ID"))
    }

    func run(in context: CommandContext) async throws {
        let (workspace, users) = try await context.mailbox()
        let (reference, decision, note) = (mail, decision, note)
        let actor = users?.first?.text ?? "uid:\(context.peer.uid)"
        let (id, answers) = try await workspace.replica.write { transaction in
            let mail = try reference.find(in: transaction, of: users)
            var answers: [DecisionAnswer] = []
            var refusal: LedgerRefusal?
            for delivery in mail.deliveries {
                do {
                    if let answer = try transaction.decide(
                        decision, about: delivery.record.delivery, actor: actor, note: note)
                    {
                        answers.append(answer)
                    }
                } catch let error as LedgerRefusal {
                    refusal = refusal ?? error
                }
            }
            // It applies to some recipients, or else the person is told why to none.
            if answers.isEmpty, let refusal { throw refusal }
            return (mail.mail.message, answers)
        }
        workspace.wakeSync()
        workspace.wakeOutbox()
        let isRequested = answers.contains(.requested)
        await context.answer(
            isRequested
                ? LocalizedText(
                    es: "\(id.short): solicitada; el servidor responderá.",
                    en: "\(id.short): requested; the hub will answer.")
                : LocalizedText(es: "\(id.short): hecho.", en: "\(id.short): done."),
            [
                "id": .string(id.description), "requested": .boolean(isRequested),
                "recipients": .integer(Int64(answers.count)),
            ])
    }
}
