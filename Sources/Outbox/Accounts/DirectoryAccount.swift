package import SyncCore

/// An identity that can send, as the configuration describes it.
///
/// The password is not here: ``SecretVault`` opens it, on the devices for which it was sealed.
package struct DirectoryAccount: Hashable, Sendable {
    package let id: AccountID
    /// The address in From and MAIL FROM; nil if it is missing or malformed.
    package let address: MailAddress?
    /// The name shown beside the address.
    package let name: String?
    package let host: String?
    /// The ways to the server, in the order of preference.
    package let routes: [AccountRoute]
    /// The user name for the server; the address unless another was entered.
    package let login: String?
    /// A certificate authority of the company's own, as PEM text.
    package let authority: String?
    package let state: EntryState
    /// What is known of the password, if there is one.
    package let secret: SecretStamp?
    /// When the password was last changed.
    package let secretChanged: Timestamp?
    /// The sealed passwords, for each device every one that is live.
    package let sealed: [DeviceID: [SealedSecret]]
    /// What the last test on each device said.
    package let tests: [DeviceID: AccountTest]

    /// Reads one account's fields; nothing if there is no such account.
    init?(_ id: AccountID, _ fields: DirectoryFields) {
        guard let state = EntryState(fields["state"]) else { return nil }
        self.id = id
        self.state = state
        address = fields["address"].text.flatMap { MailAddress(stored: $0) }
        name = fields["name"].text
        host = fields["host"].text
        routes = (fields["routes"].list ?? []).compactMap { AccountRoute($0) }
        login = fields["login"].text ?? address?.text
        authority = fields["ca"].text
        secret = fields["secret"].bytes.flatMap { SecretStamp(register: $0) }
        secretChanged = fields.entries(of: "secret").first.map { $0.time.timestamp }
        sealed = Self.byDevice(fields, "sealed") { entries in
            let sealed = entries.compactMap {
                $0.value.bytes.flatMap { SealedSecret(register: $0) }
            }
            return sealed.isEmpty ? nil : sealed
        }
        tests = Self.byDevice(fields, "tested") { entries in
            entries.first.flatMap { AccountTest($0) }
        }
    }

    private static func byDevice<Value>(
        _ fields: DirectoryFields, _ field: String, read: ([Register.Entry]) -> Value?
    ) -> [DeviceID: Value] {
        var values: [DeviceID: Value] = [:]
        for name in fields.names(below: field) {
            guard let device = DeviceID(name) else { continue }
            values[device] = read(fields.entries(of: "\(field)/\(name)"))
        }
        return values
    }

    /// The field of an account.
    package static func path(_ id: AccountID, _ field: String) -> RegisterPath {
        RegisterPath("account", id.text, field)
    }

    /// The field that holds the password for one device.
    package static func sealedPath(_ id: AccountID, for device: DeviceID) -> RegisterPath {
        SealedField.path(id, for: device)
    }

    /// The field that holds what a test on one device said.
    package static func testedPath(_ id: AccountID, on device: DeviceID) -> RegisterPath {
        TestedField.path(id, on: device)
    }

    /// What the password is bound to, or nil while something is missing.
    package var settings: AccountSettings? {
        guard let host, !routes.isEmpty, let login else { return nil }
        return AccountSettings(
            account: id, host: host, routes: routes, login: login, authority: authority)
    }

    /// Whether everything that sending needs was entered.
    package var completeness: SenderAccount.Completeness {
        address != nil && settings != nil && secret != nil ? .complete : .incomplete
    }

    /// What a finding must be about to count, or nil while something is missing.
    package var mark: AccountMark? {
        guard let secret, let settings else { return nil }
        return AccountMark(secret: secret, settings: settings.digest)
    }

    /// The devices for which the present password was sealed, in ascending order.
    package var sealedDevices: [DeviceID] {
        guard let secret else { return [] }
        return sealed.filter { $0.value.contains { $0.stamp == secret } }.keys.sorted()
    }

    /// What the most recent test of the present settings said, wherever it was made.
    package var lastTest: AccountTest? { latest(of: Array(tests.values)) }

    /// What the choice of the sender must know of the account.
    package var sender: SenderAccount {
        SenderAccount(
            id: id, address: address, completeness: completeness,
            health: verdict?.outcome.health ?? .untested)
    }

    /// The most recent test that says something about the account itself.
    ///
    /// A device that reached no server says nothing against what another one found.
    package var verdict: AccountTest? { latest(of: tests.values.filter { $0.outcome != .network }) }

    private func latest(of tests: [AccountTest]) -> AccountTest? {
        tests.filter { $0.mark == mark }
            .max { ($0.time, $0.outcome.rawValue) < ($1.time, $1.outcome.rawValue) }
    }
}

/// What to write about an account; fields left out stay as they are.
package struct AccountChange: Hashable, Sendable {
    package var address: MailAddress?
    package var name: String?
    package var host: String?
    package var routes: [AccountRoute]?
    package var login: String?
    package var authority: String?
    package var state: EntryState?

    package init() {}

    /// The fields to write.
    package func writes(for id: AccountID) -> [RegisterPath: RegisterValue] {
        var writes: [RegisterPath: RegisterValue] = [:]
        func put(_ field: String, _ value: RegisterValue?) {
            if let value { writes[DirectoryAccount.path(id, field)] = value }
        }
        put("address", address.map { .text($0.text) })
        put("name", name.map { .text($0) })
        put("host", host.map { .text($0) })
        put("routes", routes.map { .list($0.map(\.description)) })
        put("login", login.map { .text($0) })
        put("ca", authority.map { .text($0) })
        put("state", state?.value)
        return writes
    }
}
