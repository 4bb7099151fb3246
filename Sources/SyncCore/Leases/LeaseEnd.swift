/// Why a device stopped making claims for an account.
package enum LeaseEnd: String, Hashable, Sendable, CaseIterable {
    /// The time for which it may claim ran out, and no renewal was granted.
    case expired
    /// It reaches no server of the account.
    case unreachable
    /// It lost the capability `sender`, or the secret was withdrawn.
    case ineligible
    /// It was paused or suspended, so the time may have run out unseen.
    case suspended
    /// The ledger said that the fence is not the current one.
    case superseded
    /// The agent is stopping.
    case stopping

    /// What to tell a person.
    package var explanation: LocalizedText {
        switch self {
        case .expired:
            LocalizedText(
                es: "Venció el permiso para enviar y el servidor no lo renovó a tiempo.",
                en: "The permission to send ran out and the server did not renew it in time.")
        case .unreachable:
            LocalizedText(
                es: "Este equipo no alcanza ningún servidor de correo de la cuenta.",
                en: "This device reaches no mail server of the account.")
        case .ineligible:
            LocalizedText(
                es: "Este equipo ya no puede enviar por la cuenta: falta la capacidad o la clave.",
                en: "This device may no longer send for the account: it lacks the capability or "
                    + "the secret.")
        case .suspended:
            LocalizedText(
                es: "El equipo estuvo en pausa; dejó el permiso de envío por seguridad.",
                en: "The device was paused; it gave up the permission to send to be safe.")
        case .superseded:
            LocalizedText(
                es: "Otro equipo recibió el permiso de envío de la cuenta.",
                en: "Another device was given the permission to send for the account.")
        case .stopping:
            LocalizedText(
                es: "El agente se está deteniendo.", en: "The agent is stopping.")
        }
    }
}

extension LeaseEnd: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.text(rawValue) }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let end = LeaseEnd(rawValue: try reader.text(maximum: 16)) else {
            throw CodingError(.value, in: "lease end")
        }
        self = end
    }
}
