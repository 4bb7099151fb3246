/// Why a front ends without a word of the engine.
package enum FrontFailure: Hashable, Sendable {
    /// The connection was lost, and the command may have been carried out.
    case unknown
    /// A signal came before any engine was reached.
    case interrupted
    /// There is no engine, and this home's is started by somebody else.
    case notRunning(String)
    /// An engine could not be started; it gave a reason.
    case refused(String, status: Int32)
    /// An engine was started and did not answer in time, or died.
    case noAnswer(String)
    /// There is no program to start as an engine.
    case noProgram
    /// The home cannot be entered; the number is an errno.
    case home(String, Int32)
    /// Nothing tells where the home is.
    case noHome
    /// An argument is not UTF-8, or they are too long together.
    case arguments
}

extension FrontFailure {
    /// The exit status, from sysexits(3).
    package var status: Int32 {
        switch self {
        case .unknown, .interrupted, .noAnswer: 75
        case .notRunning, .noProgram: 69
        case .refused(_, let status): status
        case .home: 77
        case .noHome: 78
        case .arguments: 64
        }
    }

    /// What to tell the person.
    package func text(in language: FrontLanguage) -> String {
        switch self {
        case .unknown:
            language.pick(
                es: "Se perdió la conexión con el motor: no se sabe si la orden se llevó a cabo. "
                    + "Compruébelo («syncmail outbox list») antes de repetirla.",
                en: "The connection to the engine was lost: it is not known whether the command "
                    + "was carried out. Check (“syncmail outbox list”) before repeating it.")
        case .interrupted:
            language.pick(
                es: "Interrumpido. Con seguridad no se guardó nada.",
                en: "Interrupted. Certainly nothing was stored.")
        case .notRunning(let home):
            language.pick(
                es: "El motor de «\(home)» no está en marcha; con seguridad no se guardó nada. "
                    + "Pida al administrador que lo arranque (systemctl start syncmail).",
                en: "The engine of “\(home)” does not run; certainly nothing was stored. "
                    + "Ask the administrator to start it (systemctl start syncmail).")
        case .refused(let reason, _): reason
        case .noAnswer(let home):
            language.pick(
                es: "El motor de «\(home)» no respondió; con seguridad no se guardó nada. "
                    + "Repita la orden; si sigue igual, mire engine.log en ese directorio.",
                en: "The engine of “\(home)” did not answer; certainly nothing was stored. "
                    + "Repeat the command; if it persists, see engine.log in that directory.")
        case .noProgram:
            language.pick(
                es: "No se encuentra el programa syncmail-agent junto a syncmail ni en PATH; "
                    + "con seguridad no se guardó nada. Instálelo.",
                en: "The program syncmail-agent is neither beside syncmail nor in PATH; "
                    + "certainly nothing was stored. Install it.")
        case .home(let home, let number):
            language.pick(
                es: "No se puede usar el directorio «\(home)» (error \(number)); con seguridad "
                    + "no se guardó nada. Compruebe que es suyo, o elija otro con --home.",
                en: "The directory “\(home)” cannot be used (error \(number)); certainly nothing "
                    + "was stored. Check that it is yours, or choose another with --home.")
        case .noHome:
            language.pick(
                es: "No se sabe dónde guardar: indique --home o defina SYNCMAIL_HOME o HOME.",
                en: "There is no place to store: give --home, or set SYNCMAIL_HOME or HOME.")
        case .arguments:
            language.pick(
                es: "Los argumentos no son texto UTF-8 o son demasiado largos. Nada se guardó.",
                en: "The arguments are not UTF-8 text or are too long. Nothing was stored.")
        }
    }
}
