import SyncCore
import TestSupport

/// An organisation with a hub and two devices, made from a seed, for the tests of what travels.
final class EnvelopeWorld: Sendable {
    let environment: Environment
    let adminKey: SigningKey
    let admin: DeviceCard
    let hubKey: SigningKey
    let hubSealingKey: SealingKey
    let hub: HubCard
    let recovery: SealingKey
    let genesis: MembershipEntry
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    init(seed: UInt64 = 1) {
        environment = ManualEnvironment(seed: seed, wall: now).environment
        adminKey = SigningKey(randomFrom: environment)
        admin = DeviceCard(
            name: "matriz", verificationKey: adminKey.verificationKey,
            sealingTarget: SealingKey(randomFrom: environment).target)
        hubKey = SigningKey(randomFrom: environment)
        hubSealingKey = SealingKey(randomFrom: environment)
        hub = HubCard(
            url: "https://hub.example.ec",
            card: DeviceCard(
                name: "hub", verificationKey: hubKey.verificationKey,
                sealingTarget: hubSealingKey.target))
        recovery = SealingKey(randomFrom: environment)
        let epoch = ContentEpoch(
            number: 1, target: SealingKey(randomFrom: environment).target,
            sealedKeys: [SealedEpochKey(epoch: 1, device: admin.id, sealed: [1, 2, 3])])
        genesis = MembershipEntry(
            .genesis(
                Genesis(
                    name: "Acción Comercial", device: admin, branch: BranchID(validated: "quito"),
                    recovery: recovery.target, epoch: epoch,
                    nonce: environment.randomBytes(Genesis.nonceByteCount))),
            height: 1, previous: .zero, signedBy: adminKey)
    }

    var organisation: Digest { genesis.hash }

    var sealer: RequestSealer {
        RequestSealer(
            key: adminKey, device: admin.id, organisation: organisation, hub: hub.card)
    }

    var opener: RequestOpener {
        RequestOpener(
            [HubKeys(sealingKey: hubSealingKey, verificationKey: hubKey.verificationKey)],
            now: environment.now)
    }

    func feed(_ topic: Topic = .audit, scope: String = "quito") -> FeedID {
        FeedID(
            device: admin.id, incarnation: Incarnation(number: 7), topic: topic,
            scope: Scope(scope) ?? .organisation)
    }

    /// Consecutive records of one feed, the clock in full every tenth time.
    func records(
        _ count: Int, of feed: FeedID, bodyByteCount: Int = 40, from start: UInt64 = 1,
        after previous: Digest = .zero, seed: SaltSeed? = nil
    ) -> [Record] {
        var previous = previous
        var time = HybridTime.zero
        return (0..<UInt64(count)).map { index in
            var clock = VersionVector()
            clock[self.feed(.config, scope: "")] = index + 1
            time = time.next(at: now)
            let content = RecordContent(
                salt: seed?.salt(of: start + index)
                    ?? environment.randomBytes(RecordContent.saltByteCount),
                body: (0..<bodyByteCount).map { UInt8(truncatingIfNeeded: $0 &* 7 + Int(index)) })
            let record = Record(
                header: RecordHeader(
                    organisation: organisation, feed: feed, sequence: start + index,
                    previous: previous, clock: index % 10 == 0 ? clock : nil,
                    membershipHeight: 3, time: time, actor: "juan", kind: "audit.attempt",
                    bodyByteCount: UInt64(bodyByteCount), commitment: content.commitment),
                content: content)
            previous = record.hash
            return record
        }
    }

    /// A batch whose last record is the signed head.
    func batch(_ records: [Record], checkpoint: [UInt8]? = nil) -> FeedBatch? {
        guard let last = records.last else { return nil }
        let head = FeedHead(
            organisation: organisation, feed: last.header.feed, sequence: last.header.sequence,
            hash: last.hash, checkpoint: checkpoint, key: adminKey)
        return FeedBatch(head: head, records: records)
    }
}
