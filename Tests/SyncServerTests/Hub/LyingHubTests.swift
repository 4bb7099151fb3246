import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A hub that puts into its replies what nobody who may has signed: every replica refuses it,
/// and a person is told.
struct LyingHubTests {
    /// What is added to a reply: entries or batches, made by the hub with its own key.
    typealias Lie = @Sendable (Liar, inout ExchangeReply) throws -> Void

    /// The hub's own key, and what it knows.
    struct Liar: Sendable {
        let key: SigningKey
        let hub: DeviceCard
        let membership: Membership
        let environment: Environment
        let stranger: SigningKey

        func entry(
            _ change: MembershipChange, by other: SigningKey? = nil, and second: SigningKey? = nil
        ) -> MembershipEntry {
            MembershipEntry(
                change, height: membership.height + 1, previous: membership.head,
                signedBy: other ?? key, and: second)
        }

        var strangerCard: DeviceCard {
            DeviceCard(
                name: "intruso", verificationKey: stranger.verificationKey,
                sealingTarget: SealingKey(randomFrom: environment).target)
        }

        /// A configuration record of some device, with a head that the hub signed.
        func configuration(by device: DeviceID, signedBy signer: SigningKey) throws -> FeedBatch {
            let feed = FeedID(
                device: device, incarnation: Incarnation(number: 1), topic: .config,
                scope: .organisation)
            let write = ConfigWrite([
                RegisterWrite(
                    path: RegisterPath("account", "ventas", "host"),
                    value: .text("smtp.malo.example"), replaced: [])
            ])
            let content = RecordContent(
                salt: environment.randomBytes(RecordContent.saltByteCount),
                body: write.canonicalBytes)
            let header = RecordHeader(
                organisation: membership.organisation, feed: feed, sequence: 1, previous: .zero,
                clock: nil, membershipHeight: membership.height,
                time: HybridTime.zero.next(at: environment.now()), actor: "admin",
                kind: ConfigWrite.recordKind, bodyByteCount: UInt64(content.body.count),
                commitment: content.commitment)
            let record = Record(header: header, content: content)
            let head = FeedHead(
                organisation: membership.organisation, feed: feed, sequence: 1, hash: record.hash,
                checkpoint: nil, key: signer)
            return FeedBatch(head: head, records: [record])
        }
    }

    /// A hub that lies in every exchange.
    private struct LyingChannel: HubChannel {
        let honest: HubClient
        let liar: Liar
        let lie: Lie

        func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
            let reply = try await honest.ask(request, within: wait)
            guard case .exchange(var exchange) = reply else { return reply }
            try lie(liar, &exchange)
            return .exchange(exchange)
        }
    }

    /// What the hub tries, and the alarm that tells of it.
    private static let lies: [(String, Alarm.Kind, Lie)] = [
        (
            "a grant of its own", .falseMembership,
            { liar, reply in
                let device = try #require(liar.membership.devices.first)
                reply.membership.append(
                    liar.entry(
                        .grant(device: device.card.id, capabilities: [.admin], keys: [])))
            }
        ),
        (
            "a device without an invitation", .falseMembership,
            { liar, reply in
                reply.membership.append(
                    liar.entry(
                        .joined(
                            invite: InviteID(validated: Array(0..<16)), card: liar.strangerCard),
                        by: liar.stranger, and: liar.key))
            }
        ),
        (
            "an invitation of its own", .falseMembership,
            { liar, reply in
                reply.membership.append(
                    liar.entry(
                        .invite(
                            Invitation(
                                id: InviteID(validated: Array(0..<16)),
                                key: liar.key.verificationKey,
                                branch: BranchID(validated: "matriz"), capabilities: [.admin],
                                expires: liar.environment.now().advanced(by: .seconds(60))))))
            }
        ),
        (
            "a revocation", .falseMembership,
            { liar, reply in
                let device = try #require(liar.membership.devices.first)
                reply.membership.append(
                    liar.entry(.revoke(device: device.card.id, cutoff: VersionVector())))
            }
        ),
        (
            "an epoch whose key it knows", .falseMembership,
            { liar, reply in
                reply.membership.append(
                    liar.entry(
                        .epoch(
                            ContentEpoch(
                                number: 2,
                                target: SealingKey(randomFrom: liar.environment).target,
                                sealedKeys: []))))
            }
        ),
        (
            "another hub in its place", .falseMembership,
            { liar, reply in
                reply.membership.append(
                    liar.entry(
                        .hub(HubCard(url: "https://malo.example", card: liar.strangerCard))))
            }
        ),
        (
            "a decision of the recovery key", .falseMembership,
            { liar, reply in
                reply.membership.append(liar.entry(.settled(rejected: liar.membership.head)))
            }
        ),
        (
            "an entry that excludes one of ours", .falseMembership,
            { liar, reply in
                let height = liar.membership.height
                reply.rivals.append(
                    MembershipEntry(
                        .epoch(
                            ContentEpoch(
                                number: 2,
                                target: SealingKey(randomFrom: liar.environment).target,
                                sealedKeys: [])), height: height, previous: Digest(of: [1]),
                        signedBy: liar.key))
            }
        ),
        (
            "configuration of its own", .notAuthentic,
            { liar, reply in
                reply.batches.append(
                    try liar.configuration(by: liar.hub.id, signedBy: liar.key))
            }
        ),
        (
            "configuration in an administrator's name", .notAuthentic,
            { liar, reply in
                let admin = try #require(liar.membership.devices(with: .admin).first)
                reply.batches.append(
                    try liar.configuration(by: admin.card.id, signedBy: liar.key))
            }
        ),
        (
            "configuration of a device that never belonged", .notAuthentic,
            { liar, reply in
                reply.batches.append(
                    try liar.configuration(
                        by: liar.stranger.verificationKey.deviceID, signedBy: liar.stranger))
            }
        ),
    ]

    @Test func `nothing that a hub makes up is believed by an administrator or a branch`()
        async throws
    {
        for (name, kind, lie) in Self.lies {
            let hub = try await TestHub()
            let (founder, organisation) = try await hub.foundOrganisation()
            let branch = try await hub.join("n1", seed: 2, [.sender], founder, organisation)
            for replica in [founder, branch] {
                try await hub.synchronise(replica, organisation)
                let liar = Liar(
                    key: hub.store.identity.signingKey, hub: hub.store.identity.card,
                    membership: try await replica.read { $0.membership },
                    environment: hub.manual.environment,
                    stranger: SigningKey(randomFrom: hub.manual.environment))
                let before = try await state(of: replica)
                let channel = LyingChannel(
                    honest: hub.channel(for: replica, organisation: organisation), liar: liar,
                    lie: lie)
                let driver = SyncDriver(replica: replica, channel: channel)
                do {
                    try await driver.synchronise()
                } catch {
                    #expect(error is MembershipError, "\(name): \(error)")
                }
                #expect(try await state(of: replica) == before, "\(name)")
                let alarms = try await replica.read {
                    try AlarmStore($0.connection).all().map(\.kind)
                }
                #expect(alarms == [kind], "\(name)")
            }
        }
    }

    private struct State: Equatable {
        let head: Digest
        let digests: [StateDigest]
        let rivals: Int
    }

    private func state(of replica: Replica) async throws -> State {
        try await replica.read {
            State(
                head: $0.membership.head, digests: try $0.stateDigests(),
                rivals: try $0.rivals().count)
        }
    }
}
