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
        /// The server accepts the account, and not the address that it writes from.
        case sender
        /// No server was reached, which says nothing about the account.
        case network

        /// What it means for the choice of the sender.
        package var health: SenderAccount.Health {
            switch self {
            case .working: .working
            case .authentication: .failing(.authentication)
            case .configuration: .failing(.configuration)
            case .sender: .failing(.sendAs)
            case .network: .untested
            }
        }
    }

    package let outcome: Outcome
    package let time: Timestamp
    /// The password and the settings that were tested.
    package let mark: AccountMark
    /// A code of the diagnosis, such as `BAD_PASSWORD`, if it did not work.
    package let cause: String?

    /// How many bytes a code may have.
    private static let causeByteCountMaximum = 64

    package init(outcome: Outcome, time: Timestamp, mark: AccountMark, cause: String? = nil) {
        self.outcome = outcome
        self.time = time
        self.mark = mark
        self.cause = cause
    }

    /// Reads a register; nothing if it holds something else.
    init?(_ entry: Register.Entry) {
        // What later versions add stands behind.
        guard let items = entry.value.list, items.count >= 4,
            let outcome = Outcome(rawValue: items[0]), let version = UInt64(items[1]),
            let commitment = [UInt8](hexadecimal: items[2]).flatMap({ Digest(bytes: $0) }),
            let settings = [UInt8](hexadecimal: items[3]).flatMap({ Digest(bytes: $0) })
        else { return nil }
        self.init(
            outcome: outcome, time: entry.time.timestamp,
            mark: AccountMark(
                secret: SecretStamp(version: version, commitment: commitment), settings: settings),
            cause: items.dropFirst(4).first.flatMap {
                $0.isEmpty || $0.utf8.count > Self.causeByteCountMaximum ? nil : $0
            })
    }

    /// The register's value; its time is the record's.
    package var value: RegisterValue {
        .list([
            outcome.rawValue, String(mark.secret.version), mark.secret.commitment.description,
            mark.settings.description, cause ?? "",
        ])
    }
}

/// The password and the settings of an account at one time: what a finding is about.
package struct AccountMark: Hashable, Sendable {
    package let secret: SecretStamp
    /// The hash of the settings.
    package let settings: Digest

    package init(secret: SecretStamp, settings: Digest) {
        self.secret = secret
        self.settings = settings
    }
}
