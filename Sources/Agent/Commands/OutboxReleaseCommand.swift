import Outbox
import SyncCore

/// `syncmail outbox release`: lets a held mail go on.
struct OutboxReleaseCommand: OutboxDecidingCommand {
    static let name = "outbox release"
    static let summary = LocalizedText(
        es: "Dejar salir un correo retenido.", en: "Let a held mail go.")

    let mail: MailReference
    let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        deciding = try OutboxDeciding(.release, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
    }
}
