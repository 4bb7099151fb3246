import Front
import Glibc
package import Outbox
package import SyncCore
import Synchronization

/// What all commands of one home work on, from the start of the process to its end.
package final class Engine: Sendable {
    /// Where the replica lives.
    package let home: String
    /// Time and chance.
    package let environment: Environment
    // Whether users other than the owner are served.
    private let isShared: Bool
    // What systemd's `$CREDENTIALS_DIRECTORY` says.
    private let credentials: String?
    // Why the replica cannot be opened, until it is recovered.
    private let locked = Mutex<LockedHome?>(nil)
    private let opened = Mutex<Workspace?>(nil)
    private let appeared = Bell()

    package init(
        home: String, environment: Environment, isShared: Bool = false, credentials: String? = nil
    ) {
        self.home = home
        self.environment = environment
        self.isShared = isShared
        self.credentials = credentials
    }

    /// Opens the home, whose lock is already held.
    ///
    /// - Parameters:
    ///   - home: Where the replica lives.
    ///   - environment: Time and chance.
    ///   - isShared: Whether users other than the home's owner are served.
    ///   - credentials: What systemd's `$CREDENTIALS_DIRECTORY` says.
    /// - Returns: The engine, with or without a replica, or ``lock`` set.
    /// - Throws: An ``ExplainedError``; the front shows it.
    package static func open(
        home: String, environment: Environment, isShared: Bool = false, credentials: String? = nil
    ) async throws -> Engine {
        let engine = Engine(
            home: home, environment: environment, isShared: isShared, credentials: credentials)
        let files = engine.files
        // Opening it would make a new one in its place, and hide that mails are missing.
        guard !files.isReplicaEmpty else { throw StorageError(.corrupt, path: files.database) }
        guard files.hasReplica else { return engine }
        do {
            try await engine.openReplica(with: try files.openKey(using: environment))
        } catch let error as LockedHome {
            engine.locked.withLock { $0 = error }
        }
        return engine
    }

    /// Opens the replica that was just put into this home.
    func openRestored() async throws {
        try await openReplica(with: try files.openKey(using: environment))
        appeared.ring()
    }

    /// What puts a backup into this home.
    var homeRestore: ReplicaRestore { files.restore(using: environment) }

    private func openReplica(with opened: (key: SecretBytes, wasMended: Bool)) async throws {
        let replica = try await Replica.open(
            path: files.database, key: opened.key, name: "", folds: Workspace.folds,
            mayCreate: false, environment: environment)
        // A replica without an organisation is what an interrupted init or join left.
        guard try await replica.read({ $0.membership.height }) > 0 else {
            return try await replica.close()
        }
        _ = try await replica.ensureRecoverySlot(keys)
        if opened.wasMended { try await replica.noteMendedKeys(keys) }
        self.opened.withLock { $0 = Workspace(replica: replica, home: home) }
    }

    private var files: HomeFiles { HomeFiles(home: home, credentials: credentials) }

    /// What lists and changes the keys of the home.
    package var keys: KeyRing { files.keys(using: environment) }

    /// Why the replica cannot be opened, or nil.
    package var lock: LockedHome? { locked.withLock(\.self) }

    /// Opens a locked replica after all, if this machine's key was put back.
    ///
    /// - Throws: What opening meets, other than the same lock.
    package func tryLock() async throws {
        guard lock != nil else { return }
        do {
            let key = try locked.withLock { _ in try files.openKey(using: environment) }
            try await unlock(with: key)
        } catch let error as LockedHome {
            locked.withLock { $0 = error }
        }
    }

    private func unlock(with opened: (key: SecretBytes, wasMended: Bool)) async throws {
        try await openReplica(with: opened)
        locked.withLock { $0 = nil }
        appeared.ring()
    }

    /// Opens a replica that this machine's key does not open, and gives the machine a slot.
    ///
    /// - Returns: Whether anything was changed: where the machine's key opens the replica, the
    ///   credential is only tried.
    /// - Throws: ``StorageError``, ``KeyError``.
    package func recover(with credential: KeyCredential) async throws -> Bool {
        guard lock != nil else {
            _ = try workspace()
            try keys.check(credential)
            return false
        }
        // Under the mutex, so that two recoveries do not make two machine keys.
        let opened = try locked.withLock { _ in
            let wasMended = try keys.needsMending()
            return (try keys.recover(with: credential), wasMended)
        }
        try await unlock(with: opened)
        return true
    }

    /// The open replica.
    ///
    /// - Throws: ``WorkspaceError`` if this home belongs to no organisation yet, ``LockedHome`` if
    ///   its replica cannot be opened.
    package func workspace() throws -> Workspace {
        guard let workspace = opened.withLock(\.self) else {
            if let lock { throw lock }
            throw WorkspaceError.notAMember
        }
        return workspace
    }

    /// Makes a replica in a home that has none, and keeps it if it was filled.
    ///
    /// - Parameters:
    ///   - name: What people shall call this device.
    ///   - recovery: The organisation's recovery key, which can open this replica too.
    ///   - fill: Founds or joins an organisation. If it fails, nothing is kept.
    /// - Returns: What the filling returned.
    /// - Throws: ``WorkspaceError`` if the home belongs to an organisation already.
    package func makeWorkspace<Value: Sendable>(
        name: String, recovery: SealingTarget? = nil,
        _ fill: (Workspace) async throws -> Value
    ) async throws -> Value {
        guard opened.withLock({ $0 == nil }) else { throw WorkspaceError.alreadyAMember }
        if let lock { throw lock }
        try files.removeReplica()
        let replica = try await Replica.open(
            path: files.database, key: try files.makeKey(recovery: recovery, using: environment),
            name: name, folds: Workspace.folds, environment: environment)
        let workspace = Workspace(replica: replica, home: home)
        do {
            let value = try await fill(workspace)
            _ = try await replica.ensureRecoverySlot(keys)
            opened.withLock { $0 = workspace }
            appeared.ring()
            return value
        } catch {
            try await replica.close()
            try files.removeReplica()
            throw error
        }
    }

    /// Refuses callers who may not operate this home: only its owner and root may.
    ///
    /// Nobody's login (65534) may not, even if the home is its own.
    package func checkOperator(_ peer: Peer) throws {
        guard SendAuthority(uid: peer.uid, home: sendHome, bound: []).mayOperate else {
            throw WorkspaceError.notTheOperator
        }
    }

    /// Whose home this is, for deciding who may do what.
    package var sendHome: SendAuthority.Home {
        // A home that cannot be examined is nobody's but root's.
        let owner = HomeFiles(home: home).owner ?? 0
        return isShared ? .system(owner: owner) : .personal(owner: owner)
    }

    /// Works until the task is cancelled.
    package func run() async throws {
        while !Task.isCancelled {
            if let workspace = opened.withLock(\.self) {
                try await workspace.run()
            } else {
                await appeared.wait()
            }
        }
    }

    /// Whether leaving now would interrupt work that nobody waits for, such as a delivery.
    package var isBusy: Bool { opened.withLock(\.self)?.isBusy ?? false }

    /// Closes what was opened, when no command runs any more.
    package func close() async throws {
        guard let workspace = opened.withLock(\.self) else { return }
        try await workspace.replica.close()
    }
}

