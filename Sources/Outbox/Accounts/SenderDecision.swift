package import SyncCore

/// Why a mail goes out from one account and not another, as the log records it.
package enum SenderReason: String, Hashable, Sendable, CaseIterable {
    /// The person's own account is complete.
    case ownComplete = "own_complete"
    /// The person's own account lacks the address or the secret.
    case ownIncomplete = "own_incomplete"
    /// The person has no own account.
    case none
    /// The server refuses the user or password of the own account.
    case ownAuthenticationFailed = "own_auth_failed"
    /// The server, port or address of the own account is wrong.
    case ownConfigurationFailed = "own_config_failed"
    /// The server does not let the own account write from its address.
    case ownSendAsFailed = "own_sendas_failed"
    /// Mail of this type always goes from the organisation's account.
    case typeUsesDefault = "type_uses_default"
}

/// Something about an account that an administrator must remedy; it stays open until then.
package struct SenderAlert: Hashable, Sendable {
    /// What is wrong.
    package enum Problem: Hashable, Sendable {
        /// The address or the secret is missing.
        case incomplete
        /// The server refuses the account.
        case failing(SenderFault)
    }

    package let account: AccountID
    package let problem: Problem

    package init(account: AccountID, problem: Problem) {
        self.account = account
        self.problem = problem
    }

    /// What to tell the administrator.
    package var explanation: LocalizedText {
        switch problem {
        case .incomplete:
            LocalizedText(
                es: "La cuenta «\(account)» está incompleta: falta el correo o la contraseña. "
                    + "Complétela con «syncmail account set».",
                en: "The account \"\(account)\" is incomplete: the address or the password is "
                    + "missing. Complete it with \"syncmail account set\".")
        case .failing(.authentication):
            LocalizedText(
                es: "El servidor rechaza el usuario o la contraseña de la cuenta «\(account)». "
                    + "Cámbielos con «syncmail account set» y pruebe con «syncmail account test».",
                en: "The server refuses the user or password of the account \"\(account)\". "
                    + "Change them with \"syncmail account set\", then run "
                    + "\"syncmail account test\".")
        case .failing(.configuration):
            LocalizedText(
                es: "El servidor, puerto o remitente de la cuenta «\(account)» no es correcto. "
                    + "Revise con «syncmail account test».",
                en: "The server, port or sender of the account \"\(account)\" is wrong. "
                    + "Check it with \"syncmail account test\".")
        case .failing(.sendAs):
            LocalizedText(
                es: "El servidor no deja a la cuenta «\(account)» enviar desde su dirección. "
                    + "Corrija --address con «syncmail account set» y pruebe con «syncmail account "
                    + "test --to».",
                en: "The server does not let the account \"\(account)\" send from its address. "
                    + "Correct --address with \"syncmail account set\", then run \"syncmail "
                    + "account test --to\".")
        }
    }
}

/// From which account, and under which names, one attempt is made.
package struct SenderDecision: Hashable, Sendable {
    package let account: AccountID
    package let credential: SenderCredential
    package let reason: SenderReason
    /// The address in From and MAIL FROM.
    package let from: MailAddress
    /// The name in From, such as `Juan Pérez` or `Juan Pérez (vía INAIR)`.
    package let displayName: String
    /// Where answers go when a fallback sends: to the person, if he has an address.
    package let replyTo: MailAddress?
    /// What an administrator must remedy, although the mail goes out.
    package let alerts: [SenderAlert]

    /// The line in the log after the mail was sent.
    package var logText: LocalizedText { credential.logText(from: from.text) }
}

/// Why no attempt can be made on this device now; the mail stays in the outbox.
package enum SenderWait: Hashable, Sendable {
    /// This device does not hold the lease of the account that must send.
    case leaseElsewhere(AccountID)
    /// Neither the person nor the organisation has an account that could send.
    case noAccount
    /// Every account that could send is incomplete or refused.
    case noWorkingAccount
    /// Only the person's own account may send this mail, and it cannot.
    case ownAccountRequired

    /// What to tell the person who waits.
    package var explanation: LocalizedText {
        switch self {
        case .leaseElsewhere(let account):
            LocalizedText(
                es: "Espera: otro equipo envía por la cuenta «\(account)».",
                en: "Waiting: another device sends for the account \"\(account)\".")
        case .noAccount:
            LocalizedText(
                es: "Espera: no hay ninguna cuenta de envío. Cree una predeterminada con "
                    + "«syncmail account add» y «syncmail fallback set».",
                en: "Waiting: there is no account to send from. Create a default one with "
                    + "\"syncmail account add\" and \"syncmail fallback set\".")
        case .noWorkingAccount:
            LocalizedText(
                es: "Espera: ninguna cuenta de envío funciona. El correo está a salvo; revise las "
                    + "cuentas con «syncmail account test».",
                en: "Waiting: no account to send from works. The mail is safe; check the accounts "
                    + "with \"syncmail account test\".")
        case .ownAccountRequired:
            LocalizedText(
                es: "Retenido: este correo solo puede salir de la cuenta propia de la persona, y "
                    + "esta falta o no funciona. Configúrela con «syncmail account set».",
                en: "Held: this mail may go only from the person's own account, which is missing "
                    + "or does not work. Configure it with \"syncmail account set\".")
        }
    }
}
