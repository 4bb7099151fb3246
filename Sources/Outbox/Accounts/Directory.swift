package import SyncCore

/// The people, accounts and logins of the organisation, read from the configuration.
///
/// Anything may stand in a register, because any later version and `config set` write there:
/// what does not have the form of its field is taken as missing, never as an error.
///
/// ```
/// user/ID/name|email|account|role|state        user/ID/delegate/DEVICE.UID = true
/// account/ID/address|name|host|routes|login|ca|state|secret
/// account/ID/sealed/DEVICE                     account/ID/tested/DEVICE
/// device/DEVICE/uid/UID = user                 fallback/order   mail/domain   mail/size
/// ```
package struct Directory {
    private let config: ConfigStore

    package init(_ config: ConfigStore) {
        self.config = config
    }

    /// The list of fallback accounts.
    package static let fallbackPath = RegisterPath("fallback", "order")
    /// The domain that Message-IDs end with.
    package static let domainPath = RegisterPath("mail", "domain")
    /// How many bytes a mail may have.
    package static let sizePath = RegisterPath("mail", "size")
    /// How many seconds a mail waits for a change of mind.
    package static let undoPath = RegisterPath("mail", "undo")
    /// How many days a mail is tried.
    package static let expirePath = RegisterPath("mail", "expire")

    /// Every user, removed ones included, in ascending order.
    package func users() throws -> [DirectoryUser] {
        try entries(below: "user").compactMap { id, fields in
            UserID(id).flatMap { DirectoryUser($0, fields) }
        }
    }

    /// One user, removed or not.
    package func user(_ id: UserID) throws -> DirectoryUser? {
        DirectoryUser(id, try fields(of: "user", id.text))
    }

    /// Every account, removed ones included, in ascending order.
    package func accounts() throws -> [DirectoryAccount] {
        try entries(below: "account").compactMap { id, fields in
            AccountID(id).flatMap { DirectoryAccount($0, fields) }
        }
    }

    /// One account, removed or not.
    package func account(_ id: AccountID) throws -> DirectoryAccount? {
        DirectoryAccount(id, try fields(of: "account", id.text))
    }

    /// The accounts that stand in when a person's own cannot send, in their order.
    package func fallbacks() throws -> [AccountID] {
        var seen: Set<AccountID> = []
        return (try config.register(Self.fallbackPath).value.list ?? [])
            .compactMap { AccountID($0) }.filter { seen.insert($0).inserted }
    }

    /// The users whose login this is: one, or none, or several while a conflict stands.
    package func users(boundTo login: LocalLogin) throws -> [UserID] {
        let entries = try config.register(login.bindingPath).entries
        return Set(entries.compactMap { $0.value.text.flatMap { UserID($0) } }).sorted()
    }

    /// Whether a login may send in a user's name.
    package func isDelegated(_ user: UserID, to login: LocalLogin) throws -> Bool {
        let path = DirectoryUser.delegationPath(user, to: login)
        return try config.register(path).value == .boolean(true)
    }

    /// The domain that Message-IDs end with, if one was set.
    package func domain() throws -> MailDomain? {
        try config.register(Self.domainPath).value.text.flatMap { MailDomain($0) }
    }

    /// How many bytes a mail may have, if a limit was set.
    package func sizeMaximum() throws -> Int? {
        let size = try config.register(Self.sizePath).value.integer
        return size.flatMap { $0 > 0 ? Int(clamping: $0) : nil }
    }

    /// What the organisation set for mails about whose time nothing was wished.
    package func sendingDefaults() throws -> SendingDefaults {
        var defaults = SendingDefaults()
        if let seconds = try config.register(Self.undoPath).value.integer, seconds > 0 {
            defaults.undo = .seconds(min(seconds, ConfigSchema.undoMaximum))
        }
        if let days = try config.register(Self.expirePath).value.integer, days > 0 {
            defaults.lifetime = .seconds(min(days, ConfigSchema.lifetimeMaximum) * 86_400)
        }
        return defaults
    }

    /// What the choice of a sender needs; nothing if there is no such user.
    ///
    /// Accounts that are disabled or removed are left out. The caller adds what its own device
    /// knows: leases and earlier failures.
    package func senderChoice(for user: UserID, of organisation: String) throws -> SenderChoice? {
        guard let user = try self.user(user) else { return nil }
        let own = try user.account.flatMap { try active($0) }
        return SenderChoice(
            person: SenderChoice.Person(user: user.id, name: user.name, address: user.email),
            organisation: organisation, own: own,
            fallbacks: try fallbacks().compactMap { try active($0) }, heldLeases: [])
    }

    private func active(_ id: AccountID) throws -> SenderAccount? {
        guard let account = try account(id), account.state == .active else { return nil }
        return account.sender
    }

    func registers(below path: String) throws -> [Register] {
        try config.registers(below: path)
    }

    private func fields(of kind: String, _ id: String) throws -> DirectoryFields {
        DirectoryFields(try config.registers(below: "\(kind)/\(id)"))
    }

    private func entries(below kind: String) throws -> [(id: String, fields: DirectoryFields)] {
        let registers = try config.registers(below: kind).filter { $0.path.parts.count > 2 }
        return Dictionary(grouping: registers) { $0.path.parts[1] }
            .sorted { $0.key < $1.key }
            .map { (id: $0.key, fields: DirectoryFields($0.value)) }
    }
}

extension ReplicaTransaction {
    /// The people, accounts and logins.
    package var directory: Directory { Directory(config) }
}
