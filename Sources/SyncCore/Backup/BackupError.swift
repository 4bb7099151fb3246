/// Why a backup cannot be made, used or restored.
package struct BackupError: Error, Hashable {
    /// The kinds of reason.
    package enum Code: Hashable, Sendable {
        /// The file is something else.
        case notABackup
        /// A newer version of the program made it.
        case newer
        /// The file ends too early, or goes on beyond its end.
        case truncated
        case tooLong
        /// What it says of itself is not signed by the key that it names.
        case signature
        /// A part is not what was signed.
        case altered(part: String)
        /// It holds the replica of a hub where a device's was wanted, or the other way round.
        case otherKind(BackupManifest.Kind)
        /// Its keys are opened neither by this machine's key nor by what was typed.
        case noKey
        /// What it holds is not what its maker signed, or is damaged.
        case content(String)
        /// A file of that name exists.
        case exists
        /// The folder holds a replica already.
        case notEmpty
        /// A backup is being made to the same place.
        case busy
        /// The disk refused; the number is an errno.
        case disk(Int32)
    }

    package let code: Code
    /// The file or folder.
    package let path: String

    package init(_ code: Code, path: String) {
        self.code = code
        self.path = path
    }
}

extension BackupError: ExplainedError {
    package var exitStatus: ExitStatus {
        switch code {
        case .notABackup, .newer, .truncated, .tooLong, .signature, .altered, .otherKind, .content:
            .badData
        case .noKey: .configuration
        case .exists, .notEmpty: .cannotCreate
        case .busy: .tryLater
        case .disk(let number): number == Self.fullDisk ? .tryLater : .cannotCreate
        }
    }

    private static let fullDisk: Int32 = 28

    package var explanation: LocalizedText {
        switch code {
        case .notABackup, .newer, .truncated, .tooLong, .signature, .altered, .otherKind,
            .content, .noKey:
            explanationOfFile
        case .exists, .notEmpty, .busy, .disk: explanationOfPlace
        }
    }

    private var explanationOfFile: LocalizedText {
        let reason = reasonOfFile
        return LocalizedText(
            es: "El respaldo \(path) no sirve: \(reason.es) No se cambió nada.",
            en: "The backup \(path) cannot be used: \(reason.en) Nothing was changed.")
    }

    private var reasonOfFile: LocalizedText {
        switch code {
        case .notABackup:
            LocalizedText(
                es: "no es un respaldo de syncmail.", en: "it is no backup of syncmail.")
        case .newer:
            LocalizedText(
                es: "lo hizo una versión más nueva. Actualice el programa.",
                en: "a newer version made it. Update the program.")
        case .truncated:
            LocalizedText(
                es: "le falta el final. Cópielo de nuevo o use otro.",
                en: "its end is missing. Copy it again, or use another one.")
        case .tooLong:
            LocalizedText(
                es: "le sobran datos al final. Cópielo de nuevo o use otro.",
                en: "there is more behind its end. Copy it again, or use another one.")
        case .signature:
            LocalizedText(
                es: "su firma no es válida; alguien lo alteró o se dañó. Use otro.",
                en: "its signature is not valid; it was altered or damaged. Use another one.")
        case .altered(let part):
            LocalizedText(
                es: "la parte «\(part)» no es la que se firmó; alguien lo alteró o se dañó. "
                    + "Use otro.",
                en: "the part “\(part)” is not what was signed; it was altered or damaged. Use "
                    + "another one.")
        case .otherKind(.hub):
            LocalizedText(
                es: "es de un servidor. Use «syncmail-server backup».",
                en: "it is a hub's. Use 'syncmail-server backup'.")
        case .otherKind(.device):
            LocalizedText(
                es: "es de un equipo. Use «syncmail backup».",
                en: "it is a device's. Use 'syncmail backup'.")
        case .noKey:
            LocalizedText(
                es: "ni la clave de esta máquina ni la que se escribió lo abren.",
                en: "neither this machine's key nor what was typed opens it.")
        case .content(let what):
            LocalizedText(
                es: "lo que guarda no es lo que su equipo firmó (\(what)).",
                en: "what it holds is not what its device signed (\(what)).")
        case .exists, .notEmpty, .busy, .disk: LocalizedText(es: "", en: "")
        }
    }

    private var explanationOfPlace: LocalizedText {
        switch code {
        case .exists:
            LocalizedText(
                es: "\(path) ya existe y no se tocó. Elija otro nombre, o use --force para "
                    + "reemplazarlo.",
                en: "\(path) exists already and was not touched. Choose another name, or use "
                    + "--force to replace it.")
        case .notEmpty:
            LocalizedText(
                es: "\(path) ya tiene una réplica y no se tocó. Restaure en un directorio vacío "
                    + "(--home).",
                en: "\(path) holds a replica already and was not touched. Restore into an empty "
                    + "directory (--home).")
        case .busy:
            LocalizedText(
                es: "Ya se está haciendo un respaldo. Espere a que termine.",
                en: "A backup is being made already. Wait until it is done.")
        case .disk(Self.fullDisk):
            LocalizedText(
                es: "El disco de \(path) está lleno. No quedó nada a medias; libere espacio y "
                    + "repita.",
                en: "The disk of \(path) is full. Nothing was left halfway; free some space and "
                    + "try again.")
        case .disk(let number):
            LocalizedText(
                es: "No se pudo escribir \(path) (error \(number)): escribe el motor, con sus "
                    + "permisos. Elija otro lugar, o use «-» y redirija la salida.",
                en: "\(path) could not be written (error \(number)): the engine writes it, with "
                    + "its own rights. Choose another place, or use '-' and redirect the output.")
        default: explanationOfFile
        }
    }
}
