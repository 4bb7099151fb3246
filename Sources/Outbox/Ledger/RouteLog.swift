package import SyncCore

/// Writes down what was found about routes, once for each change.
package struct RouteLog: Sendable {
    private let replica: Replica

    package init(replica: Replica) {
        self.replica = replica
    }

    /// Records the routes whose state differs from what was recorded last.
    ///
    /// - Returns: Whether anything was new.
    package func note(_ routes: [RouteReport]) async throws -> Bool {
        let new = try await replica.read { transaction in
            try routes.filter { try transaction.outbox.routeCause($0) != $0.cause }
        }
        guard !new.isEmpty else { return false }
        return try await replica.write { transaction in
            guard let branch = transaction.membership.device(transaction.identity.id)?.branch
            else { return false }
            for route in new {
                let before = try transaction.outbox.routeCause(route)
                guard before != route.cause else { continue }
                try transaction.outbox.setRouteCause(route)
                // That a route works is news only where it did not.
                if route.cause.isEmpty, before == nil { continue }
                try transaction.append(
                    route,
                    kind: route.cause.isEmpty ? RouteReport.reachedKind : RouteReport.failedKind,
                    topic: .audit, scope: .branch(branch), actor: "agent")
            }
            return true
        }
    }
}

extension OutboxStore {
    fileprivate func routeCause(_ route: RouteReport) throws -> String? {
        try connection.first(
            "SELECT cause FROM route_state "
                + "WHERE account = ? AND host = ? AND port = ? AND security = ?",
            .text(route.account.text), .text(route.host), .integer(route.port),
            .text(route.security)
        ) { $0.text(0) }
    }

    fileprivate func setRouteCause(_ route: RouteReport) throws {
        try connection.run(
            """
            INSERT INTO route_state (account, host, port, security, cause) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (account, host, port, security) DO UPDATE SET cause = excluded.cause
            """,
            .text(route.account.text), .text(route.host), .integer(route.port),
            .text(route.security), .text(route.cause))
    }
}
