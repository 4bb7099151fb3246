import Outbox
import SyncCore
import Synchronization

/// A hub that keeps its ledger in memory, and loses what the script says.
final class ScriptedHub: HubChannel {
    struct Lost: Error {}

    /// What happens to one question.
    enum Fault: Sendable {
        case loseRequest
        case loseReply
        case refuse(HubRefusal.Code)
        /// Another device is granted every lease just before.
        case grantElsewhere
    }

    private struct State {
        var records: [DeliveryID: DeliveryRecord] = [:]
        var offers: [MessageID: MailOffer] = [:]
        var blobs: [Digest: [UInt8]] = [:]
        var fences: [AccountID: FencingToken] = [:]
        var counter: UInt64 = 0
        var pulled: [FeedID: UInt64] = [:]
        var faults: [(String, Fault)] = []
        var asked: [String: Int] = [:]
        var returned: [ReleaseRequest] = []
    }

    private let device: DeviceID
    private let manualNow: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(for device: DeviceID, now: @escaping @Sendable () -> Timestamp) {
        self.device = device
        manualNow = now
    }

    /// Lets the next question of a kind come to grief.
    func lose(_ kind: String, _ fault: Fault) {
        state.withLock { $0.faults.append((kind, fault)) }
    }

    func count(of kind: String) -> Int { state.withLock { $0.asked[kind] ?? 0 } }
    var states: [String] {
        state.withLock { state in
            state.records.sorted { $0.key < $1.key }.map(\.value.state.word)
        }
    }
    var blobs: [[UInt8]] { state.withLock { Array($0.blobs.values) } }
    var offers: [MailOffer] { state.withLock { Array($0.offers.values) } }

    func change(_ body: (inout MailOffer) -> Void) {
        state.withLock { state in
            for (message, var offer) in state.offers {
                body(&offer)
                state.offers[message] = offer
            }
        }
    }

    /// The channel of one life of a device.
    func with(_ killer: Killer) -> Way { Way(hub: self, killer: killer) }

    struct Way: HubChannel {
        let hub: ScriptedHub
        let killer: Killer

