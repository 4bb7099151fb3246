package import SyncCore

extension TransportFailure.Cause {
    /// The cause in a few words, for a cell of a table.
    package var name: LocalizedText {
        switch self {
        case .nameNotFound: LocalizedText(es: "nombre sin DNS", en: "name not found")
        case .dropped: LocalizedText(es: "puerto bloqueado", en: "port dropped")
        case .refused: LocalizedText(es: "puerto cerrado", en: "port closed")
        case .unreachable: LocalizedText(es: "sin camino", en: "unreachable")
        case .localPolicy: LocalizedText(es: "lo prohíbe este equipo", en: "forbidden here")
        case .proxyRefused: LocalizedText(es: "lo rechaza el proxy", en: "proxy refused")
        case .tlsSilent: LocalizedText(es: "no llega a cifrar", en: "TLS silent")
        case .tlsFailed: LocalizedText(es: "falla el cifrado", en: "TLS failed")
        case .tlsTooOld: LocalizedText(es: "cifrado anticuado", en: "TLS too old")
        case .wrongSecurity: LocalizedText(es: "otro tipo de cifrado", en: "wrong security")
        case .bannerTimeout: LocalizedText(es: "no saluda", en: "no greeting")
        case .bannerRejected: LocalizedText(es: "rechaza al saludar", en: "greeting refuses")
        case .bannerMasked: LocalizedText(es: "saludo alterado", en: "greeting altered")
        case .startTLSStripped: LocalizedText(es: "sin STARTTLS", en: "no STARTTLS")
        case .intercepted: LocalizedText(es: "TLS interceptado", en: "TLS intercepted")
        case .certificateName:
            LocalizedText(es: "certificado de otro nombre", en: "certificate of another name")
        case .certificateExpired:
            LocalizedText(es: "certificado no vigente", en: "certificate not valid now")
        case .certificateUntrusted:
            LocalizedText(es: "certificado desconocido", en: "certificate not trusted")
        case .authorityFile:
            LocalizedText(es: "archivo de autoridades", en: "file of authorities")
        case .authNotOffered: LocalizedText(es: "no deja entrar", en: "no sign-in offered")
        case .authMechanism: LocalizedText(es: "forma de entrar", en: "way of signing in")
        case .badPassword: LocalizedText(es: "contraseña rechazada", en: "password refused")
        case .appPassword:
            LocalizedText(es: "pide contraseña de aplicación", en: "wants an app password")
        case .officeAuthOff: LocalizedText(es: "SMTP desactivado", en: "SMTP switched off")
        case .needsTLS: LocalizedText(es: "exige cifrado", en: "wants encryption")
        case .authTemporary: LocalizedText(es: "no pudo comprobar", en: "could not check")
        case .replyTimeout: LocalizedText(es: "dejó de responder", en: "stopped answering")
        case .connectionLost: LocalizedText(es: "conexión cortada", en: "connection lost")
        case .overtaken: LocalizedText(es: "otra ruta antes", en: "another route was first")
        case .cancelled: LocalizedText(es: "cancelado", en: "cancelled")
        }
    }
}
