import SyncCore

extension DiagnosisCode {
    /// The cards about what a server says of a mail.
    var mailCard: FixCard {
        switch self {
        case .noSuchUser:
            card(
                LocalizedText(
                    es: "La dirección del destinatario no existe.",
                    en: "The recipient's address does not exist."),
                LocalizedText(
                    es: "Pida la dirección correcta y envíe el correo de nuevo a ella.",
                    en: "Ask for the right address and send the mail again to it."))
        case .fromNotAllowed:
            card(
                LocalizedText(
                    es: "La cuenta no puede enviar con esa dirección de remitente.",
                    en: "The account may not send from that address."),
                LocalizedText(
                    es: "Ponga en la cuenta la dirección de su propio buzón, o pida permiso de "
                        + "«enviar como».",
                    en: "Set the account's address to that of its own mailbox, or ask for the "
                        + "“send as” permission."))
        case .mailboxFull:
            card(
                LocalizedText(
                    es: "El buzón del destinatario está lleno.",
                    en: "The recipient's mailbox is full."),
                LocalizedText(
                    es: "Avísele por otro medio; se puede reintentar después.",
                    en: "Tell the person by other means; it can be retried later."))
        case .tooBig:
            card(
                LocalizedText(
                    es: "El correo es más grande de lo que el servidor acepta.",
                    en: "The mail is larger than the server takes."),
                LocalizedText(
                    es: "Reduzca los adjuntos o envíe un enlace.",
                    en: "Make the attachments smaller or send a link."))
        case .blocked:
            card(
                LocalizedText(
                    es: "El servidor bloquea la dirección IP de salida o el contenido.",
                    en: "The server blocks the sending IP address or the content."),
                LocalizedText(
                    es: "Lea la lista que nombra la respuesta y pida salir de ella; envíe "
                        + "entretanto por otra cuenta.",
                    en: "Read which list the answer names and ask to be taken off; meanwhile "
                        + "send through another account."))
        case .senderUnproved:
            card(
                LocalizedText(
                    es: "El dominio del remitente no demuestra que este servidor pueda enviar por "
                        + "él (SPF, DKIM o DMARC).",
                    en: "The sender's domain does not prove that this server may send for it "
                        + "(SPF, DKIM or DMARC)."),
                LocalizedText(
                    es: "Quien administra el dominio debe autorizar al proveedor en su DNS.",
                    en: "The domain's administrator must authorise the provider in its DNS."))
        case .greylisted:
            card(
                LocalizedText(
                    es: "No es un error: el servidor aplaza a los desconocidos una vez.",
                    en: "This is no error: the server defers strangers once."),
                LocalizedText(
                    es: "Nada que hacer: se reintenta en unos minutos.",
                    en: "Nothing to do: it is retried in some minutes."))
        case .rate:
            card(
                LocalizedText(
                    es: "El servidor recibe demasiado de esta cuenta en poco tiempo.",
                    en: "The server gets too much from this account in a short time."),
                LocalizedText(
                    es: "Nada que hacer: se espera y se reintenta.",
                    en: "Nothing to do: it waits and is retried."))
        case .quota:
            card(
                LocalizedText(
                    es: "La cuenta agotó los correos que su proveedor permite por día.",
                    en: "The account has used up the mails its provider allows per day."),
                LocalizedText(
                    es: "Espere a mañana o envíe por una cuenta de respaldo.",
                    en: "Wait until tomorrow or send through a fallback account."))
        case .outcomeUnknown:
            card(
                LocalizedText(
                    es: "La conexión murió después de entregar el correo y antes de la "
                        + "respuesta: pudo salir.",
                    en: "The connection died after the mail was handed over and before the "
                        + "answer: it may have left."),
                LocalizedText(
                    es: "Búsquelo en «Enviados» o pregunte al destinatario, y decida con "
                        + "«syncmail outbox resolve».",
                    en: "Look in “Sent” or ask the recipient, and decide with “syncmail outbox "
                        + "resolve”."))
        default:
            card(
                LocalizedText(
                    es: "El servidor aceptó el correo y no llega: pudo quedar en «no deseado».",
                    en: "The server took the mail and it does not arrive: it may be in spam."),
                LocalizedText(
                    es: "Mire en «correo no deseado» y revise SPF, DKIM y DMARC del dominio, "
                        + "también para la cuenta de respaldo.",
                    en: "Look in the spam folder, and check the domain's SPF, DKIM and DMARC, "
                        + "also for the fallback account."))
        }
    }
}
