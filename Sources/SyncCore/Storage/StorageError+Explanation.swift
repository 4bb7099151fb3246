extension StorageError: ExplainedError {
    package var explanation: LocalizedText {
        let text = remedy
        guard !detail.isEmpty else { return text }
        return LocalizedText(es: "\(text.es) (\(detail))", en: "\(text.en) (\(detail))")
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .busy, .full, .inputOutput, .closed, .recovering, .noMemory: .tryLater
        case .wrongKey, .missingKey, .damagedKey, .exposedKey, .newerSchema, .notADatabase:
            .configuration
        case .linked, .exposed: .configuration
        case .corrupt, .truncated: .badData
        case .readOnly: .notPermitted
        case .cannotOpen: .cannotCreate
        case .constraint, .other: .software
        }
    }

    private var remedy: LocalizedText {
        switch code {
        case .busy, .full, .inputOutput, .closed, .recovering, .readOnly, .cannotOpen, .linked,
            .exposed, .noMemory:
            remedyOutside
        case .wrongKey, .missingKey, .damagedKey, .exposedKey: remedyOfKeys
        case .corrupt, .truncated, .notADatabase, .newerSchema, .constraint, .other:
            remedyInside
        }
    }

    /// What the machine around the file must provide.
    private var remedyOutside: LocalizedText {
        switch code {
        case .busy:
            LocalizedText(
                es: "Otro programa tiene abierta la base de datos \(path). "
                    + "Ciérrelo o espere a que termine.",
                en: "Another program holds the database \(path) open. "
                    + "Close it or wait until it ends.")
        case .full:
            LocalizedText(
                es: "El disco de \(path) está lleno. Libere espacio; no se guardó nada a medias.",
                en: "The disk of \(path) is full. Free some space; nothing was stored halfway.")
        case .inputOutput:
            LocalizedText(
                es: "El disco falló al leer o escribir \(path). Revise el disco y vuelva a abrir "
                    + "el programa: al abrir se sabrá si lo último quedó guardado.",
                en: "The disk failed while reading or writing \(path). Check the disk and start "
                    + "the program again: opening tells whether the last change was stored.")
        case .recovering:
            LocalizedText(
                es: "El disco de \(path) falló al guardar. syncmail está volviendo a abrir y "
                    + "comprobar la base de datos; hasta entonces no acepta nada. Repita en un "
                    + "momento y revise el disco («syncmail doctor»).",
                en: "The disk of \(path) failed to store something. syncmail is opening and "
                    + "checking the database again, and accepts nothing until then. Repeat in a "
                    + "moment, and check the disk ('syncmail doctor').")
        case .closed:
            LocalizedText(
                es: "La base de datos \(path) ya está cerrada. Vuelva a abrir el programa.",
                en: "The database \(path) is closed already. Start the program again.")
        case .readOnly:
            LocalizedText(
                es: "No se permite escribir en \(path). Revise los permisos del archivo.",
                en: "Writing to \(path) is not allowed. Check the permissions of the file.")
        case .noMemory:
            LocalizedText(
                es: "No hay memoria suficiente para trabajar con \(path). "
                    + "Cierre otros programas e inténtelo de nuevo; no se guardó nada a medias.",
                en: "There is not enough memory to work with \(path). "
                    + "Close other programs and try again; nothing was stored halfway.")
        case .linked:
            LocalizedText(
                es: "\(path) no es un archivo normal, sino un enlace o una carpeta. "
                    + "Indique el archivo mismo. No se tocó nada.",
                en: "\(path) is no plain file but a link or a folder. "
                    + "Name the file itself. Nothing was touched.")
        case .exposed:
            LocalizedText(
                es: "Otros usuarios pueden leer o escribir \(path). "
                    + "Ejecute: chmod 600 \(path)",
                en: "Other users may read or write \(path). Run: chmod 600 \(path)")
        default:
            LocalizedText(
                es: "No se puede abrir o crear \(path). "
                    + "Revise que la carpeta exista y sus permisos.",
                en: "\(path) cannot be opened or created. "
                    + "Check that the folder exists, and its permissions.")
        }
    }

    /// What to do about a key.
    private var remedyOfKeys: LocalizedText {
        switch code {
        case .wrongKey:
            LocalizedText(
                es: "La clave no corresponde a \(path). Use el archivo de clave de esta máquina "
                    + "o recupere con la clave de recuperación. No se cambió nada.",
                en: "The key does not belong to \(path). Use this machine's key file, or recover "
                    + "with the recovery key. Nothing was changed.")
        case .missingKey where path.hasSuffix(KeyFile.path(for: "")):
            LocalizedText(
                es: "Falta el archivo de claves \(path): sin él ninguna clave abre la base de "
                    + "datos. Devuélvalo a su lugar desde la copia de seguridad.",
                en: "The key file \(path) is missing: without it no key opens the database. Put "
                    + "it back from the backup.")
        case .missingKey:
            LocalizedText(
                es: "Falta la clave \(path). Devuelva el archivo a su lugar desde la copia de "
                    + "seguridad, o use «key recover» con la clave de recuperación.",
                en: "The key \(path) is missing. Put the file back from the backup, or use "
                    + "'key recover' with the recovery key.")
        case .damagedKey:
            LocalizedText(
                es: "El archivo de claves \(path) está dañado o no es de syncmail. "
                    + "Restáurelo desde la copia de seguridad. No se cambió nada.",
                en: "The key file \(path) is damaged or is not syncmail's. "
                    + "Restore it from the backup. Nothing was changed.")
        default:
            LocalizedText(
                es: "Otros usuarios pueden leer la clave \(path). Ejecute: chmod 600 \(path)",
                en: "Other users may read the key \(path). Run: chmod 600 \(path)")
        }
    }

    /// What to do about the contents.
    private var remedyInside: LocalizedText {
        switch code {
        case .corrupt:
            LocalizedText(
                es: "La base de datos \(path) está dañada o alguien la alteró. "
                    + "Guarde una copia para estudiarla y restaure la copia de seguridad.",
                en: "The database \(path) is damaged, or somebody altered it. "
                    + "Keep a copy for study and restore the backup.")
        case .truncated:
            LocalizedText(
                es: "El archivo \(path) está vacío o le falta el final. "
                    + "Restaure la copia de seguridad; el archivo no se tocó.",
                en: "The file \(path) is empty, or its end is missing. "
                    + "Restore the backup; the file was not touched.")
        case .notADatabase:
            LocalizedText(
                es: "El archivo \(path) no es una base de datos de syncmail. "
                    + "Indique otro archivo; este no se tocó.",
                en: "The file \(path) is not a database of syncmail. "
                    + "Name another file; this one was not touched.")
        case .newerSchema:
            LocalizedText(
                es: "Una versión más nueva de syncmail escribió \(path). "
                    + "Actualice el programa en esta máquina; el archivo no se tocó.",
                en: "A newer version of syncmail wrote \(path). "
                    + "Update the program on this machine; the file was not touched.")
        case .constraint:
            LocalizedText(
                es: "Un cambio en \(path) contradice una regla de los datos y no se guardó.",
                en: "A change to \(path) contradicts a rule of the data and was not stored.")
        default:
            LocalizedText(
                es: "La base de datos \(path) respondió con un error inesperado. "
                    + "No se guardó el cambio; informe de este error.",
                en: "The database \(path) answered with an unexpected error. "
                    + "The change was not stored; report this error.")
        }
    }
}
