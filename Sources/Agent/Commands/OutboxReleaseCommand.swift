import Outbox
import SyncCore

/// `syncmail outbox release`: lets a held mail go on.
struct OutboxReleaseCommand: Command {
    static let name = "outbox release"
    static let summary = LocalizedText(
        es: "Dejar salir un correo retenido.", en: "Let a held mail go.")
    static let operands = "ID"
    static let options = OutboxDeciding.help

    private let mail: MailReference
    private let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        deciding = try OutboxDeciding(.release, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try await deciding.run(about: mail, in: context)
    }
}
