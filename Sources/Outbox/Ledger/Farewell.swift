package import SyncCore

/// What a device does once it learns that it was revoked: it hands over what it still has, once.
///
/// Mails that wait in its own custody are uploaded and offered; at the hub they are held until an
/// administrator decides. What it knows about attempts is handed over too: it counts towards
/// in doubt and sent. A second time, after a lost reply, is answered as the first.
///
/// ```
///   revoked ─▶ upload and offer what waits ─▶ hand the records over ─▶ done
/// ```
package struct Farewell: Sendable {
    private static let replyWait = Duration.seconds(60)
    private static let doneFact = "farewell"
    /// A time after all others that can be shown.
    private static let everything = Timestamp(milliseconds: 253_402_300_799_999)
    /// How many bytes of bodies one part carries, give or take one batch.
    private static let bodyBytesMaximum = 1 << 20

    private let replica: Replica
    private let channel: any HubChannel

    /// Prepares to hand over.
    ///
    /// - Parameters:
    ///   - replica: The replica of a device that may have been revoked.
    ///   - channel: The way to the hub.
    package init(replica: Replica, channel: any HubChannel) {
        self.replica = replica
        self.channel = channel
    }

    /// Whether there is something to do: the device was revoked, and has not handed over yet.
    package func isDue() async throws -> Bool {
        try await replica.read { transaction in
            guard let own = transaction.membership.device(transaction.identity.id), !own.isActive
            else { return false }
            return try transaction.replicaStore.fact(Self.doneFact) == nil
        }
    }

    /// Hands over what there is.
    ///
    /// - Throws: ``HubRefusal`` or the failure of the way there; it is tried again then.
    package func run() async throws {
        let worker = OfferWorker(replica: replica, channel: channel)
        while true {
            // Also what was to leave later: this device will not be asked again.
            let pass = try await worker.offerWaiting(at: Self.everything)
            guard pass.isUnfinished else { break }
            guard pass.offered > 0 else { throw HubRefusal(.unavailable) }
        }
        var known = try await replica.read { try SyncStore($0.replicaStore).acknowledged() }
        while true {
            let (part, next) = try await part(after: known)
            do {
                _ = try await channel.ask(.surrender(part), within: Self.replyWait)
            } catch let refusal as HubRefusal where refusal.code == .quarantineClosed {
                // It was closed before; what is left stays here, and is told in the status.
                break
            }
            known = next
            guard !part.isLast else { break }
        }
        try await replica.write { try $0.replicaStore.setFact(Self.doneFact, [1]) }
    }

    private func part(
        after known: VersionVector
    ) async throws -> (Surrender, VersionVector) {
        try await replica.read { transaction in
            var next = known
            var batches: [FeedBatch] = []
            var byteCount = 0
            var isLast = true
            let own = try transaction.feeds.vector().filtered {
                $0.device == transaction.identity.id && $0.topic != .config
            }
            for feed in own.feeds {
                while next[feed] < own[feed] {
                    guard byteCount < Self.bodyBytesMaximum,
                        batches.count < ExchangeRequest.batchesMaximum
                    else {
                        isLast = false
                        break
                    }
                    guard let batch = try transaction.feeds.batch(of: feed, after: next[feed])
                    else { break }
                    byteCount += batch.records.reduce(0) { $0 + ($1.content?.body.count ?? 0) }
                    next[feed] = batch.head.sequence
                    batches.append(batch)
                }
            }
            return (Surrender(batches: batches, isLast: isLast), next)
        }
    }
}
