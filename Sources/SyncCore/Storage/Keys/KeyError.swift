/// A reason why a key of a database cannot be used or changed.
///
/// Neither the code nor the explanation holds anything of a key or of what was typed.
package struct KeyError: Error, Hashable {
    /// The kinds of reason.
    package enum Code: Hashable, Sendable {
        /// What was typed is right in itself and opens no slot of this kind.
        case wrong(KeySlotKind)
        /// There is no slot of this kind.
        case none(KeySlotKind)
        /// A slot asks for more time or memory than this program gives.
        case excessiveCost
        /// The memory that stretching a passphrase needs is not there.
        case noMemory
        /// The credential is right, and the slot with this number is damaged.
        case damagedSlot(UInt64)
        /// The slots are not those that were written.
        case altered
        /// No slot has this number.
        case unknownSlot(UInt64)
        /// Without this slot nothing would open the database.
        case lastSlot(UInt64)
        /// There are as many slots as there may be.
        case tooManySlots
        /// A passphrase is too short or too long.
        case passphraseLength(UInt64, UInt64)
        /// A passphrase was not typed twice in the same way.
        case passphrasesDiffer
        /// The copy that a rotation made does not hold what the database holds.
        case copyDiffers(String)
        /// The database has its new data key, and the key file still holds the old one.
        case unsettled
        /// A rotation was interrupted, and its data keys fit no page of the database.
        case unclear
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }
}

extension KeyError: ExplainedError {
    package var exitStatus: ExitStatus {
        switch code {
        case .wrong: .notPermitted
        case .none, .unknownSlot, .lastSlot, .tooManySlots, .passphraseLength, .passphrasesDiffer:
            .badData
        case .excessiveCost, .damagedSlot, .altered: .configuration
        case .copyDiffers, .unclear: .badData
        case .noMemory, .unsettled: .tryLater
        }
    }

    package var explanation: LocalizedText {
        switch code {
        case .wrong, .none, .passphraseLength, .passphrasesDiffer: explanationOfTyped
        case .unknownSlot, .lastSlot, .tooManySlots: explanationOfList
        case .excessiveCost, .noMemory, .damagedSlot, .altered: explanationOfFile
        case .copyDiffers, .unclear, .unsettled: explanationOfRotation
        }
    }

    /// What is wrong with what a person typed.
    private var explanationOfTyped: LocalizedText {
        switch code {
        case .wrong(.passphrase):
            LocalizedText(
                es: "La frase de contraseña no es la de esta réplica. Revise mayúsculas, acentos "
                    + "e idioma del teclado. No se cambió nada.",
                en: "The passphrase is not this replica's. Check capitals, accents and the "
                    + "keyboard's language. Nothing was changed.")
        case .wrong:
            LocalizedText(
                es: "La clave de recuperación está bien escrita, pero es de otra organización. "
                    + "Busque el papel de esta. No se cambió nada.",
                en: "The recovery key is typed correctly, but belongs to another organisation. "
                    + "Look for this one's paper. Nothing was changed.")
        case .none(.passphrase):
            LocalizedText(
                es: "Esta réplica no tiene frase de contraseña. Recupérela con la clave de "
                    + "recuperación.",
                en: "This replica has no passphrase. Recover it with the recovery key.")
        case .none:
            LocalizedText(
                es: "Ninguna clave de recuperación abre esta réplica. Recupérela con su frase de "
                    + "contraseña («--passphrase») o desde la copia de seguridad.",
                en: "No recovery key opens this replica. Recover it with its passphrase "
                    + "(--passphrase) or from the backup.")
        case .passphraseLength(let minimum, let maximum):
            LocalizedText(
                es: "La frase de contraseña debe tener de \(minimum) a \(maximum) bytes, sin "
                    + "caracteres de control. Elija varias palabras.",
                en: "The passphrase must have \(minimum) to \(maximum) bytes without control "
                    + "characters. Choose several words.")
        default:
            LocalizedText(
                es: "Las dos frases no son iguales. No se cambió nada; inténtelo otra vez.",
                en: "The two passphrases differ. Nothing was changed; try again.")
        }
    }

    /// What is wrong with a change of the slots.
    private var explanationOfList: LocalizedText {
        switch code {
        case .unknownSlot(let number):
            LocalizedText(
                es: "No hay ranura \(number). «syncmail key list» las enumera.",
                en: "There is no slot \(number). 'syncmail key list' shows them.")
        case .lastSlot(let number):
            LocalizedText(
                es: "La ranura \(number) es la última que abre esta réplica: sin ella se perdería "
                    + "todo. Añada otra antes («syncmail key add-passphrase»).",
                en: "Slot \(number) is the last that opens this replica: without it all would be "
                    + "lost. Add another one first ('syncmail key add-passphrase').")
        default:
            LocalizedText(
                es: "Hay \(KeySet.slotsMaximum) ranuras, el máximo. Quite una antes con «syncmail "
                    + "key remove».",
                en: "There are \(KeySet.slotsMaximum) slots, the maximum. Remove one first with "
                    + "'syncmail key remove'.")
        }
    }

    /// What is wrong with the files or the machine.
    private var explanationOfFile: LocalizedText {
        switch code {
        case .excessiveCost:
            LocalizedText(
                es: "La frase de contraseña de esta réplica pide más memoria o tiempo del que este "
                    + "programa concede. Actualícelo, o use la clave de recuperación.",
                en: "This replica's passphrase asks for more memory or time than this program "
                    + "grants. Update it, or use the recovery key.")
        case .noMemory:
            LocalizedText(
                es: "No hay memoria libre para comprobar la frase de contraseña (256 MiB). Cierre "
                    + "otros programas e inténtelo otra vez.",
                en: "There is no memory left to check the passphrase (256 MiB). Close other "
                    + "programs and try again.")
        default:
            LocalizedText(
                es: "El archivo de claves está dañado o alguien lo alteró. Restáurelo desde la "
                    + "copia de seguridad. No se cambió nada.",
                en: "The key file is damaged, or somebody altered it. Restore it from the backup. "
                    + "Nothing was changed.")
        }
    }

    /// What became of a rotation.
    private var explanationOfRotation: LocalizedText {
        switch code {
        case .copyDiffers(let place):
            LocalizedText(
                es: "La copia con la clave nueva no es igual a la réplica (\(place)). La copia se "
                    + "borró; la réplica y su clave siguen como estaban.",
                en: "The copy under the new key is not equal to the replica (\(place)). The copy "
                    + "was removed; the replica and its key are as they were.")
        case .unsettled:
            LocalizedText(
                es: "La réplica ya usa su clave nueva, pero la anterior no se pudo quitar del "
                    + "archivo de claves. Libere espacio; al abrirla de nuevo se quitará.",
                en: "The replica uses its new key already, but the old one could not be removed "
                    + "from the key file. Free some space; opening it again removes it.")
        default:
            LocalizedText(
                es: "Un cambio de clave quedó a medias y ninguna de sus dos claves abre la "
                    + "réplica: está dañada. Guarde una copia y restaure la de seguridad.",
                en: "A rotation was interrupted and neither of its two keys opens the replica: it "
                    + "is damaged. Keep a copy and restore the backup.")
        }
    }
}
