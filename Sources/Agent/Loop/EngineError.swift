import Front
import Glibc
import SyncCore

/// A reason why an engine cannot serve a home.
struct EngineError: ExplainedError, Hashable {
    /// The kinds of reason.
    enum Code: Hashable, Sendable {
        /// The directory cannot be made or entered.
        case home(SystemError)
        /// The socket cannot be made.
        case socket(SystemError)
        /// A way in for programs cannot be opened.
        case wayIn(SystemError)
        /// Another engine holds the home and answers nobody.
        case occupied
    }

    let code: Code
    let home: String

    var explanation: LocalizedText {
        switch code {
        case .home(let error):
            LocalizedText(
                es: "No se pudo abrir el directorio «\(home)» (error \(error.number)). "
                    + "Compruebe que existe y es suyo, o elija otro con --home.",
                en: "Could not open the directory “\(home)” (error \(error.number)). "
                    + "Check that it exists and is yours, or choose another with --home.")
        case .socket(let error):
            LocalizedText(
                es: "No se pudo atender en «\(home)» (error \(error.number)). Compruebe que hay "
                    + "espacio y permiso de escritura.",
                en: "Could not listen in “\(home)” (error \(error.number)). Check that there is "
                    + "room and that you may write.")
        case .wayIn(let error):
            LocalizedText(
                es: "No se pudo atender en «\(home)» (error \(error.number)). Si otro programa usa "
                    + "el puerto, elija otro con --smtp, o «--smtp off».",
                en: "Could not listen on “\(home)” (error \(error.number)). If another program has "
                    + "the port, choose another with --smtp, or “--smtp off”.")
        case .occupied:
            LocalizedText(
                es: "Otro motor usa «\(home)» y no responde. Espere, o termínelo.",
                en: "Another engine uses “\(home)” and does not answer. Wait, or end it.")
        }
    }

    var exitStatus: ExitStatus {
        switch code {
        case .home, .wayIn: .cannotCreate
        // With space again the same command succeeds.
        case .socket(let error): error.number == ENOSPC ? .tryLater : .cannotCreate
        case .occupied: .tryLater
        }
    }
}
