import SyncCore

extension TransportFailure.Cause {
    /// What happened and what to do, as the middle of a sentence.
    func advice(issuer: String) -> LocalizedText {
        switch self {
        case .nameNotFound, .dropped, .refused, .unreachable, .localPolicy, .proxyRefused,
            .connectionLost, .replyTimeout, .overtaken, .cancelled:
            networkAdvice
        case .tlsSilent, .tlsFailed, .tlsTooOld, .wrongSecurity, .bannerTimeout, .bannerRejected,
            .bannerMasked, .startTLSStripped:
            conversationAdvice
        case .intercepted, .certificateName, .certificateExpired, .certificateUntrusted,
            .authorityFile:
            certificateAdvice(issuer: issuer)
        case .authNotOffered, .authMechanism, .badPassword, .appPassword, .officeAuthOff,
            .needsTLS, .authTemporary:
            accountAdvice
        }
    }

    private var networkAdvice: LocalizedText {
        switch self {
        case .nameNotFound:
            LocalizedText(
                es: "el nombre no existe o el DNS no responde. Revise el nombre y la red.",
                en: "the name does not exist or DNS does not answer. Check name and network.")
        case .dropped:
            LocalizedText(
                es: "un cortafuegos o antivirus descarta el puerto. Se probarán otras rutas.",
                en: "a firewall or antivirus drops the port. Other routes will be tried.")
        case .refused:
            LocalizedText(
                es: "la conexión fue rechazada: nadie atiende ese puerto. Revise el puerto.",
                en: "the connection was refused: nobody serves that port. Check the port.")
        case .unreachable:
            LocalizedText(
                es: "no hay camino hasta el servidor. Revise la red.",
                en: "there is no way to the server. Check the network.")
        case .localPolicy:
            LocalizedText(
                es: "este equipo no deja conectar. Permita syncmail en su cortafuegos.",
                en: "this machine forbids the connection. Allow syncmail in its firewall.")
        case .proxyRefused:
            LocalizedText(
                es: "el proxy no deja pasar. Pida que permita este puerto, o use otra ruta.",
                en: "the proxy refused. Have it allow this port, or use another route.")
        case .replyTimeout:
            LocalizedText(
                es: "dejó de responder. Se intentará de nuevo.",
                en: "it stopped answering. It will be tried again.")
        case .overtaken:
            LocalizedText(
                es: "no contestó a tiempo y otra ruta contestó antes. No necesita hacer nada.",
                en: "it did not answer in time and another route did. Nothing needs doing.")
        case .cancelled:
            LocalizedText(es: "se canceló el intento.", en: "the attempt was cancelled.")
        default:
            LocalizedText(
                es: "la conexión se cortó. Se intentará de nuevo.",
                en: "the connection was cut. It will be tried again.")
        }
    }

    private var conversationAdvice: LocalizedText {
        switch self {
        case .tlsSilent:
            LocalizedText(
                es: "el puerto abre pero no cifra. Algo intermedio lo retiene; use otra ruta.",
                en: "the port opens but does not encrypt. Something holds it; use another route.")
        case .tlsTooOld:
            LocalizedText(
                es: "solo ofrece un cifrado anticuado. Pida TLS 1.2 a su administrador.",
                en: "it only offers outdated encryption. Ask its administrator for TLS 1.2.")
        case .wrongSecurity:
            LocalizedText(
                es: "el puerto no usa ese cifrado. Use 465 con TLS implícito o 587 con STARTTLS.",
                en: "the port uses another security. Use 465 implicit TLS or 587 STARTTLS.")
        case .bannerTimeout:
            LocalizedText(
                es: "conecta pero no saluda. Un antivirus puede retenerlo, o el puerto usa TLS.",
                en: "it connects but does not greet. An antivirus may hold it, or it uses TLS.")
        case .bannerRejected:
            LocalizedText(
                es: "rechazó esta conexión al saludar. Puede haber bloqueado su dirección IP.",
                en: "it rejected this connection in its greeting. It may block your address.")
        case .bannerMasked:
            LocalizedText(
                es: "un cortafuegos altera el saludo. Desactive su inspección de ESMTP.",
                en: "a firewall alters the greeting. Switch its ESMTP inspection off.")
        case .startTLSStripped:
            LocalizedText(
                es: "no ofrece STARTTLS; algo intermedio pudo quitarlo. No se envía sin cifrar.",
                en: "it offers no STARTTLS; something may strip it. Nothing is sent in clear.")
        default:
            LocalizedText(
                es: "no se pudo cifrar la conexión. Revise el puerto y el tipo de seguridad.",
                en: "the connection could not be encrypted. Check port and kind of security.")
        }
    }

    private func certificateAdvice(issuer: String) -> LocalizedText {
        switch self {
        case .intercepted:
            LocalizedText(
                es: "su certificado lo firmó «\(issuer)»: un programa o equipo intermedio lee el "
                    + "correo. Desactive ese análisis de TLS para este servidor.",
                en: "its certificate was signed by \"\(issuer)\": a program or device in between "
                    + "reads mail. Switch that TLS scanning off for this server.")
        case .certificateName:
            LocalizedText(
                es: "su certificado es de otro nombre. Revise el nombre del servidor.",
                en: "its certificate is for another name. Check the server's name.")
        case .certificateExpired:
            LocalizedText(
                es: "su certificado no está vigente. Revise la hora de este equipo.",
                en: "its certificate is not valid now. Check this machine's clock.")
        case .authorityFile:
            LocalizedText(
                es: "no se pudo leer el archivo de autoridades. Revise su ruta y contenido.",
                en: "the file of authorities could not be read. Check its path and content.")
        default:
            LocalizedText(
                es: "su certificado lo firmó «\(issuer)», en quien este equipo no confía.",
                en: "its certificate was signed by \"\(issuer)\", not trusted here.")
        }
    }

    private var accountAdvice: LocalizedText {
        switch self {
        case .authNotOffered:
            LocalizedText(
                es: "no pide usuario y contraseña en este puerto. Use el puerto de envío.",
                en: "it does not ask for a password on this port. Use its submission port.")
        case .authMechanism:
            LocalizedText(
                es: "no acepta ninguna forma de entrar que syncmail conozca.",
                en: "it accepts no way of signing in that syncmail knows.")
        case .appPassword:
            LocalizedText(
                es: "exige una contraseña de aplicación. Créela en la cuenta y guárdela aquí.",
                en: "it wants an application password. Create one in the account; save it here.")
        case .officeAuthOff:
            LocalizedText(
                es: "tiene desactivado el envío SMTP para esta cuenta. Actívelo en Microsoft 365.",
                en: "SMTP sending is off for this account. Switch it on in Microsoft 365.")
        case .needsTLS:
            LocalizedText(
                es: "exige cifrado antes de entrar. Use STARTTLS o TLS implícito.",
                en: "it wants encryption before signing in. Use STARTTLS or implicit TLS.")
        case .authTemporary:
            LocalizedText(
                es: "no pudo comprobar la contraseña ahora. Se intentará de nuevo.",
                en: "it could not check the password now. It will be tried again.")
        default:
            LocalizedText(
                es: "no aceptó el usuario o la contraseña. Corríjalos en la cuenta.",
                en: "it did not accept the user or password. Correct them in the account.")
        }
    }
}
