import HTTPService
import Foundation
import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// What strangers and faulty devices may hand to the hub: each gets a clear answer, and nothing
/// is stored.
struct HubBadInputTests {
    /// What the hub holds, as far as anybody could change it.
    private struct Holding: Equatable {
        let digests: [StateDigest]
        let vector: VersionVector
        let height: UInt64
        let fence: UInt64
    }

    private func holding(of hub: TestHub) async throws -> Holding {
        let digests = try await hub.store.stateDigests()
        return try await hub.store.transaction { store in
            Holding(
                digests: digests, vector: try store.vector(), height: store.membership.height,
                fence: try store.lastFenceCounter())
        }
    }

    private func counts(of hub: TestHub) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: hub.hub.refusals.all.map { ($0.name, $0.count) })
    }

    private func refusal(
        of request: HubRequest, through channel: HubClient
    ) async -> (any ExplainedError)? {
        do {
            _ = try await channel.ask(request, within: .seconds(1))
            return nil
        } catch {
            return error as? any ExplainedError
        }
    }

    // MARK: - Bytes

    /// A name, the request, and the status it gets.
    private static let requests: [(String, HTTPRequest, Int)] = [
        ("nothing", HTTPRequest(method: .post, path: HubHandler.path, body: []), 400),
        (
            "rubbish",
            HTTPRequest(method: .post, path: HubHandler.path, body: Array("{\"a\":1}".utf8)), 400
        ),
        (
            "more than an envelope holds",
            HTTPRequest(
                method: .post, path: HubHandler.path,
                body: [UInt8](repeating: 7, count: Limits.requestBytesMaximum + 1)), 400
        ),
        ("another page", HTTPRequest(method: .post, path: "/v1/other", body: [1]), 404),
        ("a question", HTTPRequest(method: .get, path: HubHandler.path, body: []), 404),
    ]

    @Test func `bytes that are no request are answered with what to do, in both languages`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let before = try await holding(of: hub)
        let handler = HubHandler(hub: hub.hub)
        let sealer = RequestSealer(
            key: founder.identity.signingKey, device: founder.identity.id,
            organisation: organisation, hub: hub.store.identity.card)
        let (whole, _) = sealer.seal(.lease([]), using: founder.environment)
        let cut = [(whole.count - 1, 403), (whole.count / 2, 403), (40, 400)].map { count, status in
            (
                "\(count) bytes of an envelope",
                HTTPRequest(
                    method: .post, path: HubHandler.path, body: Array(whole.prefix(count))), status
            )
        }
        for (name, request, status) in Self.requests + cut {
            let response = await handler.respond(to: request)
            #expect(response.status == status, "\(name)")
            let texts = try JSONDecoder().decode(
                [String: String].self, from: Data(response.body))
            #expect(texts["es"]?.isEmpty == false && texts["es"] != texts["en"], "\(name)")
        }
        #expect(counts(of: hub) == ["notAnEnvelope": 4, "notFound": 2, "brokenSeal": 2])
        #expect(try await holding(of: hub) == before)
    }

    // MARK: - Capabilities

    @Test func `a device without the capability is refused, whatever it asks`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let device = try await hub.join("n1", seed: 2, [.sender], founder, organisation)
        try await hub.synchronise(device, organisation)
        let channel = hub.channel(for: device, organisation: organisation)
        let before = try await holding(of: hub)
        let lease = HeldLease(
            account: AccountID(validated: "ventas"), fence: FencingToken(counter: 1, nonce: 1))
        let delivery = DeliveryID(
            message: MessageID(validated: [UInt8](repeating: 1, count: 16)), recipient: 0)
        let id = device.identity.id
        let grant = try await device.read { transaction in
            transaction.nextEntry(.grant(device: id, capabilities: [.admin, .sender], keys: []))
        }
        let requests: [HubRequest] = [
            .lease([LeaseRequest(account: lease.account, fence: nil, canReach: true)]),
            .reserve(ReserveRequest(leases: [lease], maximum: 1)),
            .release([ReleaseRequest(delivery: delivery, fence: lease.fence, account: nil)]),
            .claim([ClaimRequest(delivery: delivery, attempt: 1, lease: lease)]),
            .getBlob(id: Digest(of: [1]), offset: 0), .admit([grant]),
            .counts(of: id),
        ]
        for request in requests {
            let error = await refusal(of: request, through: channel)
            #expect(error as? HubRefusal == HubRefusal(.notPermitted), "\(request)")
            #expect(error?.exitStatus == .notPermitted)
        }
        #expect(counts(of: hub)["notPermitted"] == UInt64(requests.count))
        await #expect(throws: MembershipError(.notPermitted)) {
            try await device.write {
                try $0.configure([RegisterPath("mail", "size"): .integer(1)], actor: "n1")
            }
        }
        #expect(try await holding(of: hub) == before)
    }

    // MARK: - Records

    /// What is wrong, the refusal it gets (none if it cannot even be read), and the batch.
    private static let lies: [(String, HubRefusal.Code?, @Sendable (LyingAuthor) -> FeedBatch)] = [
        (
            "a head signed by another key", .notAuthentic,
            { $0.batch([$0.record()], key: SigningKey(randomFrom: $0.replica.environment)) }
        ),
        (
            "a record of another organisation", .notAuthentic,
            { $0.batch([$0.record(in: Digest(of: [9]))]) }
        ),
        ("a record too far on", .feedGap, { $0.batch([$0.record(5, after: Digest(of: [2]))]) }),
        (
            "a second record with one number", .feedFork,
            { $0.batch([$0.record(body: [2])]) }
        ),
        (
            "a record that follows another history", .feedFork,
            { $0.batch([$0.record(3, after: Digest(of: [7]))]) }
        ),
        (
            "an author who knew members that nobody knows", .membershipStale,
            { liar in liar.batch([liar.record(3, after: liar.second.hash, height: 999)]) }
        ),
        (
            "a feed of another device", .notPermitted,
            { liar in
                let other = FeedID(
                    device: DeviceID(validated: [UInt8](repeating: 4, count: DeviceID.byteCount)),
                    incarnation: liar.feed.incarnation, topic: .audit, scope: liar.feed.scope)
                return liar.batch([liar.record(of: other)])
            }
        ),
        (
            "a body that is not the one that was hashed", nil,
            { liar in
                let record = liar.record(3, after: liar.second.hash)
                let other = RecordContent(salt: record.content?.salt ?? [], body: [3])
                return liar.batch([Record(header: record.header, content: other)])
            }
        ),
        (
            "a length that no body may have", nil,
            { liar in
                let count = UInt64(RecordHeader.bodyByteCountMaximum) + 1
                return liar.batch([
                    liar.record(
                        3, after: liar.second.hash, declares: count, keepsContent: false)
                ])
            }
        ),
        (
            "a body over the limit", nil,
            { liar in
                let body = [UInt8](repeating: 1, count: RecordHeader.bodyByteCountMaximum + 1)
                return liar.batch([liar.record(3, after: liar.second.hash, body: body)])
            }
        ),
    ]

    @Test func `records with a bad hash, signature, number or length are refused whole`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let liar = LyingAuthor(replica: founder, organisation: organisation)
        let channel = hub.channel(for: founder, organisation: organisation)
        func push(_ batches: [FeedBatch]) async -> (any ExplainedError)? {
            var exchange = ExchangeRequest()
            exchange.batches = batches
            return await refusal(of: .exchange(exchange), through: channel)
        }
        let first = liar.batch([liar.first])
        #expect(await push([first]) == nil)
        let before = try await holding(of: hub)
        let good = liar.batch([liar.second])
        for (name, code, lie) in Self.lies {
            // What came before it in the same request is not kept either.
            let error = await push([good, lie(liar)])
            if let code {
                #expect(error as? HubRefusal == HubRefusal(code), "\(name)")
            } else {
                #expect(error is EnvelopeError, "\(name): \(String(describing: error))")
            }
            let text = error?.explanation
            #expect(text?.es != text?.en, "\(name)")
            #expect(try await holding(of: hub) == before, "\(name)")
            if let code { #expect(counts(of: hub)["\(code)"] ?? 0 > 0, "\(name)") }
        }
        #expect(counts(of: hub).values.reduce(0, +) == UInt64(Self.lies.count))
        #expect(await push([good]) == nil)
        #expect(try await holding(of: hub) != before)
    }

    // MARK: - Who asks

    @Test func `everybody who may not ask gets a refusal of his own, and changes nothing`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let device = try await hub.join("n1", seed: 2, [.admin], founder, organisation)
        let stranger = try await hub.replica("n9", seed: 9)
        let other = try await TestHub(seed: 700)
        let (_, foreign) = try await other.foundOrganisation()
        try await hub.writer(founder, organisation).revoke(device.identity.id)
        let before = try await holding(of: hub)
        let rows: [(String, HubClient, HubRefusal.Code)] = [
            ("a stranger", hub.channel(for: stranger, organisation: organisation), .notAMember),
            (
                "a device of another organisation",
                hub.channel(for: founder, organisation: foreign), .otherOrganisation
            ),
            (
                "a device that was revoked", hub.channel(for: device, organisation: organisation),
                .revoked
            ),
        ]
        var texts: Set<String> = []
        for (name, channel, code) in rows {
            let error = await refusal(of: .exchange(ExchangeRequest()), through: channel)
            #expect(error as? HubRefusal == HubRefusal(code), "\(name)")
            texts.insert(error?.explanation.es ?? "")
            #expect(counts(of: hub)["\(code)"] == 1, "\(name)")
        }
        #expect(texts.count == rows.count)
        #expect(try await holding(of: hub) == before)
    }

    @Test func `the same request again, and older ones after newer ones, change nothing more`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let liar = LyingAuthor(replica: founder, organisation: organisation)
        let sealer = RequestSealer(
            key: founder.identity.signingKey, device: founder.identity.id,
            organisation: organisation, hub: hub.store.identity.card)
        let handler = HubHandler(hub: hub.hub)
        func sealed(_ records: [Record]) -> [UInt8] {
            var exchange = ExchangeRequest()
            exchange.batches = [liar.batch(records)]
            return sealer.seal(.exchange(exchange), using: founder.environment).bytes
        }
        func send(_ body: [UInt8]) async {
            _ = await handler.respond(
                to: HTTPRequest(method: .post, path: HubHandler.path, body: body))
        }
        let (first, both) = (sealed([liar.first]), sealed([liar.first, liar.second]))
        await send(first)
        await send(both)
        let before = try await holding(of: hub)
        for body in [first, both, first] { await send(body) }
        #expect(try await holding(of: hub) == before)
    }

    // MARK: - Invitations

    @Test func `an invitation that ended or was used brings nobody in`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let token = try await hub.invite([.sender], founder, organisation)
        try await hub.join("n1", seed: 2, with: token)
        let late = try await hub.invite([.sender], founder, organisation)
        let before = try await holding(of: hub)
        await #expect(throws: HubRefusal(.inviteSpent)) {
            try await hub.join("n2", seed: 3, with: token)
        }
        // The joining device's clock stands still; the hub's own decides.
        hub.manual.advance(by: .seconds(2 * 86_400))
        await #expect(throws: HubRefusal(.inviteSpent)) {
            try await hub.join("n3", seed: 4, with: late)
        }
        #expect(HubRefusal(.inviteSpent).exitStatus == .badData)
        #expect(try await holding(of: hub) == before)
    }
}
