/// Changes who belongs: makes an entry, has it admitted, and keeps it.
///
/// The hub admits one successor of each entry, so a change that lost the race is made anew on
/// top of the winner. Without a hub the first device orders.
package struct MembershipWriter: Sendable {
    /// How often a change is made anew before the caller is told to try again.
    private static let triesMaximum = 5
    private static let replyWait = Duration.seconds(30)

    private let replica: Replica
    private let channel: (any HubChannel)?

    /// Prepares changes.
    ///
    /// - Parameters:
    ///   - replica: The replica of an administrator.
    ///   - channel: The way to the hub, if the organisation has one.
    package init(replica: Replica, channel: (any HubChannel)?) {
        self.replica = replica
        self.channel = channel
    }

    /// Makes a change.
    ///
    /// - Parameter change: Decides the change, given who belongs and the device's keys. It is
    ///   asked again if another change was admitted first.
    /// - Throws: ``MembershipError`` if a rule forbids it.
    package func make(
        _ change: @escaping @Sendable (ReplicaTransaction) throws -> MembershipChange
    ) async throws {
        guard let channel else {
            try await replica.write { transaction in
                guard transaction.membership.hub == nil else { throw HubRefusal(.unavailable) }
                try transaction.admit(transaction.nextEntry(change(transaction)))
            }
            return
        }
        // What the change is about may have happened since the last sync, such as a joining.
        try await catchUp(through: channel)
        for _ in 0..<Self.triesMaximum {
            let entry = try await replica.read { transaction in
                // The rules are checked here first: the hub would refuse with fewer words.
                var membership = transaction.membership
                let entry = try transaction.nextEntry(change(transaction))
                try membership.admit(entry)
                return entry
            }
            if try await submit(entry, through: channel) { return }
        }
        throw MembershipError(.stale)
    }

    private func submit(
        _ entry: MembershipEntry, through channel: any HubChannel
    ) async throws -> Bool {
        do {
            _ = try await channel.ask(.admit([entry]), within: Self.replyWait)
        } catch let refusal as HubRefusal where refusal.code == .membershipStale {
            try await catchUp(through: channel)
            return false
        }
        try await replica.write { transaction in
            // A concurrent sync may have brought the entry already.
            guard transaction.membership.height < entry.height else { return }
            try transaction.admit(entry)
        }
        return true
    }

    private func catchUp(through channel: any HubChannel) async throws {
        let exchange = SyncExchange(replica: replica)
        let request = try await exchange.request(waiting: .zero)
        let reply = try await channel.ask(.exchange(request), within: Self.replyWait)
        guard case .exchange(let reply) = reply else { throw HubRefusal(.malformed) }
        _ = try await exchange.absorb(reply, to: request)
    }
}
