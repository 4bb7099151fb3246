package import SyncCore

/// Why a mail was not queued.
///
/// All codes but ``Code/outcomeUnknown`` mean that nothing was stored.
package struct SubmissionError: ExplainedError {
    /// The kinds of failure that call for different reactions.
    package enum Code: String, Sendable, CaseIterable {
        case noRecipients
        case tooManyRecipients
        case tooLarge
        case textTooLong
        case controlCharacter
        case noType
        /// The device does not belong to an organisation yet.
        case notAMember
        /// The device was revoked: what it queues now would never leave.
        case revoked
        /// More submissions wait than are accepted at once.
        case overloaded
        /// The engine is stopping.
        case stopping
        /// The database refused; certainly nothing was stored.
        case notStored
        /// The disk failed during the commit, so nobody knows. The same submission may be
        /// repeated: it is queued once.
        case outcomeUnknown
    }

    package let code: Code
    /// The limit that was exceeded, if any.
    package let limit: Int
    /// What the database said.
    package let cause: StorageError?

    package init(_ code: Code, limit: Int = 0, cause: StorageError? = nil) {
        self.code = code
        self.limit = limit
        self.cause = cause
    }

    /// Tells what a failed commit means for the mails in it.
    init(_ cause: StorageError) {
        self.init(cause.code == .inputOutput ? .outcomeUnknown : .notStored, cause: cause)
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .noRecipients, .tooManyRecipients, .tooLarge, .textTooLong, .controlCharacter,
            .noType:
            .badData
        case .notAMember: .configuration
        case .revoked: .notPermitted
        case .overloaded, .stopping, .notStored, .outcomeUnknown: .tryLater
        }
    }

    package var explanation: LocalizedText {
        let cause = cause?.explanation ?? LocalizedText(es: "", en: "")
        switch code {
        case .noRecipients, .tooManyRecipients, .tooLarge, .textTooLong, .controlCharacter,
            .noType:
            return complaint
        case .notAMember:
            return LocalizedText(
                es: "Este equipo todavía no pertenece a una organización. Ejecute «syncmail init» "
                    + "o «syncmail join».",
                en: "This device does not belong to an organisation yet. Run \"syncmail init\" or "
                    + "\"syncmail join\".")
        case .revoked:
            return LocalizedText(
                es: "Este equipo fue dado de baja de la organización. El correo no se guardó; "
                    + "envíelo desde otro equipo, o pida una invitación nueva.",
                en: "This device was revoked by the organisation. The mail was certainly not "
                    + "stored; send it from another device, or ask for a new invitation.")
        case .overloaded:
            return LocalizedText(
                es: "Hay demasiados correos entrando a la vez (máximo \(limit)). Este no se guardó;"
                    + " repita en unos segundos.",
                en: "Too many mails arrive at once (at most \(limit)). This one was certainly not "
                    + "stored; repeat it in a few seconds.")
        case .stopping:
            return LocalizedText(
                es: "El programa se está cerrando. El correo no se guardó; repítalo.",
                en: "The program is stopping. The mail was certainly not stored; repeat it.")
        case .notStored:
            return LocalizedText(
                es: "El correo no se guardó. \(cause.es)",
                en: "The mail was certainly not stored. \(cause.en)")
        case .outcomeUnknown:
            return LocalizedText(
                es: "No se sabe si el correo quedó guardado. Repita el mismo comando: no se "
                    + "duplicará. \(cause.es)",
                en: "It is unknown whether the mail was stored. Repeat the same command: it will "
                    + "not be duplicated. \(cause.en)")
        }
    }

    /// What is wrong with the submission itself.
    private var complaint: LocalizedText {
        switch code {
        case .noRecipients:
            LocalizedText(
                es: "El correo no tiene destinatarios. Indique al menos uno con --to.",
                en: "The mail has no recipients. Name at least one with --to.")
        case .tooManyRecipients:
            LocalizedText(
                es: "El correo tiene más de \(limit) destinatarios. Divídalo en varios.",
                en: "The mail has more than \(limit) recipients. Split it.")
        case .tooLarge:
            LocalizedText(
                es: "El correo pasa de \(limit) bytes. Quite o reduzca los adjuntos.",
                en: "The mail is larger than \(limit) bytes. Remove or shrink attachments.")
        case .textTooLong:
            LocalizedText(
                es: "El tipo, la entidad, la clave o el asunto pasa de \(limit) bytes. Acórtelo.",
                en: "The type, entity, key or subject is longer than \(limit) bytes. Shorten it.")
        case .controlCharacter:
            LocalizedText(
                es: "El tipo, la entidad o la clave contiene saltos de línea u otros caracteres de "
                    + "control. Quítelos.",
                en: "The type, entity or key holds line breaks or other control characters. "
                    + "Remove them.")
        default:
            LocalizedText(
                es: "El tipo de correo está vacío. Indique uno con --type o no use la opción.",
                en: "The mail's type is empty. Name one with --type, or leave the option out.")
        }
    }
}
