package import SyncCore

/// Why people, accounts or fallbacks cannot be changed so.
package struct DirectoryError: Error, Hashable, Sendable {
    /// The reasons.
    package enum Code: Hashable, Sendable {
        /// The identifier is or was another user's.
        case userExists(UserID)
        /// The identifier is or was another account's.
        case accountExists(AccountID)
        case noSuchUser(UserID)
        case noSuchAccount(AccountID)
        /// The user has an own account already.
        case hasAccount(UserID, AccountID)
        /// The login is somebody else's.
        case loginTaken(LocalLogin, by: UserID)
        /// There is no way to the server that is encrypted.
        case noRoute(AccountID)
        /// An account is named twice.
        case repeated
        /// A name is empty, too long or has control characters.
        case badName
        /// The name belongs to an application of this device already.
        case applicationExists(ApplicationName)
        case noSuchApplication(ApplicationName)
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }
}

extension DirectoryError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .userExists(let user):
            LocalizedText(
                es: "El usuario «\(user)» ya existe o existió. Elija otro identificador.",
                en: "The user “\(user)” exists or existed. Choose another identifier.")
        case .accountExists(let account):
            LocalizedText(
                es: "La cuenta «\(account)» ya existe o existió. Elija otro identificador, o "
                    + "cámbiela con «syncmail account set».",
                en: "The account “\(account)” exists or existed. Choose another identifier, or "
                    + "change it with “syncmail account set”.")
        case .noSuchUser(let user):
            LocalizedText(
                es: "No existe el usuario «\(user)». «syncmail user list» los enumera.",
                en: "There is no user “\(user)”. “syncmail user list” lists them.")
        case .noSuchAccount(let account):
            LocalizedText(
                es: "No existe la cuenta «\(account)». «syncmail account list» las enumera.",
                en: "There is no account “\(account)”. “syncmail account list” lists them.")
        case .hasAccount(let user, let account):
            LocalizedText(
                es: "El usuario «\(user)» ya tiene la cuenta «\(account)». Cámbiela con «syncmail "
                    + "account set».",
                en: "The user “\(user)” has the account “\(account)” already. Change it with "
                    + "“syncmail account set”.")
        case .loginTaken(let login, let user):
            LocalizedText(
                es: "El usuario del sistema \(login.uid) de ese equipo es de «\(user)». Para que "
                    + "envíe también por otra persona, use --delegate.",
                en: "The system user \(login.uid) of that device is “\(user)”. To let it send "
                    + "for another person too, use --delegate.")
        case .noRoute(let account):
            LocalizedText(
                es: "A la cuenta «\(account)» le falta una ruta cifrada. Añada por ejemplo "
                    + "--route 465/implicit.",
                en: "The account “\(account)” lacks an encrypted route. Add for example "
                    + "--route 465/implicit.")
        case .repeated:
            LocalizedText(
                es: "Una cuenta aparece dos veces. Nombre cada una una sola vez.",
                en: "An account is named twice. Name each of them once.")
        case .applicationExists(let name):
            LocalizedText(
                es: "Ya hay una aplicación «\(name)» en este equipo. Quítela antes con «syncmail "
                    + "app remove \(name)», o elija otro nombre.",
                en: "There is an application “\(name)” on this device already. Remove it first "
                    + "with “syncmail app remove \(name)”, or choose another name.")
        case .noSuchApplication(let name):
            LocalizedText(
                es: "No hay ninguna aplicación «\(name)» en este equipo. «syncmail app list» las "
                    + "enumera.",
                en: "There is no application “\(name)” on this device. “syncmail app list” lists "
                    + "them.")
        case .badName:
            LocalizedText(
                es: "El nombre está vacío, es demasiado largo o tiene caracteres de control.",
                en: "The name is empty, too long or has control characters.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .noSuchUser: .noSuchUser
        case .userExists, .accountExists, .noSuchAccount, .applicationExists, .noSuchApplication,
            .hasAccount, .loginTaken, .noRoute, .repeated, .badName:
            .badData
        }
    }
}