/// Why a command has no replica to work on.
package enum WorkspaceError: Error, Hashable, Sendable {
    case notAMember
    case alreadyAMember
    case notTheOperator
    case noHub
    case hasHub
}

extension WorkspaceError: ExplainedError {
    package var explanation: LocalizedText {
        switch self {
        case .notAMember:
            LocalizedText(
                es: "Este equipo no pertenece a ninguna organización todavía. Ejecute "
                    + "«syncmail join CÓDIGO» o «syncmail init --org NOMBRE».",
                en: "This device belongs to no organisation yet. Run 'syncmail join TOKEN' or "
                    + "'syncmail init --org NAME'.")
        case .alreadyAMember:
            LocalizedText(
                es: "Este equipo ya pertenece a una organización. Use otro directorio (--home).",
                en: "This device already belongs to an organisation. Use another --home.")
        case .notTheOperator:
            LocalizedText(
                es: "Solo el dueño de este equipo o root puede hacer esto.",
                en: "Only the owner of this home or root may do this.")
        case .hasHub:
            LocalizedText(
                es: "La organización ya tiene servidor. Para cambiarlo use «syncmail hub replace».",
                en: "The organisation has a hub already. To change it use 'syncmail hub replace'.")
        case .noHub:
            LocalizedText(
                es: "La organización no tiene servidor todavía. Ejecute «syncmail hub attach».",
                en: "The organisation has no hub yet. Run 'syncmail hub attach'.")
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .notAMember, .alreadyAMember, .noHub, .hasHub: .configuration
        case .notTheOperator: .notPermitted
        }
    }
}
