import Outbox
import SyncCore

/// What the replica knows of servers; nothing, on a machine without one.
struct KnownServers: Sendable {
    var accounts: [DirectoryAccount] = []
    var hub: String?
    var domain: MailDomain?
    /// The mail that has not left.
    var waiting = WaitingMail(count: 0, oldest: nil, undecidedCount: 0)
    /// For each server, another device that sent over it lately, by its name.
    var neighbours: [String: String] = [:]

    /// How far back a neighbour's mail says something about today.
    private static let neighbourTime = Duration.seconds(24 * 3600)
    private static let neighbourLines = 200

    /// Reads the replica, if there is one and it can be read.
    ///
    /// The doctor of a machine whose replica is away, locked or broken still looks outside.
    static func read(in context: CommandContext) async throws -> KnownServers {
        guard let workspace = try? context.engine.workspace() else { return KnownServers() }
        do {
            return try await workspace.replica.read { transaction in
                KnownServers(
                    accounts: try transaction.directory.accounts(),
                    hub: transaction.membership.hub?.url,
                    domain: try transaction.directory.domain(),
                    waiting: try transaction.outbox.waiting(),
                    neighbours: try neighbours(in: transaction))
            }
        } catch is StorageError {
            // The examination of the storage tells of it.
            return KnownServers()
        }
    }

    private static func neighbours(
        in transaction: ReplicaTransaction
    ) throws -> [String: String] {
        var filter = LogFilter()
        filter.words = [.sent]
        filter.since = transaction.environment.now().advanced(by: .zero - neighbourTime)
        var found: [String: String] = [:]
        // Of what happened last: others wait meanwhile.
        let floor = try transaction.outbox.logFloor()
        for listed in try transaction.outbox.log(filter, from: floor, limit: neighbourLines) {
            let line = listed.line
            guard line.device != transaction.identity.id, let host = line.detail.host,
                found[host] == nil
            else { continue }
            found[host] = transaction.membership.shownName(of: line.device).es
        }
        return found
    }
}
