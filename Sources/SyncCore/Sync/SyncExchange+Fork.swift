/// What a device does when the hub has another history of it: two machines act under one name.
extension SyncExchange {
    private static let replyWait = Duration.seconds(30)

    /// Finds out why the hub says that there are two histories of this device, and goes on under
    /// another life if this one is the other.
    ///
    /// - Parameter channel: The way to the hub.
    /// - Throws: ``StorageError``, or what asking the hub throws.
    package func settleFork(through channel: any HubChannel) async throws {
        let own = try await replica.read { transaction in
            try Self.offered(in: transaction)
        }
        var other = VersionVector()
        for feed in own.feeds {
            // Where the first records differ, or the last ones that both have.
            let places = Set([1, own[feed] / 2, own[feed]].filter { $0 > 0 }).sorted()
            let ours = try await replica.read { transaction in
                try places.map { try transaction.feeds.storedHash(of: feed, $0) }
            }
            let question = CompareQuestion.records(feed, places)
            guard
                case .compared(.records(let theirs)) = try await channel.ask(
                    .compare(question), within: Self.replyWait),
                theirs.count == places.count
            else { throw HubRefusal(.malformed) }
            if try await differs(feed, places, ours, theirs, channel) { other[feed] = own[feed] }
        }
        let forked = other
        try await replica.write { transaction in
            let store = SyncStore(transaction.replicaStore)
            try store.dispute(forked)
            if forked.feeds.contains(where: {
                $0.incarnation == transaction.identity.incarnation
            }) {
                try transaction.beginLife(for: .forked)
            }
            try store.setFrozen(true)
            try AlarmStore(transaction.connection).raise(
                Alarm(
                    kind: .frozen, subject: transaction.identity.id.description,
                    time: transaction.environment.now(), detail: ""))
        }
    }

    /// Whether the hub has another record than ours at the last place that both have.
    private func differs(
        _ feed: FeedID, _ places: [UInt64], _ ours: [Digest], _ theirs: [Digest],
        _ channel: any HubChannel
    ) async throws -> Bool {
        if zip(ours, theirs).contains(where: { $0 != $1 && $1 != .zero }) { return true }
        guard let end = theirs.lastIndex(where: { $0 != .zero }), end + 1 < places.count else {
            return false
        }
        // The hub's history ends in between: halve until its end is found.
        var (low, high) = (places[end], places[end + 1])
        while low + 1 < high {
            let middle = low + (high - low) / 2
            let question = CompareQuestion.records(feed, [middle])
            guard
                case .compared(.records(let theirs)) = try await channel.ask(
                    .compare(question), within: Self.replyWait), let hash = theirs.first
            else { throw HubRefusal(.malformed) }
            let own = try await replica.read { try $0.feeds.storedHash(of: feed, middle) }
            if hash == .zero {
                high = middle
            } else if hash != own {
                return true
            } else {
                low = middle
            }
        }
        return false
    }

    /// Takes note of whether a person has chosen between the lives of this device.
    static func noteSurvivor(
        in transaction: ReplicaTransaction, _ alarms: AlarmStore
    ) throws {
        let own = transaction.identity
        guard let survivor = transaction.membership.device(own.id)?.survivor,
            survivor == own.incarnation
        else { return }
        try SyncStore(transaction.replicaStore).setFrozen(false)
        try alarms.clear(.frozen, subject: own.id.description)
    }

    /// Tells an administrator which devices wrote two histories.
    static func noteFrozen(
        _ frozen: [DeviceID], in transaction: ReplicaTransaction, _ alarms: AlarmStore
    ) throws {
        let own = transaction.identity.id
        for device in frozen where device != own {
            try alarms.raise(
                Alarm(
                    kind: .frozen, subject: device.description,
                    time: transaction.environment.now(), detail: ""))
        }
        let known = Set(frozen.map(\.description) + [own.description])
        for alarm in try alarms.all() where alarm.kind == .frozen && !known.contains(alarm.subject)
        {
            try alarms.clear(.frozen, subject: alarm.subject)
        }
    }
}
