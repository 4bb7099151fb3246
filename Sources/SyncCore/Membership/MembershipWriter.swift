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
        try await add { draft, transaction in try draft.add(change(transaction)) }
    }

    /// Makes changes that belong together: all are admitted, or none.
    ///
    /// - Parameter changes: Adds them to a draft, given who belongs and the device's keys. It is
    ///   asked again if another change was admitted first.
    /// - Throws: ``MembershipError`` if a rule forbids one.
    package func add(
        _ changes: @escaping @Sendable (inout MembershipDraft, ReplicaTransaction) throws -> Void
    ) async throws {
        guard let channel else {
            try await replica.write { transaction in
                guard transaction.membership.hub == nil else { throw HubRefusal(.unavailable) }
                var draft = transaction.membershipDraft()
                try changes(&draft, transaction)
                for entry in draft.entries { try transaction.admit(entry) }
            }
            return
        }
        // What the change is about may have happened since the last sync, such as a joining.
        try await catchUp(through: channel)
        for _ in 0..<Self.triesMaximum {
            let entries = try await replica.read { transaction in
                // The rules are checked here first: the hub would refuse with fewer words.
                try transaction.checkFork()
                var draft = transaction.membershipDraft()
                try changes(&draft, transaction)
                return draft.entries
            }
            if try await submit(entries, through: channel) { return }
        }
        throw MembershipError(.stale)
    }

    /// Revokes a device, at the counts of its records that the hub has at this moment.
    ///
    /// Configuration goes to everybody, so there the hub's word is checked: it must have handed
    /// over what it counts. For mail and the log it alone knows.
    ///
    /// With it begins a new epoch: mail is sealed from then on under a key that the device never
    /// had.
    ///
    /// - Parameters:
    ///   - device: The device.
    ///   - key: The recovery key, where it signs and not this device.
    /// - Throws: ``MembershipError`` if a rule forbids it, or the device wrote on and on.
    package func revoke(_ device: DeviceID, signedBy key: SigningKey? = nil) async throws {
        guard let channel else {
            try await add { draft, transaction in
                let own = try transaction.feeds.vector().filtered { $0.device == device }
                try draft.add(.revoke(device: device, cutoff: own), signedBy: key)
                try draft.addEpoch(signedBy: key)
            }
            return
        }
        for _ in 0..<Self.triesMaximum {
            try await catchUp(through: channel)
            guard
                case .counts(let cutoff) = try await channel.ask(
                    .counts(of: device), within: Self.replyWait)
            else { throw HubRefusal(.malformed) }
            let entries = try await replica.read { transaction -> [MembershipEntry]? in
                try transaction.checkFork()
                let own = try transaction.feeds.vector(of: .config)
                let counted = cutoff.filtered { $0.topic == .config }
                guard own.filtered(by: { $0.device == device }) == counted else { return nil }
                var draft = transaction.membershipDraft()
                try draft.add(.revoke(device: device, cutoff: cutoff), signedBy: key)
                try draft.addEpoch(signedBy: key)
                return draft.entries
            }
            if let entries, try await submit(entries, through: channel) { return }
        }
        throw MembershipError(.stale)
    }

    /// Chooses which life of a device goes on, at the counts of its other lives that the hub has
    /// at this moment.
    ///
    /// - Parameters:
    ///   - survivor: The life that goes on.
    ///   - device: The device.
    /// - Throws: ``MembershipError`` if a rule forbids it, or the other life wrote on and on.
    package func chooseLife(_ survivor: Incarnation, of device: DeviceID) async throws {
        guard let channel else { throw HubRefusal(.unavailable) }
        for _ in 0..<Self.triesMaximum {
            try await catchUp(through: channel)
            guard
                case .counts(let vector) = try await channel.ask(
                    .counts(of: device), within: Self.replyWait)
            else { throw HubRefusal(.malformed) }
            let counted = vector.filtered { $0.incarnation != survivor }
            let entries = try await replica.read { transaction -> [MembershipEntry] in
                try transaction.checkFork()
                var draft = transaction.membershipDraft()
                try draft.add(.life(device: device, survivor: survivor, counted: counted))
                return draft.entries
            }
            if try await submit(entries, through: channel) { return }
        }
        throw MembershipError(.stale)
    }

    private func submit(
        _ entries: [MembershipEntry], through channel: any HubChannel
    ) async throws -> Bool {
        do {
            _ = try await channel.ask(.admit(entries), within: Self.replyWait)
        } catch let refusal as HubRefusal where refusal.code == .membershipStale {
            try await catchUp(through: channel)
            return false
        }
        try await replica.write { transaction in
            // A concurrent sync may have brought them already.
            for entry in entries where transaction.membership.height < entry.height {
                try transaction.admit(entry)
            }
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
