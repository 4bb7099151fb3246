import Outbox
import SyncCore

/// Reads the list of mails page by page, so that no read holds the replica for long.
struct OutboxPages: Sendable {
    let replica: Replica
    /// Whose mails; empty for everybody's.
    let users: [UserID]
    /// How at least one of a mail's deliveries stands; empty for any state.
    let states: [OutboxStateWord]
    var since: Timestamp?

    private static let pageCount = 100

    /// The mails behind a place, newest first.
    func mails(after cursor: MailCursor?, limit: Int) async throws -> [ListedMail] {
        var filter = MailFilter()
        filter.users = users
        filter.since = since
        filter.states = Array(Set(states.flatMap(\.ledgerWords))).sorted()
        var found: [ListedMail] = []
        var cursor = cursor
        while found.count < limit {
            try Task.checkCancellation()
            let (asked, place) = (filter, cursor)
            let (page, floor) = try await replica.read { transaction in
                let floor = try transaction.outbox.listFloor(before: place)
                let page = try transaction.outbox.list(
                    asked, before: place, from: floor, limit: Self.pageCount)
                return (page, floor)
            }
            found += page.filter { $0.deliveries.contains(where: matches) }
            guard let next = page.count == Self.pageCount ? page.last?.cursor : floor else {
                break
            }
            if let since, next.time.timestamp < since { break }
            cursor = next
        }
        return Array(found.prefix(limit))
    }

    /// Whether a delivery stands as was asked.
    func matches(_ delivery: ListedDelivery) -> Bool {
        let state = DeliveryState(delivery.record)
        return states.isEmpty || states.contains { $0.state == state }
    }
}
