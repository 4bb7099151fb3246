import Outbox
import SyncCore

/// What a command of an operator works on: the replica, and the name under which the log
/// records what he changes.
struct Operation: Sendable {
    let workspace: Workspace
    let actor: String

    var replica: Replica { workspace.replica }

    /// Records that the keys of this device were changed, after it was done.
    func note(_ report: KeyReport) async throws {
        try await append(report, kind: KeyReport.recordKind)
    }

    private func append(_ report: some CBOREncodable & Sendable, kind: String) async throws {
        let actor = actor
        try await replica.write { transaction in
            let own = transaction.membership.device(transaction.identity.id)
            guard let branch = own?.branch else { return }
            try transaction.append(
                report, kind: kind, topic: .audit, scope: .branch(branch), actor: actor)
        }
        workspace.wakeSync()
    }

    /// Changes people, accounts or fallbacks, and tells the hub.
    func edit<Value: Sendable>(
        _ body: @Sendable (DirectoryEditor) throws -> Value
    ) async throws -> Value {
        let actor = actor
        let value = try await replica.write { transaction in
            try body(DirectoryEditor(transaction, actor: actor))
        }
        workspace.wakeSync()
        return value
    }
}

extension CommandContext {
    /// The replica, for a caller who may operate the home.
    ///
    /// - Throws: ``WorkspaceError`` if he may not, or there is no replica.
    func operation() async throws -> Operation {
        try engine.checkOperator(peer)
        let workspace = try engine.workspace()
        let login = LocalLogin(device: workspace.replica.identity.id, uid: peer.uid)
        let bound = try await workspace.replica.read { try $0.directory.users(boundTo: login) }
        return Operation(
            workspace: workspace, actor: bound.count == 1 ? bound[0].text : "uid:\(login.uid)")
    }

    /// Writes one line for people, or a value for programs.
    func answer(_ text: LocalizedText, _ value: JSONValue) async {
        if isJSON {
            await write(value)
        } else {
            await write(text)
        }
    }

    /// Writes rows for people, or an array for programs.
    func answer(_ table: Table, _ values: [JSONValue]) async {
        if isJSON {
            await write(.array(values))
        } else {
            await write(table)
        }
    }
}

extension JSONValue {
    /// An object of members that were collected.
    static func members(_ members: [(String, JSONValue)]) -> JSONValue {
        var pairs: KeyValuePairs = [:]
        for (key, value) in members { pairs.append(key, value) }
        return .object(pairs)
    }
}
