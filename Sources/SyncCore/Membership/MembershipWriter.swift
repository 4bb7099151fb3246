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

    /// Revokes a device, at the counts of its records that the hub has at this moment.
    ///
    /// Configuration goes to everybody, so there the hub's word is checked: it must have handed
    /// over what it counts. For mail and the log it alone knows.
    ///
    /// - Parameter device: The device.
    /// - Throws: ``MembershipError`` if a rule forbids it, or the device wrote on and on.
    package func revoke(_ device: DeviceID) async throws {
        guard let channel else {
            try await make { transaction in
                let own = try transaction.feeds.vector().filtered { $0.device == device }
                return .revoke(device: device, cutoff: own)
            }
            return
        }
        for _ in 0..<Self.triesMaximum {
            try await catchUp(through: channel)
            guard
                case .counts(let cutoff) = try await channel.ask(
                    .counts(of: device), within: Self.replyWait)
            else { throw HubRefusal(.malformed) }
            let entry = try await replica.read { transaction -> MembershipEntry? in
                let own = try transaction.feeds.vector(of: .config)
                let counted = cutoff.filtered { $0.topic == .config }
                guard own.filtered(by: { $0.device == device }) == counted else { return nil }
                var membership = transaction.membership
                let entry = transaction.nextEntry(.revoke(device: device, cutoff: cutoff))
                try membership.admit(entry)
                return entry
            }
            if let entry, try await submit(entry, through: channel) { return }
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
