extension ReplicaTransaction {
    /// The feeds that are stored here and that this device is not to receive any more, in
    /// ascending order.
    ///
    /// What it wrote itself it keeps. What it is to pass on stays until the hub has it. The hub,
    /// and a device that was revoked, forget nothing.
    package func feedsOutOfScope() throws -> [FeedID] {
        guard let own = membership.device(identity.id), own.isActive else { return [] }
        let carried = try SyncStore(replicaStore).carried()
        return try Set(feeds.vector().feeds + waiting.feeds() + otherHistories.feeds())
            .filter { feed in
                feed.device != identity.id && carried[feed] == 0
                    && !own.receives(feed.topic, feed.scope)
            }.sorted()
    }

    /// Erases a part of what this device is not to have any more: records and what was folded
    /// from them, the last ones first, so that what is left ends at a signature.
    ///
    /// Which feeds those are follows from membership alone. So a step that was interrupted is made
    /// again, and one more than needed changes nothing.
    ///
    /// - Returns: Whether there may be more to erase.
    /// - Throws: ``StorageError``.
    package func forgetOutOfScope() throws -> Bool {
        guard let feed = try feedsOutOfScope().first else { return false }
        try waiting.remove(feed)
        try otherHistories.remove(feed)
        let count = try feeds.end(of: feed).count
        if count > 0 {
            let place = try feeds.lastHead(of: feed, through: count - 1)
            for fold in folds { try fold.leave(feed, after: place, in: self) }
            try feeds.removeRecords(of: feed, after: place)
        }
        return true
    }
}

extension WaitingBatches {
    /// Drops what waits of a feed.
    fileprivate func remove(_ feed: FeedID) throws {
        try connection.run(
            "DELETE FROM waiting_batch WHERE feed = ?", .bytes(feed.canonicalBytes))
    }
}

extension OtherHistories {
    /// The feeds of which another history is kept.
    fileprivate func feeds() throws -> [FeedID] {
        try connection.rows("SELECT DISTINCT feed FROM other_history ORDER BY feed") {
            try FeedID(canonicalBytes: $0.bytes(0))
        }
    }

    /// Drops the other histories of a feed; the hub and the auditors keep the evidence.
    fileprivate func remove(_ feed: FeedID) throws {
        try connection.run(
            "DELETE FROM other_history WHERE feed = ?", .bytes(feed.canonicalBytes))
    }
}
