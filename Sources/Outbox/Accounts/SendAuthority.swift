package import SyncCore

/// Decides what somebody who connects to a home may do there: operate it, and in whose name
/// send.
///
/// The two are separate. Root and the owner of the home operate it (accounts, devices,
/// configuration), but send only in the name of users that their login is bound or delegated
/// to, like everybody else.
///
/// ```
/// uid 65534, stranger in a personal home, bound to nobody     77
/// --as a user that does not exist                             67
/// --as a user that is not his, nor delegated to him           77
/// bound to one user, --as left out                            that user
/// ```
package struct SendAuthority: Hashable, Sendable {
    /// Whose home it is.
    package enum Home: Hashable, Sendable {
        /// One person's, whose uid this is.
        case personal(owner: UInt32)
        /// The machine's, run by this uid for everybody who is bound to a user.
        case system(owner: UInt32)

        /// Whether it is one person's.
        package var isPersonal: Bool {
            switch self {
            case .personal: true
            case .system: false
            }
        }

        fileprivate var owner: UInt32 {
            switch self {
            case .personal(let owner), .system(let owner): owner
            }
        }
    }

    /// A user whom the caller names or is bound to.
    package struct Candidate: Hashable, Sendable {
        package let user: UserID
        /// Nothing if there is no such user.
        package let state: EntryState?

        package init(user: UserID, state: EntryState?) {
            self.user = user
            self.state = state
        }
    }

    /// The permission to send.
    package struct Grant: Hashable, Sendable {
        /// In whose name.
        package let user: UserID
        /// What the log says about who did it.
        package let actor: String
    }

    /// The uid of nobody, which any process without an identity has.
    package static let nobody: UInt32 = 65_534
    private static let root: UInt32 = 0

    /// Who connected, as the kernel says.
    package var uid: UInt32
    package var home: Home
    /// The users the login is bound to.
    package var bound: [Candidate]
    /// The user named with `--as`.
    package var requested: Candidate?
    /// Whether the login may send in the requested user's name by delegation.
    package var isDelegated: Bool

    package init(
        uid: UInt32, home: Home, bound: [Candidate], requested: Candidate? = nil,
        isDelegated: Bool = false
    ) {
        self.uid = uid
        self.home = home
        self.bound = bound
        self.requested = requested
        self.isDelegated = isDelegated
    }

    /// Whether accounts, devices and configuration may be changed.
    package var mayOperate: Bool {
        uid != Self.nobody && (uid == Self.root || uid == home.owner)
    }

    /// Whose mails may be seen and decided about; nil for everybody's.
    ///
    /// - Throws: ``SendRefusal`` for a login that is nobody's.
    package func visibleUsers() throws(SendRefusal) -> [UserID]? {
        if mayOperate { return nil }
        let users = bound.filter { $0.state != nil && $0.state != .removed }.map(\.user)
        guard uid != Self.nobody, mayConnect, !users.isEmpty else {
            throw SendRefusal(.unbound(uid: uid))
        }
        return users
    }

    /// Who the log says operated: the user the login is bound to, or the login.
    package var actor: String {
        bound.count == 1 ? bound[0].user.text : "uid:\(uid)"
    }

    /// Decides in whose name a mail is sent.
    package func grant() throws(SendRefusal) -> Grant {
        guard uid != Self.nobody, mayConnect else { throw SendRefusal(.unbound(uid: uid)) }
        guard let requested else { return try grantWithoutName() }
        let isBound = bound.contains { $0.user == requested.user }
        // Whoever may send for nobody is not told which users there are.
        guard isBound || isDelegated || !bound.isEmpty else {
            throw SendRefusal(.unbound(uid: uid))
        }
        guard let state = requested.state, state != .removed else {
            throw SendRefusal(.noSuchUser(requested.user))
        }
        guard isBound || isDelegated else { throw SendRefusal(.notDelegated(requested.user)) }
        guard state == .active else { throw SendRefusal(.disabled(requested.user)) }
        return grant(requested.user, isBound: isBound)
    }

    private var mayConnect: Bool {
        switch home {
        case .personal: mayOperate
        case .system: true
        }
    }

    private func grantWithoutName() throws(SendRefusal) -> Grant {
        let usable = bound.filter { $0.state == .active }
        if usable.count > 1 { throw SendRefusal(.ambiguous(usable.map(\.user))) }
        guard let only = usable.first else {
            guard let first = bound.first else { throw SendRefusal(.unbound(uid: uid)) }
            throw SendRefusal(
                first.state == .disabled ? .disabled(first.user) : .noSuchUser(first.user))
        }
        return grant(only.user, isBound: true)
    }

    private func grant(_ user: UserID, isBound: Bool) -> Grant {
        Grant(user: user, actor: isBound ? user.text : "\(user) uid:\(uid)")
    }
}

