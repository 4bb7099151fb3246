package import SyncCore

/// Whose account a mail is sent from, as the log names it.
package enum SenderCredential: String, Hashable, Sendable {
    /// The person's own account.
    case own
    /// One of the organisation's fallbacks.
    case `default`

    /// What the log says of a mail that was sent from an address with these credentials.
    package func logText(from address: String) -> LocalizedText {
        switch self {
        case .own:
            LocalizedText(
                es: "Email enviado desde \(address) (credenciales propias)",
                en: "Email sent from \(address) (own credentials)")
        case .default:
            LocalizedText(
                es: "Email enviado desde \(address) (predeterminadas)",
                en: "Email sent from \(address) (default credentials)")
        }
    }
}

/// What is known about an account when a sender is chosen.
package struct SenderAccount: Hashable, Sendable {
    /// Whether everything that sending needs was entered.
    package enum Completeness: String, Hashable, Sendable, CaseIterable {
        /// The address and the secret are both there.
        case complete
        /// Only one of them is.
        case incomplete
    }

    /// What the last test or attempt said about the account.
    package enum Health: Hashable, Sendable {
        /// Nothing was tried yet, or it was changed since.
        case untested
        /// The server accepted it.
        case working
        /// The server refused it, and it will not work until somebody changes it.
        case failing(SenderFault)
    }

    /// Which account this is.
    package let id: AccountID
    /// The address in From and MAIL FROM; nil in a half-filled account.
    package let address: MailAddress?
    package let completeness: Completeness
    package let health: Health

    package init(
        id: AccountID, address: MailAddress?, completeness: Completeness, health: Health = .untested
    ) {
        self.id = id
        self.address = address
        self.completeness = completeness
        self.health = health
    }
}

/// What is wrong with an account itself, so that another attempt would end the same way.
package enum SenderFault: String, Hashable, Sendable, CaseIterable {
    /// The server refused the user or the password.
    case authentication
    /// The server, port, TLS mode or sender address is wrong.
    case configuration
    /// The server takes the account, and not the address it writes from.
    case sendAs = "send_as"
}

/// Why an attempt failed, as far as the choice of the sender depends on it.
package enum SenderFailure: Hashable, Sendable {
    /// No server was reached, or the line broke. Another account would fare no better.
    case network
    /// The account does not work.
    case account(AccountID, SenderFault)
    /// The recipient was refused, whoever the sender is.
    case recipient
    /// The content or size was refused, whoever the sender is.
    case content
    /// The server asked to try again later.
    case temporary
}

/// From which accounts mail of a type may go.
package enum SenderRule: String, Hashable, Sendable, CaseIterable {
    /// From the person's own account, or else a fallback.
    case ownOrDefault
    /// Always from the organisation's account.
    case defaultOnly
    /// From the person's own account or not at all: mail that arrived signed, and whose From
    /// must therefore not change.
    case ownOnly
}
