import Outbox
import SyncCore

/// Which mails somebody may see and decide about: all of them for who operates the home, and
/// for everybody else those of the users that his login is bound to.
struct OutboxAccess: Sendable {
    let workspace: Workspace
    /// Whose mails; nil for everybody's, never empty.
    let users: [UserID]?
    /// Who the log says decided.
    let actor: String

    var replica: Replica { workspace.replica }

    /// Finds out for whoever typed the command.
    ///
    /// - Throws: ``SendRefusal`` if he is nobody here.
    init(of context: CommandContext) async throws {
        let workspace = try context.engine.workspace()
        let (uid, home) = (context.peer.uid, context.engine.sendHome)
        let authority = try await workspace.replica.read { transaction in
            let login = LocalLogin(device: transaction.identity.id, uid: uid)
            return try transaction.directory.authority(of: login, in: home)
        }
        self.workspace = workspace
        users = try authority.visibleUsers()
        actor = authority.actor
    }

    /// The users whose mails to list, empty for everybody's.
    ///
    /// - Throws: ``OutboxError`` if another's are asked for.
    func listed(_ asked: UserID?) throws(OutboxError) -> [UserID] {
        guard let asked else { return users ?? [] }
        guard users?.contains(asked) ?? true else { throw OutboxError(.notYours(asked)) }
        return [asked]
    }

    /// The mail that a person means.
    ///
    /// - Throws: ``OutboxError`` if it is none that he may see, or more than one.
    func find(_ typed: MailReference, in outbox: OutboxStore) throws -> ListedMail {
        let found = try outbox.mails(beginningWith: typed.text, of: users ?? [])
        guard found.count <= 1 else { throw OutboxError(.ambiguous(typed.text)) }
        guard let first = found.first, let mail = try outbox.show(first.message) else {
            throw OutboxError(.noSuchMail(typed.text))
        }
        return mail
    }
}
