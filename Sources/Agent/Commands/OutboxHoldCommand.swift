import Outbox
import SyncCore

/// `syncmail outbox hold`: keeps a mail back until it is released.
struct OutboxHoldCommand: Command {
    static let name = "outbox hold"
    static let summary = LocalizedText(
        es: "Retener un correo.", en: "Keep a mail back.")
    static let operands = "ID"
    static let options = OutboxDeciding.help

    private let mail: MailReference
    private let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        deciding = try OutboxDeciding(.hold, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try await deciding.run(about: mail, in: context)
    }
}
