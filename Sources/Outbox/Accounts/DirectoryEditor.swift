package import SyncCore

/// Changes the people, accounts and fallbacks of the organisation, after checking that the
/// change makes sense here and now.
///
/// The checks see what this replica knows; what another one wrote meanwhile is a conflict, and
/// listed as such.
package struct DirectoryEditor {
    let transaction: ReplicaTransaction
    private let actor: String

    package init(_ transaction: ReplicaTransaction, actor: String) {
        self.transaction = transaction
        self.actor = actor
    }

    var directory: Directory { transaction.directory }

    /// Adds a user.
    ///
    /// - Throws: ``DirectoryError`` if the identifier was ever used, the account is not there
    ///   or a login is somebody else's; ``MembershipError`` if this device may not.
    package func addUser(_ id: UserID, _ change: UserChange) throws {
        guard try directory.user(id) == nil else { throw DirectoryError(.userExists(id)) }
        if let account = change.account { _ = try existing(account) }
        if let name = change.name { try Self.checkName(name) }
        for login in change.bindings {
            if let user = try directory.users(boundTo: login).first {
                throw DirectoryError(.loginTaken(login, by: user))
            }
        }
        var change = change
        change.state = .active
        try write(change.writes(for: id))
    }

    /// Refuses an account that cannot be added, before anybody is asked for a password.
    package func checkNew(_ id: AccountID, _ change: AccountChange, owner: UserID?) throws {
        guard try directory.account(id) == nil else { throw DirectoryError(.accountExists(id)) }
        guard !(change.routes ?? []).isEmpty else { throw DirectoryError(.noRoute(id)) }
        if let name = change.name { try Self.checkName(name) }
        guard let owner else { return }
        guard let user = try directory.user(owner), user.state != .removed else {
            throw DirectoryError(.noSuchUser(owner))
        }
        if let account = user.account { throw DirectoryError(.hasAccount(owner, account)) }
    }

    /// Adds an account with its password, as a person's own if one is named.
    ///
    /// - Throws: ``DirectoryError``, ``SecretError``, or ``MembershipError`` if this device may
    ///   not.
    package func addAccount(
        _ id: AccountID, _ change: AccountChange, password: SecretBytes, owner: UserID?
    ) throws {
        try checkNew(id, change, owner: owner)
        var change = change
        change.state = .active
        // Written out, so that a later change of the address does not change the login.
        change.login = change.login ?? change.address?.text
        guard let host = change.host, let routes = change.routes, let login = change.login else {
            throw DirectoryError(.noRoute(id))
        }
        let settings = AccountSettings(
            account: id, host: host, routes: routes, login: login, authority: change.authority)
        let sealed = try SecretVault.seal(
            password, for: settings, replacing: nil, senders: senders,
            using: transaction.environment)
        var writes = change.writes(for: id).merging(sealed) { first, _ in first }
        if let owner { writes[DirectoryUser.path(owner, "account")] = .text(id.text) }
        try write(writes)
    }

    /// Changes an account, and its password if one is given.
    ///
    /// A change of host, route, login or authority needs the password again: the sealed one
    /// is not used for other settings than those it was typed for.
    package func changeAccount(
        _ id: AccountID, _ change: AccountChange, password: SecretBytes?
    ) throws {
        let account = try existing(id)
        if change.routes?.isEmpty == true { throw DirectoryError(.noRoute(id)) }
        if let name = change.name { try Self.checkName(name) }
        try write(change.writes(for: id))
        guard let changed = try directory.account(id) else { return }
        guard let password else {
            if let old = account.settings, let new = changed.settings, account.secret != nil,
                let field = old.fieldExceeded(by: new)
            {
                throw SecretError(.changed, account: id, field: field)
            }
            return
        }
        guard let settings = changed.settings else { throw SecretError(.incomplete, account: id) }
        try write(
            try SecretVault.seal(
                password, for: settings, replacing: changed, senders: senders,
                using: transaction.environment))
    }

    /// Sets the accounts that stand in, in their order.
    package func setFallbacks(_ ids: [AccountID]) throws {
        guard Set(ids).count == ids.count else { throw DirectoryError(.repeated) }
        for id in ids { _ = try existing(id) }
        try write([Directory.fallbackPath: .list(ids.map(\.text))])
    }

    /// An account that is there and was not removed.
    package func existing(_ id: AccountID) throws -> DirectoryAccount {
        guard let account = try directory.account(id), account.state != .removed else {
            throw DirectoryError(.noSuchAccount(id))
        }
        return account
    }

    private var senders: [DeviceCard] {
        transaction.membership.devices(with: .sender).map(\.card)
    }

    /// Writes fields, in as many records as they need; the transaction keeps them together.
    func write(_ values: [RegisterPath: RegisterValue]) throws {
        let sorted = values.sorted { $0.key < $1.key }
        for start in stride(from: 0, to: sorted.count, by: ConfigWrite.writesMaximum) {
            let part = sorted[start..<min(start + ConfigWrite.writesMaximum, sorted.count)]
            try transaction.configure(
                Dictionary(part.map { ($0.key, $0.value) }) { first, _ in first }, actor: actor)
        }
    }

    /// Refuses names that could not stand in a header.
    private static func checkName(_ name: String) throws(DirectoryError) {
        guard (1...Mailbox.nameByteCountMaximum).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw DirectoryError(.badName) }
    }
}
