package import SyncCore

/// A person of the company, as the configuration describes him.
package struct DirectoryUser: Hashable, Sendable {
    package let id: UserID
    /// The name in From; the identifier until one is entered.
    package let name: String
    /// Where the person reads mail, if that is known and has the form of an address.
    package let email: MailAddress?
    /// The person's own account, if he has one.
    package let account: AccountID?
    /// What the person is in the company, such as `ventas`.
    package let role: String?
    package let state: EntryState
    /// The logins that may send in this person's name, in ascending order.
    package let delegates: [LocalLogin]

    /// Reads one user's fields; nothing if there is no such user.
    init?(_ id: UserID, _ fields: DirectoryFields) {
        guard let state = EntryState(fields["state"]) else { return nil }
        self.id = id
        self.state = state
        name = fields["name"].text ?? id.text
        email = fields["email"].text.flatMap { MailAddress(stored: $0) }
        account = fields["account"].text.flatMap { AccountID($0) }
        role = fields["role"].text
        delegates = fields.names(below: "delegate")
            .filter { fields["delegate/\($0)"] == .boolean(true) }
            .compactMap { LocalLogin($0) }.sorted()
    }

    /// The field of a user.
    package static func path(_ id: UserID, _ field: String) -> RegisterPath {
        RegisterPath("user", id.text, field)
    }

    /// The field that lets a login send in a user's name.
    package static func delegationPath(_ id: UserID, to login: LocalLogin) -> RegisterPath {
        RegisterPath("user", id.text, "delegate", login.description)
    }
}

/// What to write about a user; fields left out stay as they are.
package struct UserChange: Hashable, Sendable {
    package var name: String?
    package var email: MailAddress?
    package var account: AccountID?
    package var role: String?
    package var state: EntryState?
    /// The logins that are the user's own from now on.
    package var bindings: [LocalLogin] = []
    /// The logins that may send in the user's name from now on.
    package var delegates: [LocalLogin] = []

    package init() {}

    /// The fields to write.
    package func writes(for id: UserID) -> [RegisterPath: RegisterValue] {
        var writes: [RegisterPath: RegisterValue] = [:]
        func put(_ field: String, _ text: String?) {
            if let text { writes[DirectoryUser.path(id, field)] = .text(text) }
        }
        put("name", name)
        put("email", email?.text)
        put("account", account?.text)
        put("role", role)
        put("state", state?.rawValue)
        for login in bindings { writes[login.bindingPath] = .text(id.text) }
        for login in delegates {
            writes[DirectoryUser.delegationPath(id, to: login)] = .boolean(true)
        }
        return writes
    }
}
