extension ReplicaTransaction {
    /// The batches that came too early.
    package var waiting: WaitingBatches { WaitingBatches(connection) }
    /// Histories that contradict the stored ones.
    package var otherHistories: OtherHistories { OtherHistories(connection) }

    /// Keeps records that contradict the stored ones.
    package func keepEvidence(_ batch: FeedBatch) throws {
        try otherHistories.keep(batch, at: environment.now())
    }

    /// Whether a person has chosen another life of a feed's device to go on.
    func isSettled(_ feed: FeedID) -> Bool {
        guard let survivor = membership.device(feed.device)?.survivor else { return false }
        return survivor != feed.incarnation
    }

    /// What became of a batch that was received.
    package enum Reception: Hashable, Sendable {
        /// So many records are new here, those included that had waited for it.
        case stored(Int)
        /// It is kept aside until what lies before it comes.
        case waits
        /// It was refused, and a person is told.
        case refused(FeedError)
    }

    /// Takes a batch in, whatever order it comes in.
    ///
    /// What comes too early waits; what contradicts the stored history is kept beside it. One bad
    /// feed keeps no other from arriving. A second time changes nothing.
    ///
    /// - Parameter batch: What was received.
    /// - Returns: What became of it.
    /// - Throws: ``StorageError``.
    package func receive(_ batch: FeedBatch) throws -> Reception {
        let reception = try receiveAlone(batch)
        guard case .stored(let count) = reception else { return reception }
        return .stored(count + (try admitWaiting(of: batch.head.feed)))
    }

    /// Takes in what waited for membership or for other records, as far as it can be now.
    ///
    /// - Returns: How many records are new.
    @discardableResult
    func admitWaiting() throws -> Int {
        try waiting.feeds().reduce(0) { try $0 + admitWaiting(of: $1) }
    }

    private func admitWaiting(of feed: FeedID) throws -> Int {
        var count = 0
        while let batch = try waiting.take(of: feed, after: feeds.end(of: feed).count) {
            switch try receiveAlone(batch) {
            case .stored(let new): count += new
            case .waits: return count
            case .refused: break
            }
        }
        return count
    }

    private func receiveAlone(_ batch: FeedBatch) throws -> Reception {
        do {
            return .stored(try admit(batch))
        } catch let error as FeedError {
            switch error {
            case .gap, .membershipBehind:
                try waiting.hold(batch)
                return .waits
            case .fork: try otherHistories.keep(batch, at: environment.now())
            case .notAuthentic, .notPermitted: break
            }
            try raise(error, about: batch.head.feed.device)
            return .refused(error)
        }
    }

    private func raise(_ error: FeedError, about device: DeviceID) throws {
        let kind: Alarm.Kind
        switch error {
        case .fork(let feed, _):
            guard !isSettled(feed) else { return }
            kind = .fork
        case .notAuthentic, .notPermitted: kind = .notAuthentic
        case .gap, .membershipBehind: return
        }
        try AlarmStore(connection).raise(
            Alarm(
                kind: kind, subject: device.description, time: environment.now(),
                detail: error.evidence))
    }

    /// Takes away the records of another device's feed behind a place where it is signed, because
    /// others take their place.
    ///
    /// What is signed is kept as evidence.
    ///
    /// - Parameters:
    ///   - feed: The feed; one of this device's present life is never touched.
    ///   - place: How many records stay.
    /// - Returns: Whether it was done.
    /// - Throws: ``StorageError``.
    func discard(_ feed: FeedID, after place: UInt64) throws -> Bool {
        guard feed.device != identity.id || feed.incarnation != identity.incarnation else {
            return false
        }
        if let batch = try signedRecords(of: feed, after: place) {
            try otherHistories.keep(batch, at: environment.now())
            try raise(.fork(feed, sequence: place + 1), about: feed.device)
        }
        try feeds.removeRecords(of: feed, after: place)
        for fold in folds { try fold.forget(feed, after: place, in: self) }
        if feed.topic == .config { try foldConfigurationAgain() }
        try SyncStore(replicaStore).restart()
        return true
    }

    /// The stored records behind a place, if they are what their author signed.
    private func signedRecords(of feed: FeedID, after place: UInt64) throws -> FeedBatch? {
        do {
            let batch = try feeds.batch(of: feed, after: place)
            return batch.flatMap {
                FeedAdmission(membership: membership).isAuthentic($0) ? $0 : nil
            }
        } catch is CodingError {
            return nil  // Not what anybody wrote: there is nothing to keep.
        }
    }
}
