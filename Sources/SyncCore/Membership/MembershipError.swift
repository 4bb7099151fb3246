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
        /// Two entries have one predecessor: nothing changes until the recovery key decides.
        case forked
        /// It needs the recovery key, and this is another one, or the organisation has none.
        case wrongRecoveryKey
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
                es: "No se puede quitar al último administrador. Nombre antes a otro, o use la "
                    + "clave de recuperación: «syncmail recovery revoke».",
                en: "The last administrator cannot be removed. Appoint another one first, or use "
                    + "the recovery key: 'syncmail recovery revoke'.")
        case .forked:
            LocalizedText(
                es: "La lista de miembros se bifurcó: hay dos cambios distintos en el mismo lugar. "
                    + "Nada cambia hasta que alguien decida con la clave de recuperación: "
                    + "«syncmail recovery settle».",
                en: "The list of members is forked: two different changes stand in one place. "
                    + "Nothing changes until somebody decides with the recovery key: "
                    + "'syncmail recovery settle'.")
        case .wrongRecoveryKey:
            LocalizedText(
                es: "Esa no es la clave de recuperación de esta organización. No se cambió nada; "
                    + "revise el papel con «syncmail key recover».",
                en: "That is not this organisation's recovery key. Nothing was changed; check the "
                    + "paper with 'syncmail key recover'.")
        case .limit:
            LocalizedText(
                es: "Se alcanzó el número máximo de equipos o claves de la organización.",
                en: "The organisation has reached its maximum number of devices or keys.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .stale: .tryLater
        case .notPermitted, .lastAdmin, .forked: .notPermitted
        case .signature, .unknown, .inviteSpent, .alreadyKnown, .limit, .wrongRecoveryKey: .badData
        }
    }
}
