package import SyncCore

/// Why a password cannot be sealed or used.
package struct SecretError: Error, Hashable, Sendable {
    /// The reasons.
    package enum Code: String, Sendable, CaseIterable {
        /// No password was typed.
        case empty
        /// The password or a setting is longer than any server takes.
        case tooLong
        /// No device may send.
        case noSender
        /// The account has no password.
        case missing
        /// The account lacks a host, a route or a login.
        case incomplete
        /// The password was not sealed for this device.
        case notForDevice
        /// What was sealed is not what the configuration names.
        case damaged
        /// A setting was changed after the password was typed.
        case changed
    }

    package let code: Code
    package let account: AccountID
    /// The setting that was changed.
    package let field: String?

    package init(_ code: Code, account: AccountID, field: String? = nil) {
        self.code = code
        self.account = account
        self.field = field
    }
}

extension SecretError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .empty:
            LocalizedText(
                es: "La contraseña de la cuenta «\(account)» está vacía. Escríbala de nuevo.",
                en: "The password of the account “\(account)” is empty. Type it again.")
        case .tooLong:
            LocalizedText(
                es: "La contraseña o un dato de la cuenta «\(account)» es demasiado largo (hasta "
                    + "\(SecretVault.passwordByteCountMaximum) bytes).",
                en: "The password or a setting of the account “\(account)” is too long (at most "
                    + "\(SecretVault.passwordByteCountMaximum) bytes).")
        case .noSender:
            LocalizedText(
                es: "Ningún equipo puede enviar, así que nadie podría abrir la contraseña. Dé el "
                    + "permiso «sender» con «syncmail device grant».",
                en: "No device may send, so nobody could open the password. Give one the "
                    + "capability “sender” with “syncmail device grant”.")
        case .missing:
            LocalizedText(
                es: "La cuenta «\(account)» no tiene contraseña. Póngala con «syncmail account "
                    + "set».",
                en: "The account “\(account)” has no password. Enter it with “syncmail account "
                    + "set”.")
        case .incomplete:
            LocalizedText(
                es: "A la cuenta «\(account)» le falta el servidor, la ruta o el usuario. "
                    + "Complétela con «syncmail account set».",
                en: "The account “\(account)” lacks its host, route or login. Complete it with "
                    + "“syncmail account set”.")
        case .notForDevice:
            LocalizedText(
                es: "Este equipo no puede abrir la contraseña de la cuenta «\(account)»: no tiene "
                    + "el permiso «sender», o se le dio hace poco. Sincronice, o dé el permiso "
                    + "con «syncmail device grant».",
                en: "This device cannot open the password of the account “\(account)”: it lacks "
                    + "the capability “sender”, or got it only now. Synchronise, or give the "
                    + "capability with “syncmail device grant”.")
        case .damaged:
            LocalizedText(
                es: "La contraseña sellada de la cuenta «\(account)» no es la que la configuración "
                    + "nombra. Escríbala de nuevo con «syncmail account set».",
                en: "The sealed password of the account “\(account)” is not the one that the "
                    + "configuration names. Type it again with “syncmail account set”.")
        case .changed:
            LocalizedText(
                es: "El dato «\(field ?? "")» de la cuenta «\(account)» cambió después de "
                    + "escribir la contraseña, que por eso no se usa. Escríbala de nuevo con "
                    + "«syncmail account set».",
                en: "The setting “\(field ?? "")” of the account “\(account)” was changed after "
                    + "the password was typed, so that is not used. Type it again with “syncmail "
                    + "account set”.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .empty, .tooLong: .badData
        case .noSender, .missing, .incomplete, .damaged, .changed: .configuration
        case .notForDevice: .notPermitted
        }
    }
}
