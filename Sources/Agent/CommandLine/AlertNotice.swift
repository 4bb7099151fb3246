import Outbox
import SyncCore

/// The line that tells a person, after any command of his, that something is wrong with his mails.
///
/// Programs that take any output of `sendmail` for a complaint see none, and the commands about
/// alerts themselves say more.
struct AlertNotice: Sendable {
    private static let silent: Set<String> = [SendmailCommand.name, AlertListCommand.name]

    let engine: Engine

    /// Tells whoever ran a command, if there is something to tell.
    ///
    /// The command went well, and still does if this cannot be found out: a replica that is not
    /// there or cannot be read is told by the next command that needs it.
    func tell(after command: any Command, in context: CommandContext) async {
        guard !Self.silent.contains(type(of: command).name) else { return }
        let count: AlertCount?
        do { count = try await self.count(for: context.peer.uid) } catch { return }
        if let text = count.flatMap(AlertView.notice) { await context.warn(text) }
    }

    private func count(for uid: UInt32) async throws -> AlertCount? {
        let (home, now) = (engine.sendHome, engine.environment.now())
        return try await engine.workspace().replica.read { transaction in
            let login = LocalLogin(device: transaction.identity.id, uid: uid)
            let authority = try transaction.directory.authority(of: login, in: home)
            let own = authority.bound.filter { $0.state == .active }.map(\.user)
            // In a home of his own a person has every mail; in a shared one only his.
            if own.isEmpty, !home.isPersonal || !authority.mayOperate { return nil }
            return try transaction.outbox.alertCount(
                of: home.isPersonal && authority.mayOperate ? [] : own, at: now)
        }
    }
}
