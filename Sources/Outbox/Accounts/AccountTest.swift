package import SyncCore

/// What a test of an account on one device said.
///
/// It counts for the settings and the password that were tested, and no longer once one of
/// them was changed.
package struct AccountTest: Hashable, Sendable {
    /// How a test ended.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// The server accepted the user and the password.
        case working
        /// The server refuses the user or the password.
        case authentication
        /// The server, port, TLS mode or sender address is wrong.
        case configuration
        /// No server was reached, which says nothing about the account.
        case network

        /// What it means for the choice of the sender.
        package var health: SenderAccount.Health {
            switch self {
            case .working: .working
            case .authentication: .failing(.authentication)
            case .configuration: .failing(.configuration)
            case .network: .untested
            }
        }
    }

    package let outcome: Outcome
    package let time: Timestamp
    /// The password that was tested.
    package let secret: SecretStamp
    /// The hash of the settings that were tested.
    package let settings: Digest

    package init(
        outcome: Outcome, time: Timestamp, secret: SecretStamp, settings: Digest
    ) {
        self.outcome = outcome
        self.time = time
        self.secret = secret
        self.settings = settings
    }

    /// Reads a register; nothing if it holds something else.
    init?(_ entry: Register.Entry) {
        guard let items = entry.value.list, items.count == 4,
            let outcome = Outcome(rawValue: items[0]), let version = UInt64(items[1]),
            let commitment = [UInt8](hexadecimal: items[2]).flatMap({ Digest(bytes: $0) }),
            let settings = [UInt8](hexadecimal: items[3]).flatMap({ Digest(bytes: $0) })
        else { return nil }
        self.init(
            outcome: outcome, time: entry.time.timestamp,
            secret: SecretStamp(version: version, commitment: commitment), settings: settings)
    }

    /// The register's value; its time is the record's.
    package var value: RegisterValue {
        .list([
            outcome.rawValue, String(secret.version), secret.commitment.description,
            settings.description,
        ])
    }
}
