import Outbox
import SyncCore

/// `syncmail outbox resolve`: decides about a mail of which nobody knows whether it arrived.
struct OutboxResolveCommand: OutboxDecidingCommand {
    static let name = "outbox resolve"
    static let summary = LocalizedText(
        es: "Decidir sobre un correo incierto.", en: "Decide about a mail in doubt.")
    static let options: [OptionHelp] =
        [
            .flag("sent", es: "Darlo por enviado.", en: "Count it as sent."),
            .flag("resend", es: "Enviarlo una vez más.", en: "Send it once more."),
        ] + OutboxDeciding.help

    let mail: MailReference
    let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        let isSent = try arguments.flag("sent")
        let isResend = try arguments.flag("resend")
        deciding = try OutboxDeciding(isSent ? .resolveSent : .resolveResend, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
        guard isSent != isResend else {
            throw arguments.error(
                es: "Indique --sent o --resend.", en: "Give either --sent or --resend.")
        }
    }
}
