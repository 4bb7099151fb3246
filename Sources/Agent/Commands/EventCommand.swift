import Front
import Outbox
import SyncCore

/// `syncmail event`: reports that something happened, and queues the mails that belong to it.
struct EventCommand: Command {
    static let name = "event"
    static let summary = LocalizedText(
        es: "Informar de un suceso, como deal.moved: envía los correos que le tocan "
            + "(event/NAME/RULE).",
        en: "Report an event, such as deal.moved: the mails that belong to it are sent "
            + "(event/NAME/RULE).")
    static let operands = "NAME"
    static let options: [OptionHelp] = [
        .option(
            "actor", "USER", es: "Quién lo hizo: el correo sale en su nombre.",
            en: "Who did it: the mail is sent in his name."),
        .option(
            "id", "KEY", es: "Nombre único del suceso: repetido, no envía nada más.",
            en: "The event's own name: repeated, it sends nothing more."),
        .option("stage", "TEXT", es: "La etapa alcanzada.", en: "The stage that was reached."),
        .option("to", "ADDRESS", isRepeatable: true, es: "Destinatario.", en: "Recipient."),
        .option("cc", "ADDRESS", isRepeatable: true, es: "Con copia a.", en: "Copy to."),
        .option(
            "bcc", "ADDRESS", isRepeatable: true, es: "Con copia oculta a.", en: "Blind copy to."),
        .option(
            "subject", "TEXT", es: "Asunto, en lugar del de la regla.",
            en: "Subject, instead of the rule's."),
        .option(
            "body-file", "FILE|-", es: "Archivo con el texto, en lugar del de la regla.",
            en: "File with the text, instead of the rule's."),
        .option(
            "attach", "FILE", isRepeatable: true, es: "Archivo que se adjunta.",
            en: "File to attach."),
        .option("entity", "KIND:ID", es: "De qué trata.", en: "What it is about."),
        .option("contact", "KIND:ID", es: "A quién atañe.", en: "Whom it concerns."),
    ]

    let event: EventName
    let id: String?
    let stage: String?
    let actor: UserID
    let addresses: SendAddresses
    let files: SendFiles
    let entity: String?
    let contact: MailContact?

    init(reading arguments: inout Arguments) throws(UsageError) {
        let actor: UserID? = try arguments.identifier("actor")
        id = try arguments.option("id")
        stage = try arguments.option("stage")
        addresses = SendAddresses(
            to: try arguments.options("to"), cc: try arguments.options("cc"),
            bcc: try arguments.options("bcc"), subject: try arguments.option("subject") ?? "")
        files = SendFiles(
            body: try arguments.option("body-file"), html: nil,
            attachments: try arguments.options("attach"))
        entity = try arguments.option("entity")
        contact = try arguments.contact()
        let typed = try arguments.operand("NAME")
        try arguments.finish()
        guard let event = EventName(typed) else {
            throw arguments.error(
                es: "El nombre de un suceso es como deal.moved: a-z, 0-9, «-», «_» y «.».",
                en: "The name of an event is like deal.moved: a-z, 0-9, \"-\", \"_\" and \".\".")
        }
        guard let actor else {
            throw arguments.error(
                es: "Falta la opción --actor.", en: "The option --actor is missing.")
        }
        guard !addresses.isEmpty else {
            throw arguments.error(es: "Falta la opción --to.", en: "The option --to is missing.")
        }
        guard id.map(EventReport.isID) ?? true else {
            throw arguments.error(
                es: "--id tiene de 1 a 100 letras, cifras y signos, sin espacios.",
                en: "--id has 1 to 100 letters, digits and signs, without spaces.")
        }
        (self.event, self.actor) = (event, actor)
    }

    func run(in context: CommandContext) async throws {
        let recipients = try addresses.parsed()
        let sender = try await SendFacts.read(in: context, as: actor)
        let environment = context.engine.environment
        var draft = MessageDraft(
            messageID: MessageIDHeader(MessageID(randomFrom: environment), at: sender.domain),
            date: environment.now())
        try await files.read(into: &draft, from: context.terminal, maximum: sender.sizeMaximum)
        var message = APIMessage()
        (message.to, message.cc, message.bcc) = (recipients.to, recipients.cc, recipients.bcc)
        (message.subject, message.text) = (addresses.subject, draft.text)
        message.attachments = draft.attachments
        (message.entity, message.contact) = (entity, contact)
        // Without a name of its own, a run that is repeated after a lost reply is the same event.
        let name = id ?? context.submission.bytes.hexadecimal
        let mails = try await SubmissionDesk(engine: context.engine).take(
            EventReport(id: name, event: event, stage: stage, actor: actor, message: message),
            from: .login(context.peer.uid))
        if context.isJSON {
            await context.write(["messages": .array(mails.map(\.json))])
        } else if mails.isEmpty {
            await context.write(
                LocalizedText(
                    es: "Ninguna regla envía un correo por este suceso («syncmail config list "
                        + "event/\(event.text)»).",
                    en: "No rule sends a mail for this event (“syncmail config list "
                        + "event/\(event.text)”)."))
        } else {
            for mail in mails {
                let id = mail.receipt.message
                await context.write(
                    mail.receipt.isRepetition
                        ? LocalizedText(
                            es: "\(id) ya estaba en cola por este suceso (\(mail.rule)).",
                            en: "\(id) was queued for this event before (\(mail.rule)).")
                        : LocalizedText(
                            es: "\(id) en cola (\(mail.rule)).", en: "\(id) queued (\(mail.rule)).")
                )
            }
        }
    }
}
