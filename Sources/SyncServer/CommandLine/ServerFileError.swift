import SyncCore

/// A file that `syncmail-server` was told to use and cannot read.
struct ServerFileError: ExplainedError {
    let path: String
    /// The system's error number, or 0 for a file without content.
    let errno: Int32

    var explanation: LocalizedText {
        LocalizedText(
            es: "No se puede leer el archivo \(path) (error \(errno) del sistema). Revise la ruta "
                + "y que el usuario del servicio pueda leerlo.",
            en: "The file \(path) cannot be read (system error \(errno)). Check the path, and that "
                + "the service's user may read it.")
    }

    var exitStatus: ExitStatus { .configuration }
}
