import SyncCore

extension DiagnosisCode {
    /// The cards about greeting, encryption and certificates.
    var conversationCard: FixCard {
        switch self {
        case .tlsSilent:
            card(
                LocalizedText(
                    es: "El puerto abre, pero el cifrado nunca empieza: algo intermedio retiene "
                        + "la conexión.",
                    en: "The port opens, but encryption never begins: something in between holds "
                        + "the connection."),
                LocalizedText(
                    es: "Use otra ruta; si es un antivirus, exceptúe a syncmail-agent.",
                    en: "Use another route; if it is an antivirus, make syncmail-agent an "
                        + "exception."))
        case .tlsFailed:
            card(
                LocalizedText(
                    es: "El servidor y este equipo no lograron cifrar la conexión.",
                    en: "The server and this machine could not agree on encryption."),
                LocalizedText(
                    es: "Revise el puerto y el tipo de seguridad: 465 implícito, 587 STARTTLS.",
                    en: "Check port and kind of security: 465 implicit, 587 STARTTLS."))
        case .tlsTooOld:
            card(
                LocalizedText(
                    es: "El servidor solo ofrece un cifrado anterior a TLS 1.2 (RFC 8997).",
                    en: "The server offers encryption older than TLS 1.2 only (RFC 8997)."),
                LocalizedText(
                    es: "Pida a quien lo administra que active TLS 1.2.",
                    en: "Ask its administrator to switch TLS 1.2 on."))
        case .wrongSecurity:
            card(
                LocalizedText(
                    es: "El puerto habla de otro modo: cifrado implícito y STARTTLS están "
                        + "cambiados.",
                    en: "The port speaks another way: implicit encryption and STARTTLS are "
                        + "exchanged."),
                LocalizedText(
                    es: "Use 465 con TLS implícito o 587 con STARTTLS.",
                    en: "Use 465 with implicit TLS or 587 with STARTTLS."))
        case .bannerTimeout:
            card(
                LocalizedText(
                    es: "El puerto abre, pero el servidor no saluda. Un antivirus que analiza el "
                        + "correo suele hacer eso, o el puerto espera TLS implícito.",
                    en: "The port opens, but the server does not greet. An antivirus that scans "
                        + "mail often does that, or the port expects implicit TLS."),
                LocalizedText(
                    es: "Use otra ruta (465); si es un antivirus, exceptúe a syncmail-agent.",
                    en: "Use another route (465); if it is an antivirus, make syncmail-agent an "
                        + "exception."))
        case .bannerRejected:
            card(
                LocalizedText(
                    es: "El servidor rechazó la conexión al saludar: puede haber bloqueado la "
                        + "dirección IP de esta red.",
                    en: "The server rejected the connection in its greeting: it may block this "
                        + "network's IP address."),
                LocalizedText(
                    es: "Lea sus palabras arriba; si nombra una lista, pida salir de ella. "
                        + "Entretanto envía otro equipo.",
                    en: "Read its words above; if they name a list, ask to be taken off. "
                        + "Meanwhile another device sends."))
        case .bannerMasked:
            card(
                LocalizedText(
                    es: "Un cortafuegos (Cisco ASA y parecidos) tapa el saludo con asteriscos y "
                        + "quita el cifrado.",
                    en: "A firewall (Cisco ASA and the like) masks the greeting with asterisks "
                        + "and removes encryption."),
                LocalizedText(
                    es: "Pida desactivar su inspección de ESMTP («no inspect esmtp»), o use 465.",
                    en: "Have its ESMTP inspection switched off (“no inspect esmtp”), or use "
                        + "465."))
        case .startTLSStripped:
            card(
                LocalizedText(
                    es: "El servidor no ofrece STARTTLS; algo intermedio pudo quitarlo. Sin "
                        + "cifrado no se envía nada.",
                    en: "The server offers no STARTTLS; something in between may have removed "
                        + "it. Nothing is sent without encryption."),
                LocalizedText(
                    es: "Use el puerto 465, que va cifrado desde el primer byte.",
                    en: "Use port 465, which is encrypted from the first byte."))
        default: certificateCard
        }
    }

    private var certificateCard: FixCard {
        switch self {
        case .intercepted:
            card(
                LocalizedText(
                    es: "El certificado no lo firmó el proveedor, sino un antivirus o equipo "
                        + "intermedio que lee el correo. No desactivamos la verificación.",
                    en: "The certificate was not signed by the provider but by an antivirus or a "
                        + "device in between that reads mail. Verification is not switched off."),
                LocalizedText(
                    es: "Desactive el análisis TLS/SSL de ese programa para el correo, o "
                        + "exceptúe a syncmail-agent.",
                    en: "Switch that program's TLS/SSL scanning off for mail, or make "
                        + "syncmail-agent an exception."))
        case .certificateName:
            card(
                LocalizedText(
                    es: "El certificado es de otro nombre que el del servidor.",
                    en: "The certificate is for another name than the server's."),
                LocalizedText(
                    es: "Use el nombre que da el proveedor; el certificado dice cuál es.",
                    en: "Use the name that the provider gives; the certificate tells it."))
        case .certificateExpired:
            card(
                LocalizedText(
                    es: "El certificado no está vigente hoy, según el reloj de este equipo.",
                    en: "The certificate is not valid today, by this machine's clock."),
                LocalizedText(
                    es: "Revise la hora de este equipo; si es correcta, avise al proveedor.",
                    en: "Check this machine's clock; if it is right, tell the provider."))
        case .authorityFile:
            card(
                LocalizedText(
                    es: "El archivo de autoridades de la cuenta no se pudo leer.",
                    en: "The account's file of authorities could not be read."),
                LocalizedText(
                    es: "Vuelva a poner el certificado de la autoridad en la cuenta.",
                    en: "Set the authority's certificate of the account again."))
        default:
            card(
                LocalizedText(
                    es: "El certificado lo firmó una autoridad en la que este equipo no confía.",
                    en: "The certificate was signed by an authority this machine does not trust."),
                LocalizedText(
                    es: "Si es el servidor de su empresa, ponga su autoridad en la cuenta; si "
                        + "no, no confíe: algo intermedio puede leer el correo.",
                    en: "If it is your company's server, set its authority in the account; if "
                        + "not, do not trust it: something in between may read mail."))
        }
    }
}
