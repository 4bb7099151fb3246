package import SyncCore
import Synchronization

/// The ledger of an organisation of one device, which needs no hub.
///
/// It decides by the same rules as the hub's, about the mails of this device that were never
/// offered. Its leases do not outlive the process, so that reservations of a former one are
/// void.
package final class LocalLedger: Ledger {
    private struct Held: Sendable {
        let grant: LeaseGrant
        let end: Duration
    }

    private let replica: Replica
    private let length: Duration
    private let timing: LedgerTiming
    private let held = Mutex<[AccountID: Held]>([:])

    /// How many waiting deliveries one reservation looks at.
    static let scanMaximum = 1024

    private static let counterFact = "local lease counter"

    /// Creates the ledger of a replica.
    ///
    /// - Parameters:
    ///   - replica: The device's replica.
    ///   - timings: The organisation's waits.
    package init(replica: Replica, timings: Timings = Timings()) {
        self.replica = replica
        length = timings.lease
        var timing = LedgerTiming()
        timing.afterLease = timings.doubt
        self.timing = timing
    }

    /// Many: nobody else could send them, and this device's next start settles them.
    package var claimsAtOnce: Int { 16 }

    package func lease(_ requests: [LeaseRequest]) async throws -> [LeaseReply] {
        var replies: [LeaseReply] = []
        for request in requests {
            guard request.canReach else {
                held.withLock { $0[request.account] = nil }
                replies.append(LeaseReply(account: request.account, outcome: .released))
                continue
            }
            let now = replica.environment.uptime()
            let current = held.withLock { $0[request.account] }
            let fence: FencingToken
            if let current, now < current.end {
                fence = current.grant.fence
            } else {
                fence = try await nextFence()
            }
            let grant = LeaseGrant(
                account: request.account, device: replica.identity.id, fence: fence)
            held.withLock { $0[request.account] = Held(grant: grant, end: now + length) }
            replies.append(
                LeaseReply(account: request.account, outcome: .granted(fence, length: length)))
        }
        return replies
    }

    package func reserve(_ leases: [HeldLease], maximum: Int) async throws -> [Reservation] {
        let ledger = ledger
        let grants = leases.compactMap { lease in
            ledger.leases[lease.account].map(\.grant).flatMap { $0.fence == lease.fence ? $0 : nil }
        }
        // Looking costs no commit.
        guard !grants.isEmpty, try await replica.read({ try $0.outbox.hasLocalWork() }) else {
            return []
        }
        return try await replica.write { transaction in
            try transaction.expireClaims(by: ledger)
            return try transaction.reserveLocally(by: ledger, under: grants, maximum: maximum)
        }
    }

    package func release(_ releases: [ReleaseRequest]) async throws {
        let ledger = ledger
        let device = replica.identity.id
        try await replica.write { transaction in
            for release in releases {
                guard var record = try transaction.outbox.delivery(release.delivery),
                    let grant = record.reservation?.grant, grant.fence == release.fence,
                    grant.device == device
                else { continue }
                _ = ledger.release(&record, under: grant)
                try transaction.outbox.save(record)
                try transaction.outbox.await(release.account, for: release.delivery)
            }
        }
    }

    package func claim(_ claims: [ClaimRequest]) async throws -> [ClaimReply] {
        let ledger = ledger
        let device = replica.identity.id
        return try await replica.write { transaction in
            let now = transaction.environment.now()
            return try claims.map { claim in
                let grant = LeaseGrant(
                    account: claim.lease.account, device: device, fence: claim.lease.fence)
                var isGranted = false
                if var record = try transaction.outbox.delivery(claim.delivery) {
                    // It was reserved before its account was known.
                    if let reserved = record.reservation?.grant {
                        _ = ledger.release(&record, under: reserved)
                    }
                    let answer = ledger.claim(
                        &record, attempt: claim.attempt, under: grant, at: now)
                    if case .success = answer {
                        try transaction.outbox.save(record)
                        isGranted = true
                    }
                }
                return ClaimReply(
                    delivery: claim.delivery, attempt: claim.attempt, isGranted: isGranted,
                    isCurrent: ledger.leases.contains(grant))
            }
        }
    }

    private var ledger: DeliveryLedger {
        let now = replica.environment.uptime()
        let live = held.withLock { held in
            LiveLeases(
                held.values.map { LiveLeases.Entry(grant: $0.grant, remaining: $0.end - now) })
        }
        return DeliveryLedger(keeper: .origin, leases: live, timing: timing)
    }

    private func nextFence() async throws -> FencingToken {
        try await replica.write { transaction in
            let stored = try transaction.replicaStore.fact(Self.counterFact)
            let counter = try stored.map { try UInt64(canonicalBytes: $0) } ?? 0
            try transaction.replicaStore.setFact(Self.counterFact, (counter + 1).canonicalBytes)
            return FencingToken(
                counter: counter + 1, nonce: transaction.environment.randomNumber())
        }
    }
}

