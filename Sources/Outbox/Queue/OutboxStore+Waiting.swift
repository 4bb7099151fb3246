package import SyncCore

/// The mail that has not left, at a glance: what `status` and an incident report count.
package struct WaitingMail: Hashable, Sendable {
    /// Deliveries that will leave by themselves.
    package let count: Int
    /// When the oldest of them was queued.
    package let oldest: Timestamp?
    /// Deliveries that wait for a decision: in doubt, or held.
    package let undecidedCount: Int

    package init(count: Int, oldest: Timestamp?, undecidedCount: Int) {
        self.count = count
        self.oldest = oldest
        self.undecidedCount = undecidedCount
    }
}

extension OutboxStore {
    /// Counts what has not left, of every mail this replica knows.
    package func waiting() throws -> WaitingMail {
        let leaving = "state IN ('queued', 'reserved', 'sending')"
        // With custody named, the index finds the few that wait among all that ever were.
        let count = try connection.first(
            "SELECT count(*) FROM delivery WHERE custody IN (0, 1) AND \(leaving)"
        ) { $0.integer(0) }
        let undecided = try connection.first(
            "SELECT count(*) FROM delivery "
                + "WHERE custody IN (0, 1) AND state IN ('held', 'in_doubt')"
        ) { $0.integer(0) }
        let oldest = try connection.first(
            "SELECT m.time FROM delivery d JOIN mail m ON m.id = d.message "
                + "WHERE d.custody IN (0, 1) AND d.\(leaving) ORDER BY m.time LIMIT 1"
        ) { HybridTime(number: $0.bits(0)).timestamp }
        return WaitingMail(
            count: count ?? 0, oldest: oldest, undecidedCount: undecided ?? 0)
    }
}
