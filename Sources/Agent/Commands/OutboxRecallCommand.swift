import Outbox
import SyncCore

/// `syncmail outbox recall`: takes a mail back from the hub, whatever the hub did with it.
///
/// A hub that is gone for good can give nothing back. What it had may have been sent, so the
/// mail is in doubt here until a person decides.
struct OutboxRecallCommand: OutboxDecidingCommand {
    static let name = "outbox recall"
    static let summary = LocalizedText(
        es: "Recuperar un correo que el servidor no devuelve.",
        en: "Take back a mail that the hub does not give back.")
    static let options: [OptionHelp] =
        [
            .flag(
                "force", es: "Sí: quedará incierto, pues pudo haberse enviado.",
                en: "Yes: it will be in doubt, because it may have been sent.")
        ] + OutboxDeciding.help

    let mail: MailReference
    let deciding: OutboxDeciding

    init(reading arguments: inout Arguments) throws(UsageError) {
        let isForced = try arguments.flag("force")
        deciding = try OutboxDeciding(.recall, reading: &arguments)
        mail = try arguments.mail()
        try arguments.finish()
        guard isForced else {
            throw arguments.error(
                es: "El servidor pudo haber enviado el correo: quedará incierto. Si aun así lo "
                    + "quiere, añada --force.",
                en: "The hub may have sent the mail: it will be in doubt. If that is what you "
                    + "want, add --force.")
        }
    }
}
