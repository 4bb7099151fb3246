import Glibc
package import SyncCore

/// A failure to read what a command needs from its caller.
package struct TerminalError: Error, Hashable, Sendable {
    /// The kinds of failure.
    package enum Code: Hashable, Sendable {
        /// The system refused to read the input, for the reason that the errno tells.
        case unreadable(Int32)
        /// The input is longer than the command accepts.
        case tooLong(maximum: Int)
        /// There is no terminal to ask on.
        case noTerminal
        /// The caller closed the connection.
        case callerLeft
        /// Two readings were attempted at once: a defect of the command.
        case busy
    }

    package let code: Code
    /// What was being read: a path as it was typed, or nil for standard input and the terminal.
    package let path: String?

    package init(_ code: Code, path: String? = nil) {
        self.code = code
        self.path = path
    }
}

extension TerminalError: ExplainedError {
    package var explanation: LocalizedText {
        let es = path.map { "el archivo «\($0)»" } ?? "la entrada estándar"
        let en = path.map { "the file “\($0)”" } ?? "standard input"
        return switch code {
        case .unreadable(let number):
            LocalizedText(
                es: "No se pudo leer \(es): \(Self.reason(number).es). Nada cambió.",
                en: "Could not read \(en): \(Self.reason(number).en). Nothing was changed.")
        case .tooLong(let maximum):
            LocalizedText(
                es: "No se pudo leer \(es): tiene más de \(ByteCount.text(maximum)), el límite. "
                    + "Nada cambió.",
                en: "Could not read \(en): it has more than \(ByteCount.text(maximum)), the "
                    + "limit. Nothing was changed.")
        case .noTerminal:
            LocalizedText(
                es: "Hay que escribir una contraseña y no hay terminal donde pedirla. "
                    + "Entréguela por la entrada estándar con --password-stdin.",
                en: "A password must be typed and there is no terminal to ask on. "
                    + "Give it on standard input with --password-stdin.")
        case .callerLeft:
            LocalizedText(
                es: "El programa que dio la orden se cerró antes de entregar \(es).",
                en: "The program that gave the command left before handing over \(en).")
        case .busy:
            LocalizedText(
                es: "La orden intentó leer dos entradas a la vez. Es un defecto de syncmail.",
                en: "The command tried to read two inputs at once. This is a defect of syncmail.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .unreadable, .tooLong: .badData
        case .noTerminal: .usage
        case .callerLeft: .tryLater
        case .busy: .software
        }
    }

    private static func reason(_ number: Int32) -> LocalizedText {
        switch number {
        case ENOENT: LocalizedText(es: "no existe", en: "it does not exist")
        case EACCES, EPERM:
            LocalizedText(es: "no tiene permiso para leerlo", en: "you may not read it")
        case EISDIR:
            LocalizedText(es: "es un directorio", en: "it is a directory")
        case ENAMETOOLONG:
            LocalizedText(es: "el nombre es demasiado largo", en: "the name is too long")
        case EFBIG:
            LocalizedText(
                es: "es demasiado grande para leerla otra vez", en: "it is too long to read again")
        default:
            LocalizedText(es: "error \(number) del sistema", en: "system error \(number)")
        }
    }
}

/// Sizes as people read them.
package enum ByteCount {
    /// `25 MiB`, `64 KiB` or `12 B`: the largest unit that divides the size.
    package static func text(_ count: Int) -> String {
        if count >= 1 << 20, count % (1 << 20) == 0 { return "\(count >> 20) MiB" }
        if count >= 1 << 10, count % (1 << 10) == 0 { return "\(count >> 10) KiB" }
        return "\(count) B"
    }
}
