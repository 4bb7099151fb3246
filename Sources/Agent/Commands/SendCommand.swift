import Front
import Outbox
import SyncCore

/// `syncmail send`: queues a mail, and returns when it is on stable storage.
///
/// The run's own name goes with the mail, so that a run that is repeated after a lost reply
/// queues nothing more; so does `--key`, which the calling program chooses.
struct SendCommand: Command {
    static let name = "send"
    static let summary = LocalizedText(
        es: "Poner un correo en cola.", en: "Queue a mail.")
    static let options: [OptionHelp] =
        addressOptions + contentOptions + timeOptions + [
            .option(
                "as", "USER", es: "Persona en cuyo nombre se envía.",
                en: "The person in whose name it is sent."),
            .option(
                "type", "TYPE", es: "Tipo de correo, como «cotizacion».",
                en: "The type of mail, such as \"cotizacion\"."),
            .option(
                "entity", "KIND:ID", es: "De qué trata, como «factura:001-001-000000123».",
                en: "What it is about, such as \"factura:001-001-000000123\"."),
            .option(
                "contact", "KIND:ID",
                es: "A quién atañe: «cliente:C-0042»; empleado, proveedor, otro.",
                en: "Whom it concerns: \"cliente:C-0042\"; empleado, proveedor, otro."),
            .option(
                "key", "KEY", es: "Clave del programa: con la misma no se envía otra vez.",
                en: "The program's key: under the same one nothing is sent twice."),
        ]

    private static let addressOptions: [OptionHelp] = [
        .option("to", "ADDRESS", isRepeatable: true, es: "Destinatario.", en: "Recipient."),
        .option("cc", "ADDRESS", isRepeatable: true, es: "Con copia a.", en: "Copy to."),
        .option(
            "bcc", "ADDRESS", isRepeatable: true, es: "Con copia oculta a.",
            en: "Blind copy to."),
        .option("subject", "TEXT", es: "Asunto.", en: "Subject."),
    ]

    private static let timeOptions: [OptionHelp] = [
        .option(
            "at", "TIME", es: "No antes de: 2026-11-21T09:30Z, o dentro de 30m, 2h o 7d.",
            en: "Not before: 2026-11-21T09:30Z, or in 30m, 2h or 7d."),
        .option(
            "undo", "20s", es: "Esperar este tiempo, en el que «outbox cancel» siempre llega.",
            en: "Wait so long, within which 'outbox cancel' is always in time."),
        .option(
            "priority", "high|normal|low", es: "Antes o después que otros que esperan.",
            en: "Before or after others that wait."),
        .option(
            "expire", "5d", es: "Dejar de intentarlo tras este tiempo (5d si falta).",
            en: "Try no longer after this time (5d if left out)."),
    ]

    private static let contentOptions: [OptionHelp] = [
        .option(
            "body-file", "FILE|-", es: "Archivo con el texto; «-» es la entrada estándar.",
            en: "File with the text; \"-\" is standard input."),
        .option(
            "html-file", "FILE|-", es: "Archivo con el HTML.", en: "File with the HTML."),
        .option(
            "attach", "FILE", isRepeatable: true, es: "Archivo que se adjunta.",
            en: "File to attach."),
    ]

    let addresses: SendAddresses
    let files: SendFiles
    let user: UserID?
    let type: String
    let entity: String?
    let key: String?
    let wishes: SendingWishes
    let contact: MailContact?

    init(reading arguments: inout Arguments) throws(UsageError) {
        addresses = SendAddresses(
            to: try arguments.options("to"), cc: try arguments.options("cc"),
            bcc: try arguments.options("bcc"), subject: try arguments.requiredOption("subject"))
        files = SendFiles(
            body: try arguments.option("body-file"), html: try arguments.option("html-file"),
            attachments: try arguments.options("attach"))
        user = try arguments.identifier("as")
        type = try arguments.option("type") ?? "general"
        entity = try arguments.option("entity")
        key = try arguments.option("key")
        wishes = try arguments.wishes()
        contact = try arguments.contact()
        try arguments.finish()
        try check(arguments)
    }

    func run(in context: CommandContext) async throws {
        let workspace = try context.engine.workspace()
        let environment = context.engine.environment
        // Nothing is read for a mail that nobody could receive or its sender may not send.
        let recipients = try addresses.parsed()
        let sender = try await SendFacts.read(in: context, as: user)
        let message = MessageID(randomFrom: environment)
        var draft = MessageDraft(
            messageID: MessageIDHeader(message, at: sender.domain), date: environment.now())
        (draft.to, draft.cc, draft.bcc) = (recipients.to, recipients.cc, recipients.bcc)
        draft.subject = addresses.subject
        try await files.read(into: &draft, from: context.terminal, maximum: sender.sizeMaximum)
        let rendered = try MessageRenderer(limits: sender.limits).render(draft)
        var mail = MailSubmission(
            message: message, submission: SubmissionID(validated: context.submission.bytes),
            rendered: rendered, user: sender.grant.user, actor: sender.grant.actor,
            recipients: draft.recipients)
        mail.type = type
        mail.entity = entity
        mail.source = MailSource(.command, contact: contact)
        mail.key = key
        mail.subject = draft.subject
        mail.terms = wishes.terms(at: environment.now(), sender.defaults)
        let receipt = try await workspace.submission.enqueue(mail)
        workspace.wakeOutbox()
        workspace.wakeSync()
        // Of a mail that was queued before, the stored one counts, while it is kept.
        let header = MessageIDHeader(receipt.message, at: sender.domain)
        try await SendAnswer(
            receipt: receipt, header: header, wait: sender.wait, notBefore: mail.terms.notBefore
        ).write(in: context)
    }

    private func check(_ arguments: Arguments) throws(UsageError) {
        if addresses.isEmpty {
            throw arguments.error(es: "Falta la opción --to.", en: "The option --to is missing.")
        }
        if files.body == nil, files.html == nil {
            throw arguments.error(
                es: "Falta el texto: --body-file o --html-file.",
                en: "The text is missing: --body-file or --html-file.")
        }
        if files.body == "-", files.html == "-" {
            throw arguments.error(
                es: "Solo uno de --body-file y --html-file puede ser «-».",
                en: "Only one of --body-file and --html-file can be \"-\".")
        }
        if files.attachments.contains("-") {
            throw arguments.error(
                es: "--attach necesita un archivo con nombre.", en: "--attach needs a named file.")
        }
        if key == "" {
            throw arguments.error(
                es: "--key no puede estar vacía.", en: "--key cannot be empty.")
        }
        if let entity {
            let parts = entity.split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw arguments.error(
                    es: "--entity se escribe como «factura:123».",
                    en: "--entity is written as \"factura:123\".")
            }
        }
    }
}
