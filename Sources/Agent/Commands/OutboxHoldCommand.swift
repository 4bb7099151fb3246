import Outbox
import SyncCore

/// `syncmail outbox hold`: keeps a mail back until it is released.
struct OutboxHoldCommand: OutboxDecidingCommand {
    static let name = "outbox hold"
    static let summary = LocalizedText(
        es: "Retener un correo.", en: "Keep a mail back.")

    let mail: MailReference
    let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        deciding = try OutboxDeciding(.hold, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
    }
}
