/// A sealed request or reply that cannot be opened.
package struct EnvelopeError: Error, Hashable, Sendable {
    /// The kinds of failure that call for different reactions.
    package enum Code: String, Sendable, CaseIterable {
        /// The bytes are not an envelope: too short, too long, or with another beginning.
        case malformed
        /// The request was sealed for a key that the hub does not have. The hub answers
        /// ``SealedEnvelope/unknownHubReply``; a device that receives it fetches membership.
        case unknownHub
        /// The seal is broken: the bytes were changed, or made for another request.
        case notAuthentic
        /// The seal is whole, but what is inside has another form than this version knows.
        case content
        /// There is no version that both sides speak, and the hub's are older.
        case hubIsOlder
        /// There is no version that both sides speak, and the device's are older.
        case deviceIsOlder
    }

    package let code: Code
    /// What was wrong with the content, if that was the reason.
    package let cause: CodingError?
    /// Who claims to have taken the hub's place, if somebody does.
    ///
    /// Nothing proves it yet: it is a hint at whom to ask for the chain of membership.
    package let successor: HubCard?

    package init(_ code: Code, cause: CodingError? = nil, successor: HubCard? = nil) {
        self.code = code
        self.cause = cause
        self.successor = successor
    }
}

extension EnvelopeError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .malformed:
            LocalizedText(
                es: "Al sincronizar llegó una respuesta que no es del servidor syncmail. Puede ser "
                    + "un proxy o un portal cautivo: revise la dirección con «syncmail status».",
                en: "While synchronising, an answer came that is not from a syncmail hub. It may "
                    + "be a proxy or a captive portal: check the address with 'syncmail status'.")
        case .unknownHub:
            LocalizedText(
                es: "El servidor no reconoce la clave con que este equipo le escribe. Pudo haber "
                    + "sido reemplazado: un administrador debe ejecutar «syncmail hub replace».",
                en: "The hub does not know the key this device writes to. It may have been "
                    + "replaced: an administrator must run 'syncmail hub replace'.")
        case .notAuthentic:
            LocalizedText(
                es: "Los datos sincronizados llegaron alterados y se rechazaron. Algo los cambió "
                    + "en el camino (proxy o antivirus); se reintentará solo.",
                en: "The synchronised data arrived altered and was refused. Something changed it "
                    + "on the way (a proxy or antivirus); it will be tried again.")
        case .content:
            LocalizedText(
                es: "Los datos sincronizados tienen una forma que esta versión no conoce. "
                    + "Actualice syncmail en este equipo y en el servidor.",
                en: "The synchronised data has a form this version does not know. Update "
                    + "syncmail on this device and on the hub.")
        case .hubIsOlder: ProtocolVersions.hubIsOlderText
        case .deviceIsOlder: ProtocolVersions.deviceIsOlderText
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .malformed, .notAuthentic: .tryLater
        case .unknownHub: .configuration
        case .content: .badData
        case .hubIsOlder, .deviceIsOlder: .unavailable
        }
    }
}
