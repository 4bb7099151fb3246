import Outbox
import SyncCore

/// `syncmail outbox show`: shows one mail, its recipients and its attempts.
struct OutboxShowCommand: Command {
    static let name = "outbox show"
    static let summary = LocalizedText(
        es: "Ver un correo y sus intentos.", en: "Show a mail and its attempts.")
    static let operands = "ID"

    let mail: MailReference

    init(reading arguments: inout Arguments) throws(UsageError) {
        mail = MailReference(text: try arguments.operand("ID"))
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let (workspace, users) = try await context.mailbox()
        let reference = mail
        let (mail, lines) = try await workspace.replica.read { transaction in
            let mail = try reference.find(in: transaction, of: users)
            return (mail, try transaction.outbox.lines(of: mail.mail.message))
        }
        let views = lines.map { LogView($0, address: nil, user: mail.mail.user.text, names: [:]) }
        if context.isJSON {
            await context.write([
                "id": .string(mail.mail.message.description), "subject": .optional(mail.subject),
                "deliveries": .array(mail.deliveries.map { OutboxView.json($0, of: mail) }),
                "log": .array(views.map(\.json)),
            ])
            return
        }
        await context.terminal.write(mail.mail.message.description)
        if let subject = mail.subject {
            await context.write(
                LocalizedText(
                    es: "Asunto: \(subject.printable)", en: "Subject: \(subject.printable)"))
        }
        for delivery in mail.deliveries {
            await context.terminal.write(
                "  \(delivery.address ?? "")  \(OutboxView.words(delivery, in: context.language))")
        }
        await context.write(LogView.table(views, in: context.language))
    }
}
