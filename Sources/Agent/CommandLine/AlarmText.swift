import SyncCore

extension Alarm {
    /// The value for programs.
    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "subject": .string(subject),
            "since": .string(time.description), "detail": .string(detail),
        ]
    }
}

extension Alarm.Kind {
    /// What it means and what to do.
    var text: LocalizedText {
        switch self {
        case .damagedPage, .damagedKeys, .failedSync, .diskError, .clockWentBack, .repaired:
            textOfMachine
        case .frozen:
            LocalizedText(
                es: "un equipo escribió dos historias: hay dos copias de él. Sigue encolando, "
                    + "pero no envía ni configura hasta que un administrador elija cuál sigue: "
                    + "«syncmail device choose-life».",
                en: "a device wrote two histories: there are two copies of it. It goes on "
                    + "queueing, but sends and configures nothing until an administrator chooses "
                    + "which one goes on: 'syncmail device choose-life'.")
        case .otherRecord:
            LocalizedText(
                es: "un registro de este equipo no era el que tiene el servidor: se guardó como "
                    + "prueba y se pidió de nuevo. Si las dos firmas valen, el equipo que lo "
                    + "escribió fue clonado o miente.",
                en: "a record on this device was not the one that the hub has: it was kept as "
                    + "evidence and fetched again. If both are signed, the device that wrote it "
                    + "was cloned, or lies.")
        case .splitView, .checkpointMissing, .hubWentBack: textOfHub
        case .fork:
            LocalizedText(
                es: "un equipo escribió dos registros distintos con el mismo número: fue clonado "
                    + "o miente. Dé de baja ese equipo y únalo de nuevo.",
                en: "a device wrote two different records with one number: it was cloned, or "
                    + "lies. Revoke that device and join it again.")
        case .membershipFork:
            LocalizedText(
                es: "la lista de miembros se bifurcó en ese lugar: dos cambios firmados se "
                    + "excluyen. Nada cambia hasta que alguien decida con la clave de "
                    + "recuperación: «syncmail recovery settle».",
                en: "the list of members is forked at that place: two signed changes exclude one "
                    + "another. Nothing changes until somebody decides with the recovery key: "
                    + "“syncmail recovery settle”.")
        case .falseMembership:
            LocalizedText(
                es: "el servidor mostró un cambio de miembros que nadie con permiso firmó, y se "
                    + "rechazó. Avise a un administrador: el servidor miente o está dañado.",
                en: "the hub showed a change of members that nobody who may has signed, and it "
                    + "was refused. Tell an administrator: the hub lies, or is damaged.")
        case .otherContent:
            LocalizedText(
                es: "un correo llegó dos veces con contenido distinto. Los destinatarios nuevos "
                    + "quedan retenidos: decida con «syncmail outbox release» o «cancel».",
                en: "a mail arrived twice with different contents. The new recipients are held: "
                    + "decide with “syncmail outbox release” or “cancel”.")
        case .notAuthentic:
            LocalizedText(
                es: "llegaron registros con una firma falsa y no se aceptaron. Avise a un "
                    + "administrador: alguien altera lo que viaja.",
                en: "records with a false signature arrived and were not accepted. Tell an "
                    + "administrator: somebody changes what travels.")
        case .digestMismatch:
            LocalizedText(
                es: "este equipo y el servidor tienen los mismos registros y otro resultado. "
                    + "Ejecute «syncmail log verify» y avise a un administrador.",
                en: "this device and the hub hold the same records and another result. Run "
                    + "“syncmail log verify”, and tell an administrator.")
        case .account:
            LocalizedText(
                es: "una cuenta no se puede usar. Pruébela con «syncmail account test».",
                en: "an account cannot be used. Try it with “syncmail account test”.")
        case .newLife:
            LocalizedText(
                es: "un equipo fue restaurado, copiado o vuelto atrás, y empezó otra vida. Si "
                    + "nadie lo hizo a propósito, dé de baja ese equipo.",
                en: "a device was restored, copied or set back, and began another life. Unless "
                    + "somebody meant to, revoke that device.")
        case .logHole:
            LocalizedText(
                es: "se perdieron cambios ya guardados en el archivo de este equipo. Revise el "
                    + "disco y ejecute «syncmail log verify».",
                en: "changes that were stored vanished from this device's file. Check the disk, "
                    + "and run “syncmail log verify”.")
        }
    }

    /// What it means where the hub is the cause.
    private var textOfHub: LocalizedText {
        switch self {
        case .splitView:
            LocalizedText(
                es: "el servidor firmó dos historias que no pueden ser la misma: muestra cosas "
                    + "distintas a equipos distintos, o perdió datos sin decirlo. La prueba está "
                    + "en «syncmail log verify». Avise a un administrador por otro medio.",
                en: "the hub signed two histories that cannot be one: it shows different things "
                    + "to different devices, or lost data without saying so. The proof is in "
                    + "'syncmail log verify'. Tell an administrator some other way.")
        case .checkpointMissing:
            LocalizedText(
                es: "el servidor dejó de probar que su historia solo crece. Si no volvió a una "
                    + "versión anterior del programa, avise a un administrador.",
                en: "the hub no longer proves that its history only grows. Unless it went back to "
                    + "an earlier version of the program, tell an administrator.")
        default:
            LocalizedText(
                es: "el servidor perdió registros que había confirmado; lo de este equipo se le "
                    + "envía de nuevo. Avise a quien lo cuida.",
                en: "the hub lost records that it had acknowledged; this device's are sent again. "
                    + "Tell who looks after it.")
        }
    }

    /// What it means where the machine itself is the cause.
    private var textOfMachine: LocalizedText {
        switch self {
        case .damagedPage:
            LocalizedText(
                es: "una página del archivo de este equipo está dañada o alguien la alteró. "
                    + "Ejecute «syncmail doctor» y restaure una copia de seguridad.",
                en: "a page of this device's file is damaged, or somebody altered it. Run "
                    + "“syncmail doctor”, and restore a backup.")
        case .damagedKeys:
            LocalizedText(
                es: "una de las dos copias del archivo de claves estaba dañada, o alguien la "
                    + "alteró. Se reparó con la otra. Revise el disco y «syncmail key list».",
                en: "one of the two copies of the key file was damaged, or somebody altered it. "
                    + "It was mended with the other. Check the disk and “syncmail key list”.")
        case .failedSync:
            LocalizedText(
                es: "el disco no pudo guardar algo que había aceptado. Se volvió a abrir el "
                    + "archivo y se comprobó entero; cambie el disco antes de que falle del todo.",
                en: "the disk could not store something that it had taken. The file was opened "
                    + "again and found whole; replace the disk before it fails for good.")
        case .repaired:
            LocalizedText(
                es: "este equipo mostraba algo distinto de lo que dicen sus registros; ya se "
                    + "reparó a partir de ellos. Revise el disco con «syncmail doctor».",
                en: "this device showed something else than its records say; it was repaired from "
                    + "them. Check the disk with “syncmail doctor”.")
        case .diskError:
            LocalizedText(
                es: "el disco falló al leer o escribir. Revíselo y cámbielo si vuelve a pasar.",
                en: "the disk failed to read or write. Check it, and replace it if that happens "
                    + "again.")
        default:
            LocalizedText(
                es: "el reloj de este equipo fue atrasado. Los registros siguen en orden, con la "
                    + "última hora buena, hasta que el reloj la alcance. Corrija la hora.",
                en: "this device's clock was set back. Records stay in order, at the last good "
                    + "time, until the clock has caught up. Correct the time.")
        }
    }
}
