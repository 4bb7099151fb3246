import Outbox
import SyncCore

/// `syncmail outbox show`: shows one mail, its recipients and every attempt.
///
/// The subject is known only on the device where the mail was queued, and only to its sender
/// and whoever operates that device; the text is never shown.
struct OutboxShowCommand: Command {
    static let name = "outbox show"
    static let summary = LocalizedText(
        es: "Ver un correo y sus intentos.", en: "Show a mail and its attempts.")
    static let operands = "ID"

    private let mail: MailReference

    init(reading arguments: inout Arguments) throws(UsageError) {
        mail = try arguments.mail()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let (mail, device) = try await access.replica.read { transaction in
            let found = try access.find(self.mail, in: transaction.outbox)
            let device = transaction.membership.shownName(of: found.mail.device).en
            return (found, device)
        }
        let log = try await LogPages(replica: access.replica).lines(of: mail.mail.message)
        if context.isJSON {
            await context.write(Self.json(mail, device, log))
            return
        }
        for line in Self.heading(of: mail, device) { await context.write(line) }
        await context.terminal.write("")
        await context.write(Self.recipients(of: mail, in: context.language))
        await context.terminal.write("")
        await context.write(LogView.table(log, in: context.language))
    }

    private static func heading(of listed: ListedMail, _ device: String) -> [LocalizedText] {
        let mail = listed.mail
        let (time, state) = (OutboxView.time(mail.time.timestamp), listed.state.name)
        let device = device.printable
        var lines = [
            LocalizedText(es: "Correo: \(mail.message)", en: "Mail: \(mail.message)"),
            LocalizedText(
                es: "En cola desde: \(time) UTC, en \(device) (sucursal \(mail.branch))",
                en: "Queued: \(time) UTC, on \(device) (branch \(mail.branch))"),
            LocalizedText(
                es: "Usuario: \(mail.user). Tipo: \(mail.type.printable). "
                    + "Tamaño: \(mail.byteCount) B",
                en: "User: \(mail.user). Type: \(mail.type.printable). Size: \(mail.byteCount) B"),
            LocalizedText(es: "Estado: \(state.es)", en: "State: \(state.en)"),
        ]
        if let subject = listed.subject?.printable {
            lines.insert(
                LocalizedText(es: "Asunto: \(subject)", en: "Subject: \(subject)"), at: 1)
        }
        if let entity = mail.entity?.printable {
            lines.append(LocalizedText(es: "Sobre: \(entity)", en: "About: \(entity)"))
        }
        if let expires = mail.terms.expires.map(OutboxView.time) {
            lines.append(
                LocalizedText(
                    es: "Se intenta hasta: \(expires) UTC. Prioridad: "
                        + "\(mail.terms.priority.name.es)",
                    en: "Tried until: \(expires) UTC. Priority: "
                        + "\(mail.terms.priority.name.en)"))
        }
        return lines
    }

    private static func recipients(of mail: ListedMail, in language: Language) -> Table {
        var table = Table(
            [
                .numbers(es: "N.º", en: "No."), .words(es: "Para", en: "To"),
                .words(es: "Estado", en: "State"),
            ], empty: LocalizedText(es: "Sin destinatarios.", en: "No recipients."))
        for delivery in mail.deliveries {
            table.add([
                String(delivery.record.delivery.recipient + 1), delivery.address ?? "—",
                OutboxView.state(of: delivery, in: language),
            ])
        }
        return table
    }

    private static func json(
        _ mail: ListedMail, _ device: String, _ log: [LogView]
    ) -> JSONValue {
        [
            "id": .string(mail.mail.message.description), "subject": .optional(mail.subject),
            "user": .string(mail.mail.user.text), "type": .string(mail.mail.type),
            "entity": .optional(mail.mail.entity), "device": .string(device),
            "branch": .string(mail.mail.branch.text),
            "bytes": .integer(Int64(mail.mail.byteCount)),
            "created": .string(mail.mail.time.timestamp.description),
            "state": .string(mail.state.uniform?.spanish ?? "parcial"),
            "state_en": .string(OutboxView.word(mail.state)),
            "deliveries": .array(mail.deliveries.map { OutboxView.json($0, of: mail) }),
            "log": .array(log.map(\.json)),
        ]
    }
}
