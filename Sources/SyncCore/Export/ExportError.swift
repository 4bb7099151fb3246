/// Why a file of records cannot be used.
package struct ExportError: Error, Hashable {
    /// The kinds of reason.
    package enum Code: Hashable, Sendable {
        /// The file is something else.
        case notAnExport
        /// A newer version of the program made it.
        case newer
        /// It ends too early, or goes on beyond its end.
        case truncated
        case tooLong
        /// It is not what its maker signed.
        case altered
        /// It belongs to another organisation.
        case otherOrganisation
        /// Its maker never belonged to the organisation.
        case stranger
        /// Nothing in it is for this device.
        case notForUs
        /// What it says of who belongs contradicts what is known here.
        case otherMembership
        /// It holds records that their authors did not sign.
        case forgedRecords
    }

    package let code: Code
    /// The file.
    package let path: String

    package init(_ code: Code, path: String) {
        self.code = code
        self.path = path
    }
}

extension ExportError: ExplainedError {
    package var exitStatus: ExitStatus { code == .notForUs ? .notPermitted : .badData }

    package var explanation: LocalizedText {
        let reason = reason
        return LocalizedText(
            es: "No se puede importar \(path): \(reason.es) No se cambió nada.",
            en: "\(path) cannot be imported: \(reason.en) Nothing was changed.")
    }

    private var reason: LocalizedText {
        switch code {
        case .notAnExport:
            LocalizedText(
                es: "no es un archivo de «syncmail sync export».",
                en: "it is no file of 'syncmail sync export'.")
        case .newer:
            LocalizedText(
                es: "lo hizo una versión más nueva. Actualice el programa.",
                en: "a newer version made it. Update the program.")
        case .truncated:
            LocalizedText(
                es: "le falta el final. Cópielo de nuevo o expórtelo otra vez.",
                en: "its end is missing. Copy it again, or export it once more.")
        case .tooLong:
            LocalizedText(
                es: "le sobran datos al final. Cópielo de nuevo o expórtelo otra vez.",
                en: "there is more behind its end. Copy it again, or export it once more.")
        case .altered:
            LocalizedText(
                es: "no es lo que firmó su equipo: se dañó o alguien lo alteró. Cópielo de nuevo.",
                en: "it is not what its device signed: it was damaged or altered. Copy it again.")
        case .otherOrganisation:
            LocalizedText(
                es: "es de otra organización. Pida el archivo de la suya.",
                en: "it belongs to another organisation. Ask for the file of yours.")
        case .stranger:
            LocalizedText(
                es: "lo firmó un equipo que nunca fue miembro. No lo use, y avise a un "
                    + "administrador.",
                en: "it was signed by a device that never was a member. Do not use it, and tell "
                    + "an administrator.")
        case .notForUs:
            LocalizedText(
                es: "no trae nada para este equipo. Vuelva a exportarlo después de que el otro "
                    + "equipo sepa de este.",
                en: "it holds nothing for this device. Export it again once the other device "
                    + "knows of this one.")
        case .otherMembership:
            LocalizedText(
                es: "cuenta otra historia de quiénes son miembros. Avise a un administrador.",
                en: "it tells another history of who belongs. Tell an administrator.")
        case .forgedRecords:
            LocalizedText(
                es: "trae registros que su autor no firmó. No lo use, y avise a un administrador.",
                en: "it holds records that their author did not sign. Do not use it, and tell an "
                    + "administrator.")
        }
    }
}
