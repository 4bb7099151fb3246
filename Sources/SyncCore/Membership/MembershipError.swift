/// A membership entry that cannot be admitted.
package struct MembershipError: Error, Hashable, Sendable {
    /// The reasons, each a rule of the chain.
    package enum Code: String, Sendable {
        /// It does not follow the last entry: another one was admitted first.
        case stale
        /// Its signature is missing or wrong.
        case signature
        /// Its author may not make it.
        case notPermitted
        /// It names a device, invitation or epoch that is not there.
        case unknown
        /// The invitation was used or has expired.
        case inviteSpent
        /// The device already belongs, or never may again.
        case alreadyKnown
        /// It would leave the organisation without an administrator.
        case lastAdmin
        /// A limit was reached.
        case limit
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }
}

extension MembershipError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .stale:
            LocalizedText(
                es: "Otro cambio de miembros se registró antes. Sincronice y repita la orden.",
                en: "Another membership change was recorded first. Synchronise and try again.")
        case .signature:
            LocalizedText(
                es: "La firma del cambio de miembros no es válida. El cambio se rechazó.",
                en: "The signature of the membership change is not valid. It was refused.")
        case .notPermitted:
            LocalizedText(
                es: "Este equipo no tiene permiso de administrador. Pídalo a un administrador.",
                en: "This device is not an administrator. Ask an administrator to do it.")
        case .unknown:
            LocalizedText(
                es: "El equipo o la invitación no existe. Revise con «syncmail device list».",
                en: "There is no such device or invitation. Check with 'syncmail device list'.")
        case .inviteSpent:
            LocalizedText(
                es: "La invitación ya se usó o caducó. Pida una nueva con «device invite».",
                en: "The invitation was used or has expired. Ask for a new 'device invite'.")
        case .alreadyKnown:
            LocalizedText(
                es: "Este equipo ya pertenece a la organización, o fue dado de baja.",
                en: "This device already belongs to the organisation, or was revoked.")
        case .lastAdmin:
            LocalizedText(
                es: "No se puede quitar al último administrador. Nombre antes a otro.",
                en: "The last administrator cannot be removed. Appoint another one first.")
        case .limit:
            LocalizedText(
                es: "Se alcanzó el número máximo de equipos o claves de la organización.",
                en: "The organisation has reached its maximum number of devices or keys.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .stale: .tryLater
        case .notPermitted, .lastAdmin: .notPermitted
        case .signature, .unknown, .inviteSpent, .alreadyKnown, .limit: .badData
        }
    }
}
