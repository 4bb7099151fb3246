import SyncCore

extension Hub {
    /// How many stretches are counted at once, and in all.
    private static let lagStretchesPage = 4096
    private static let lagPagesMaximum = 16

    /// Tells how far devices are behind: an administrator or auditor of all, anybody of itself.
    ///
    /// A device that has not asked since this hub began to take note lacks everything, as far as
    /// the hub can tell.
    func lags(for asker: DeviceID) async throws -> HubReply {
        let members = try await store.transaction { transaction in
            let membership = transaction.membership
            let mayKnowAll =
                membership.may(asker, .admin) || membership.may(asker, .auditor)
            return try membership.devices.filter {
                $0.isActive && (mayKnowAll || $0.card.id == asker)
            }.map { LagCount(of: $0, at: try transaction.place(of: $0.card.id)) }
        }
        var counts = members
        var position = counts.map(\.position).min() ?? 0
        for page in 0... {
            let last = try await store.transaction { [counts, position] transaction in
                var counts = counts
                let stretches = try transaction.stretches(
                    after: position, maximum: Self.lagStretchesPage)
                for stretch in stretches {
                    for index in counts.indices where counts[index].lacks(stretch) {
                        try counts[index].add(stretch, in: transaction)
                    }
                }
                return (counts, stretches.last?.position, stretches.count)
            }
            counts = last.0
            guard let next = last.1, last.2 == Self.lagStretchesPage else { break }
            guard page + 1 < Self.lagPagesMaximum else {
                for index in counts.indices { counts[index].isAtLeast = true }
                break
            }
            position = next
        }
        return .lags(counts.map(\.lag))
    }
}

/// Counts what one device lacks.
private struct LagCount: Sendable {
    let position: UInt64
    var isAtLeast = false

    private let member: Membership.Device
    private let subscription: Subscription
    private let heard: Timestamp?
    private var recordsCount: UInt64 = 0
    private var since: Timestamp?

    init(of member: Membership.Device, at place: DevicePlace?) {
        self.member = member
        subscription = Subscription(of: member, in: nil)
        position = place?.position ?? 0
        heard = place?.heard
    }

    var lag: DeviceLag {
        DeviceLag(
            device: member.card.id, heard: heard, recordsCount: recordsCount, since: since,
            isAtLeast: isAtLeast)
    }

    func lacks(_ stretch: FeedStretch) -> Bool {
        stretch.position > position && subscription.includes(stretch.feed)
    }

    mutating func add(_ stretch: FeedStretch, in transaction: any ServerTransaction) throws {
        recordsCount += stretch.last - stretch.first + 1
        guard since == nil else { return }
        since = try transaction.time(of: stretch.feed, at: stretch.first)?.timestamp
    }
}