        func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
            try await killer.step()
            let reply = try await hub.ask(request, within: wait)
            try await killer.step()
            return reply
        }
    }

    /// Takes the records of a replica that are new, as an exchange would.
    func pull(from replica: Replica) async throws {
        let records = try await replica.read { transaction in
            try transaction.feeds.vector().feeds.flatMap { feed in
                try transaction.feeds.records(of: feed, after: 0, maximum: 10_000)
            }
        }
        state.withLock { state in
            for record in records {
                let header = record.header
                guard header.sequence > state.pulled[header.feed] ?? 0,
                    let body = record.content?.body
                else { continue }
                state.pulled[header.feed] = header.sequence
                if header.kind == MailOffer.recordKind { Self.take(body, into: &state) }
                if header.kind == DeliveryReport.recordKind {
                    Self.report(body, by: header.feed.device, into: &state)
                }
            }
        }
    }

    func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
        let now = manualNow()
        return try state.withLock { state in
            let kind = Self.kind(request)
            state.asked[kind, default: 0] += 1
            let index = state.faults.firstIndex { $0.0 == kind }
            let fault = index.map { state.faults.remove(at: $0).1 }
            if case .loseRequest = fault { throw Lost() }
            if case .refuse(let code) = fault { throw HubRefusal(code) }
            if case .grantElsewhere = fault {
                state.counter += 1
                let fence = FencingToken(counter: state.counter, nonce: 8)
                state.fences = state.fences.mapValues { _ in fence }
            }
            let reply = answer(request, at: now, in: &state)
            if case .loseReply = fault { throw Lost() }
            return reply
        }
    }

    private static func kind(_ request: HubRequest) -> String {
        switch request {
        case .lease: "lease"
        case .reserve: "reserve"
        case .release: "release"
        case .claim: "claim"
        case .putBlob: "putBlob"
        case .getBlob: "getBlob"
        default: "other"
        }
    }

    private static func take(_ body: [UInt8], into state: inout State) {
        guard let offer = try? MailOffer(canonicalBytes: body) else { return }
        state.offers[offer.message] = offer
        for (recipient, address) in offer.recipients.enumerated() where !address.isEmpty {
            let id = DeliveryID(message: offer.message, recipient: recipient)
            var record = DeliveryRecord(delivery: id, byteCount: Int(offer.byteCount))
            record.insert(.custody(turn: 1))
            for fact in state.records[id]?.facts ?? [] { record.insert(fact) }
            state.records[id] = record
        }
    }

    private static func report(_ body: [UInt8], by device: DeviceID, into state: inout State) {
        guard let report = try? DeliveryReport(canonicalBytes: body),
            var record = state.records[report.delivery]
        else { return }
        let ledger = DeliveryLedger(keeper: .hub)
        switch report.fact {
        case .dataBegun(let id):
            _ = ledger.report(&record, .dataBegun, about: id, by: device)
        case .concluded(let id, let outcome):
            _ = ledger.report(&record, .concluded(outcome), about: id, by: device)
        case .some(let fact): _ = ledger.carryOut(fact, on: &record)
        case nil: break
        }
        state.records[report.delivery] = record
    }

    private func ledger(_ state: State) -> DeliveryLedger {
        DeliveryLedger(
            keeper: .hub,
            leases: LiveLeases(
                state.fences.map { account, fence in
                    LiveLeases.Entry(
                        grant: LeaseGrant(account: account, device: device, fence: fence),
                        remaining: .seconds(30))
                }))
    }

    private func answer(
        _ request: HubRequest, at now: Timestamp, in state: inout State
    ) -> HubReply {
        switch request {
        case .lease(let requests): return .lease(requests.map { grant($0, in: &state) })
        case .reserve(let request): return reserve(request, at: now, in: &state)
        case .claim(let claims): return claim(claims, at: now, in: &state)
        case .release(let releases):
            for release in releases { state.returned.append(release) }
            return .released
        case .putBlob(let part):
            let stored = state.blobs[part.id] ?? []
            if part.offset == UInt64(stored.count) { state.blobs[part.id] = stored + part.bytes }
            return .blobStored(UInt64(state.blobs[part.id]?.count ?? 0))
        case .getBlob(let id, let offset):
            guard let blob = state.blobs[id] else { return .refused(HubRefusal(.unknownBlob)) }
            let bytes = Array(blob.dropFirst(Int(offset)).prefix(BlobPart.byteCountMaximum))
            return .blob(
                BlobPart(id: id, offset: offset, total: UInt64(blob.count), bytes: bytes))
        default: return .refused(HubRefusal(.unavailable))
        }
    }

    private func grant(_ request: LeaseRequest, in state: inout State) -> LeaseReply {
        guard request.canReach else {
            state.fences[request.account] = nil
            return LeaseReply(account: request.account, outcome: .released)
        }
        var fence = state.fences[request.account]
        if fence == nil || fence != request.fence {
            state.counter += 1
            fence = FencingToken(counter: state.counter, nonce: 7)
        }
        state.fences[request.account] = fence
        return LeaseReply(
            account: request.account,
            outcome: .granted(
                fence ?? FencingToken(counter: 0, nonce: 0), length: .seconds(30)))
    }

    private func reserve(
        _ request: ReserveRequest, at now: Timestamp, in state: inout State
    ) -> HubReply {
        guard let lease = request.leases.first else { return .reserved([]) }
        let grant = LeaseGrant(account: lease.account, device: device, fence: lease.fence)
        let ledger = ledger(state)
        var reserved: [ReservedDelivery] = []
        for id in state.records.keys.sorted() where reserved.count < request.maximum {
            guard var record = state.records[id], let offer = state.offers[id.message] else {
                continue
            }
            ledger.expire(&record, at: now)
            if case .success = ledger.reserve(&record, under: grant, at: now) {
                reserved.append(
                    ReservedDelivery(
                        delivery: id, attempt: record.nextAttempt, fence: lease.fence,
                        offer: offer))
            }
            state.records[id] = record
        }
        return .reserved(reserved)
    }

    private func claim(
        _ claims: [ClaimRequest], at now: Timestamp, in state: inout State
    ) -> HubReply {
        let ledger = ledger(state)
        return .claimed(
            claims.map { claim in
                let grant = LeaseGrant(
                    account: claim.lease.account, device: device, fence: claim.lease.fence)
                var isGranted = false
                if var record = state.records[claim.delivery] {
                    // As at the hub: the device may have chosen another of its leases.
                    if let reserved = record.reservation?.grant, reserved.device == device {
                        _ = ledger.release(&record, under: reserved)
                    }
                    if case .success = ledger.claim(
                        &record, attempt: claim.attempt, under: grant, at: now)
                    {
                        isGranted = true
                    }
                    state.records[claim.delivery] = record
                }
                return ClaimReply(
                    delivery: claim.delivery, attempt: claim.attempt, isGranted: isGranted,
                    isCurrent: ledger.leases.contains(grant))
            })
    }
}
