import SyncCore

extension Hub {
    /// How many deliveries one sweep looks at.
    private static let sweepMaximum = 1024

    /// Grants, renews and takes back leases.
    func lease(_ requests: [LeaseRequest], for device: DeviceID) async throws -> HubReply {
        let timings = try await store.transaction { try $0.timings() }
        let nonces = requests.map { _ in environment.randomNumber() }
        let (replies, counter) = leases.answer(
            requests, from: device, timings: timings, nonces: nonces, at: environment.uptime())
        // No fence is given out before its counter is on stable storage.
        try await store.transaction { transaction in
            if try transaction.lastFenceCounter() < counter {
                try transaction.setLastFenceCounter(counter)
            }
        }
        return .lease(replies)
    }

    /// Gives out deliveries that wait, and then those that this device has in hand already: the
    /// reply that told it of them may have been lost, and nobody else is given them while the
    /// lease lasts.
    func reserve(_ request: ReserveRequest, for device: DeviceID) async throws -> HubReply {
        let live = leases.live(at: environment.uptime())
        let now = environment.now()
        let grants = request.leases.map {
            LeaseGrant(account: $0.account, device: device, fence: $0.fence)
        }.filter(live.contains)
        guard !grants.isEmpty else { return .reserved([]) }
        let maximum = min(max(request.maximum, 0), ReserveRequest.deliveriesMaximum)
        return try await store.transaction { transaction in
            let ledger = try Self.ledger(live, transaction)
            try Self.sweep(ledger, transaction, at: now)
            var reserved: [ReservedDelivery] = []
            var found = try transaction.waiting(
                at: now, accounts: grants.map(\.account), maximum: maximum)
            found += try transaction.reserved(under: grants, maximum: maximum - found.count)
            for var delivery in found {
                let before = delivery.record
                let grant =
                    before.reservation?.grant
                    ?? grants.first { $0.account == delivery.account } ?? grants[0]
                guard case .success = ledger.reserve(&delivery.record, under: grant, at: now),
                    let attempt = delivery.record.reservation
                else { continue }
                if delivery.record != before { try transaction.save(delivery) }
                reserved.append(
                    ReservedDelivery(
                        delivery: delivery.record.delivery, attempt: attempt.number,
                        fence: grant.fence, offer: delivery.offer))
            }
            return .reserved(reserved)
        }
    }

    /// Takes deliveries back that were not claimed.
    func release(_ requests: [ReleaseRequest], for device: DeviceID) async throws -> HubReply {
        try await store.transaction { transaction in
            for request in requests {
                guard var delivery = try transaction.delivery(request.delivery),
                    let grant = delivery.record.reservation?.grant, grant.device == device,
                    grant.fence == request.fence
                else { continue }
                _ = DeliveryLedger(keeper: .hub).release(&delivery.record, under: grant)
                delivery.account = request.account
                try transaction.save(delivery)
            }
            return .released
        }
    }

    /// Claims attempts, each for one device only.
    func claim(_ requests: [ClaimRequest], for device: DeviceID) async throws -> HubReply {
        let live = leases.live(at: environment.uptime())
        let now = environment.now()
        let replies = try await store.transaction { transaction in
            let ledger = try Self.ledger(live, transaction)
            return try requests.map { request in
                ClaimReply(
                    delivery: request.delivery, attempt: request.attempt,
                    isGranted: try Self.claim(request, device, ledger, transaction, at: now),
                    isCurrent: live.contains(
                        LeaseGrant(
                            account: request.lease.account, device: device,
                            fence: request.lease.fence)))
            }
        }
        news.post()
        return .claimed(replies)
    }

    /// Lets time pass in the ledger: reservations die with their leases, silent claims come in
    /// doubt.
    package func sweep() async throws {
        let live = leases.live(at: environment.uptime())
        let now = environment.now()
        let (trust, uptime) = (clockTrust, environment.uptime())
        let isChanged = try await store.transaction { transaction in
            let ledger = try Self.ledger(live, transaction)
            let hasLapsed = try Self.lapse(
                ledger, transaction, at: now,
                isClockTrusted: trust.isTrusted(
                    at: now, uptime: uptime, last: transaction.clockSeen()))
            return try Self.sweep(ledger, transaction, at: now) || hasLapsed
        }
        if isChanged { news.post() }
    }

    private static func ledger(
        _ live: LiveLeases, _ transaction: any ServerTransaction
    ) throws -> DeliveryLedger {
        var timing = LedgerTiming()
        timing.afterLease = try transaction.timings().doubt
        return DeliveryLedger(keeper: .hub, leases: live, timing: timing)
    }

    private static func claim(
        _ request: ClaimRequest, _ device: DeviceID, _ ledger: DeliveryLedger,
        _ transaction: any ServerTransaction, at now: Timestamp
    ) throws -> Bool {
        guard var delivery = try transaction.delivery(request.delivery) else { return false }
        let grant = LeaseGrant(
            account: request.lease.account, device: device, fence: request.lease.fence)
        // It was reserved before the account was chosen; the same device may change its mind.
        if let reserved = delivery.record.reservation?.grant, reserved.device == device {
            _ = ledger.release(&delivery.record, under: reserved)
        }
        let before = delivery.record
        guard
            case .success = ledger.claim(
                &delivery.record, attempt: request.attempt, under: grant, at: now)
        else { return false }
        let id = AttemptID(number: request.attempt, grant: grant)
        guard delivery.record != before, let doubtAt = delivery.record.facts(about: id)?.doubtAt
        else { return true }
        try transaction.save(delivery)
        var detail = AttemptDetail()
        detail.account = grant.account
        try transaction.append(
            DeliveryReport(
                delivery: request.delivery, fact: .claimed(id, doubtAt: doubtAt), detail: detail),
            scope: .branch(delivery.offer.branch))
        return true
    }

    /// Gives up what waits and whose time is over.
    private static func lapse(
        _ ledger: DeliveryLedger, _ transaction: any ServerTransaction, at now: Timestamp,
        isClockTrusted: Bool
    ) throws -> Bool {
        var hasLapsed = false
        for var delivery in try transaction.overdue(at: now, maximum: sweepMaximum) {
            let before = delivery.record
            guard ledger.lapse(&delivery.record, at: now, isClockTrusted: isClockTrusted) else {
                continue
            }
            hasLapsed = true
            try transaction.save(delivery)
            for report in delivery.record.lapse(since: before) {
                try transaction.append(report, scope: .branch(delivery.offer.branch))
            }
        }
        // Noting the time costs a write, so it is done when an hour was missed.
        let last = try transaction.clockSeen()
        if last.map({ now >= $0.advanced(by: ClockTrust.leapMaximum) || now < $0 }) ?? true {
            try transaction.setClockSeen(now)
        }
        return hasLapsed
    }

    @discardableResult
    private static func sweep(
        _ ledger: DeliveryLedger, _ transaction: any ServerTransaction, at now: Timestamp
    ) throws -> Bool {
        var hasDoubt = false
        for var delivery in try transaction.expiring(at: now, maximum: sweepMaximum) {
            let before = delivery.record
            guard ledger.expire(&delivery.record, at: now) else { continue }
            try transaction.save(delivery)
            let known = Set(before.facts)
            for fact in delivery.record.facts where !known.contains(fact) {
                hasDoubt = true
                try transaction.append(
                    DeliveryReport(
                        delivery: delivery.record.delivery, fact: fact, detail: AttemptDetail()),
                    scope: .branch(delivery.offer.branch))
            }
        }
        return hasDoubt
    }
}
