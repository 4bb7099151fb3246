import Outbox
import SyncCore

/// `syncmail outbox cancel`: keeps a mail from leaving, for everyone who did not get it.
struct OutboxCancelCommand: OutboxDecidingCommand {
    static let name = "outbox cancel"
    static let summary = LocalizedText(
        es: "Cancelar un correo que no ha salido.", en: "Cancel a mail that has not left.")

    let mail: MailReference
    let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        deciding = try OutboxDeciding(.cancel, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
    }
}
