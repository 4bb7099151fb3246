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
            let page = try await replica.read {
                try $0.outbox.list(asked, before: place, limit: Self.pageCount)
            }
            found += page.filter { $0.deliveries.contains(where: matches) }
            guard page.count == Self.pageCount, let last = page.last else { break }
            cursor = last.cursor
        }
        return Array(found.prefix(limit))
    }

    /// Whether a delivery stands as was asked.
    func matches(_ delivery: ListedDelivery) -> Bool {
        let state = DeliveryState(delivery.record)
        return states.isEmpty || states.contains { $0.state == state }
    }
}