extension Directory {
    /// What must be known to decide about somebody who connected to this device.
    package func authority(
        of login: LocalLogin, in home: SendAuthority.Home, as requested: UserID? = nil
    ) throws -> SendAuthority {
        SendAuthority(
            uid: login.uid, home: home,
            bound: try users(boundTo: login).map(candidate),
            requested: try requested.map(candidate),
            isDelegated: try requested.map { try isDelegated($0, to: login) } ?? false)
    }

    private func candidate(_ id: UserID) throws -> SendAuthority.Candidate {
        SendAuthority.Candidate(user: id, state: try user(id)?.state)
    }
}

/// Why somebody may not send.
package struct SendRefusal: Error, Hashable, Sendable {
    /// The reasons.
    package enum Code: Hashable, Sendable {
        /// The login is nobody's.
        case unbound(uid: UInt32)
        /// There is no such user, or no longer.
        case noSuchUser(UserID)
        /// The user may not send at present.
        case disabled(UserID)
        /// The user is somebody else.
        case notDelegated(UserID)
        /// The application was removed, or never was.
        case noSuchApplication(ApplicationName)
        /// The login is bound to several users, so one must be named.
        case ambiguous([UserID])
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }
}

extension SendRefusal: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .unbound(let uid):
            LocalizedText(
                es: "El usuario del sistema \(uid) no está vinculado a ninguna persona. Un "
                    + "administrador puede hacerlo con «syncmail user add ID --bind \(uid)».",
                en: "The system user \(uid) is not bound to any person. An administrator can do "
                    + "it with “syncmail user add ID --bind \(uid)”.")
        case .noSuchUser(let user):
            LocalizedText(
                es: "No existe el usuario «\(user)». «syncmail user list» los enumera.",
                en: "There is no user “\(user)”. “syncmail user list” lists them.")
        case .disabled(let user):
            LocalizedText(
                es: "El usuario «\(user)» está desactivado. Hable con un administrador.",
                en: "The user “\(user)” is disabled. Talk to an administrator.")
        case .notDelegated(let user):
            LocalizedText(
                es: "No puede enviar en nombre de «\(user)». Un administrador puede permitirlo "
                    + "con una delegación (--delegate).",
                en: "You may not send in the name of “\(user)”. An administrator can allow it "
                    + "with a delegation (--delegate).")
        case .noSuchApplication(let name):
            LocalizedText(
                es: "La aplicación «\(name)» ya no existe en este equipo. Un administrador puede "
                    + "crearla con «syncmail app add».",
                en: "The application “\(name)” is no longer on this device. An administrator can "
                    + "create it with “syncmail app add”.")
        case .ambiguous(let users):
            LocalizedText(
                es: "Su usuario del sistema pertenece a varias personas: diga una con --as: "
                    + users.map(\.text).joined(separator: ", ") + ".",
                en: "Your system user belongs to several persons: name one with --as: "
                    + users.map(\.text).joined(separator: ", ") + ".")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .unbound, .disabled, .notDelegated, .noSuchApplication: .notPermitted
        case .noSuchUser: .noSuchUser
        case .ambiguous: .usage
        }
    }
}