extension ReplicaTransaction {
    /// Reserves what waits in this device's custody, in the order it was queued.
    fileprivate func reserveLocally(
        by ledger: DeliveryLedger, under grants: [LeaseGrant], maximum: Int
    ) throws -> [Reservation] {
        let now = environment.now()
        var reservations: [Reservation] = []
        let waiting = try outbox.ownDeliveries(
            in: ["queued", "reserved"], at: now, awaiting: grants.map(\.account),
            limit: LocalLedger.scanMaximum)
        for id in waiting {
            guard reservations.count < maximum else { break }
            let account = try outbox.awaitedAccount(of: id)
            let grant = grants.first { account == nil || $0.account == account }
            guard let grant, var record = try outbox.delivery(id),
                let mail = try outbox.mail(id.message), let address = try outbox.address(of: id)
            else { continue }
            let before = record
            guard case .success = ledger.reserve(&record, under: grant, at: now) else { continue }
            if record != before { try outbox.save(record) }
            reservations.append(
                Reservation(
                    delivery: record.delivery, attempt: record.nextAttempt,
                    fence: grant.fence, user: mail.user, type: mail.type, branch: mail.branch,
                    address: address, content: .own, priority: mail.terms.priority))
        }
        return reservations
    }

    /// Lets time pass for what this device claimed from itself.
    fileprivate func expireClaims(by ledger: DeliveryLedger) throws {
        let claimed = try outbox.ownDeliveries(
            in: ["sending"], at: environment.now(), limit: LocalLedger.scanMaximum)
        for id in claimed {
            guard let record = try outbox.delivery(id), let mail = try outbox.mail(id.message)
            else { continue }
            var next = record
            guard ledger.expire(&next, at: environment.now()) else { continue }
            let known = Set(record.facts)
            for fact in next.facts where !known.contains(fact) {
                try append(
                    DeliveryReport(delivery: id, fact: fact, detail: AttemptDetail()),
                    kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(mail.branch),
                    actor: "agent")
            }
        }
    }
}

extension OutboxStore {
    fileprivate func hasLocalWork() throws -> Bool {
        try connection.first(
            "SELECT 1 FROM delivery WHERE custody = ? AND state IN "
                + "('queued', 'reserved', 'sending') LIMIT 1",
            .integer(LedgerKeeper.origin.rawValue)
        ) { _ in true } ?? false
    }

    /// The account whose lease a delivery waits for, if it was given back to wait.
    fileprivate func awaitedAccount(of id: DeliveryID) throws -> AccountID? {
        try connection.first(
            "SELECT account FROM awaited_account WHERE message = ? AND recipient = ?",
            .bytes(id.message.bytes), .integer(id.recipient)
        ) { try AccountID(stored: $0.text(0)) }
    }

    fileprivate func `await`(_ account: AccountID?, for id: DeliveryID) throws {
        guard let account else { return }
        try connection.run(
            "INSERT INTO awaited_account (message, recipient, account) VALUES (?, ?, ?) "
                + "ON CONFLICT (message, recipient) DO UPDATE SET account = excluded.account",
            .bytes(id.message.bytes), .integer(id.recipient), .text(account.text))
    }
}
