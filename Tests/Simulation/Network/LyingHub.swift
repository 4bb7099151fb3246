import SyncCore
import SyncServer
import Synchronization

/// The hub's door with somebody behind it who adds to its replies what it must not.
///
/// It has the hub's own keys, and so can seal, sign and order; no device may believe the rest.
struct LyingHub: Sendable {
    /// What is added to a reply.
    enum Lie: CaseIterable {
        /// A grant that no administrator signed.
        case grant
        /// Configuration in a feed of the hub's own.
        case ownConfiguration
        /// Configuration in an administrator's feed, under a head that he did not sign.
        case forgedHead
    }

    let process: HubProcess
    let lie: LieBox
    let oracle: Oracle
    private let environment: Environment
    private let opener: RequestOpener

    init(process: HubProcess, lie: LieBox, oracle: Oracle, environment: Environment) {
        self.process = process
        self.lie = lie
        self.oracle = oracle
        self.environment = environment
        let identity = process.store.identity
        opener = RequestOpener(
            [
                HubKeys(
                    sealingKey: identity.sealingKey,
                    verificationKey: identity.signingKey.verificationKey)
            ], now: environment.now)
    }

    /// Answers a request, as the hub would, but for the lie.
    func answer(_ request: [UInt8]) async throws -> [UInt8] {
        let opened = try opener.open(request)
        var reply = await process.hub.answer(opened)
        if case .claimed(let replies) = reply, case .claim(let claims) = opened.request {
            note(replies, to: claims)
        }
        if case .exchange(var exchange) = reply, let lie = lie.take() {
            if try await add(lie, to: &exchange, for: opened.device) {
                oracle.note(.hubLied, "\(lie)")
                reply = .exchange(exchange)
            }
        }
        return opened.replySealer.seal(reply, using: environment)
    }

    private func note(_ replies: [ClaimReply], to claims: [ClaimRequest]) {
        for (reply, claim) in zip(replies, claims) where reply.isGranted {
            oracle.granted(
                reply.delivery, attempt: "\(reply.attempt) \(claim.lease.fence)",
                in: process.store.identity.incarnation)
        }
    }

    private func add(
        _ lie: Lie, to reply: inout ExchangeReply, for device: DeviceID
    ) async throws -> Bool {
        switch lie {
        case .grant:
            guard reply.membership.isEmpty else { return false }
            let key = process.store.identity.signingKey
            reply.membership = try await process.store.replica.read { transaction in
                [
                    MembershipEntry(
                        .grant(device: device, capabilities: Capability.allCases, keys: []),
                        height: transaction.membership.height + 1,
                        previous: transaction.membership.head, signedBy: key)
                ]
            }
        case .ownConfiguration:
            reply.batches.append(
                try await forgery(in: process.store.identity.feed(.config, .organisation)))
        case .forgedHead:
            let feed = try await process.store.replica.read { transaction in
                try transaction.feeds.vector(of: .config).feeds.first
            }
            guard let feed else { return false }
            reply.batches.append(try await forgery(in: feed))
        }
        return true
    }

    /// One more record of a feed, signed by the hub.
    private func forgery(in feed: FeedID) async throws -> FeedBatch {
        let (environment, key) = (environment, process.store.identity.signingKey)
        return try await process.store.replica.read { transaction in
            let end = try transaction.feeds.end(of: feed)
            let content = RecordContent(
                salt: environment.randomBytes(RecordContent.saltByteCount),
                body: ConfigWrite([
                    RegisterWrite(path: World.fields[0], value: .text("forged"), replaced: [])
                ]).canonicalBytes)
            let header = RecordHeader(
                organisation: transaction.membership.organisation, feed: feed,
                sequence: end.count + 1, previous: end.hash, clock: nil,
                membershipHeight: transaction.membership.height,
                time: HybridTime.zero.next(at: environment.now()), actor: "admin",
                kind: ConfigWrite.recordKind, bodyByteCount: UInt64(content.body.count),
                commitment: content.commitment)
            let record = Record(header: header, content: content)
            let head = FeedHead(
                organisation: header.organisation, feed: feed, sequence: header.sequence,
                hash: record.hash, checkpoint: nil, key: key)
            return FeedBatch(head: head, records: [record])
        }
    }
}

/// The next lie, told once.
final class LieBox: Sendable {
    private let lie = Mutex<LyingHub.Lie?>(nil)

    /// Has a lie told with the next reply.
    func put(_ next: LyingHub.Lie) { lie.withLock { $0 = next } }

    /// Takes it.
    func take() -> LyingHub.Lie? { lie.withLock { $0.take() } }
}
