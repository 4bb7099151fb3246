/// Decides, at the hub, which device may make claims for which account.
///
/// The book performs no I/O and reads no clock. Its owner checks first that the device is a
/// member with `sender`, hands in the randomness of each fence, and stores ``leases`` and
/// ``lastCounter`` in the transaction that answers.
///
/// ```
///            request                      end, then drain
///   free ─────────────▶ held by a device ─────────────────▶ free
///     ▲                   │     ▲    │
///     └───────────────────┘     └────┘ request by the holder: longer, or a new fence
///        given up by its holder
/// ```
package struct LeaseBook: Sendable {
    /// The durations that shape the grants.
    package struct Timing: Sendable {
        /// How long a lease lasts.
        ///
        /// In production at least 15 s; a lab may shorten it.
        package var length = Duration.seconds(30)
        /// How long after the end of a lease nobody else is granted it, because claims that
        /// were made at the last moment, or under a slow clock, may still arrive.
        package var drain = Duration.seconds(5)
        /// How long a device that holds other accounts is given the first chance.
        package var preference = Duration.seconds(5)
        /// How long a device is passed over after it said that it reaches no server, unless it
        /// takes that back sooner.
        package var unreachable = Duration.seconds(60)
        /// How long a refused device waits at least before it asks again.
        package var retryMinimum = Duration.seconds(1)

        /// Takes the defaults.
        package init() {}

        /// Takes what the organisation configured.
        package init(_ timings: Timings) {
            length = timings.lease
            drain = timings.drain
        }
    }

    package let timing: Timing
    /// The counter of the newest fence of any account.
    ///
    /// It never falls.
    package private(set) var lastCounter: UInt64
    private var held: [AccountID: Lease] = [:]
    /// Until when a device is passed over for an account.
    private var unreachable: [AccountID: [DeviceID: Duration]] = [:]
    /// Since when an account that nobody holds is asked for.
    private var wantedSince: [AccountID: Duration] = [:]
    private var quietUntil = Duration.zero

    /// Creates a book that has never granted a lease.
    package init(timing: Timing = Timing()) {
        self.init(timing: timing, lastCounter: 0, leases: [])
    }

    /// Takes up what was stored by a hub that did not stop in between.
    ///
    /// After a restart, a restore or a change of the machine call ``restarted(at:)``.
    package init(timing: Timing, lastCounter: UInt64, leases: [Lease]) {
        precondition(timing.length > .zero, "A lease must last.")
        precondition(timing.drain >= .zero, "A drain cannot be negative.")
        self.timing = timing
        self.lastCounter = lastCounter
        for lease in leases { held[lease.account] = lease }
    }

    /// Everything granted and not yet given to another device, in the order of the accounts.
    package var leases: [Lease] {
        held.values.sorted { $0.account < $1.account }
    }

    /// The leases under which claims may be made now.
    package func live(at now: Duration) -> LiveLeases {
        LiveLeases(held.values.map { .init(grant: $0.grant, remaining: $0.end - now) })
    }

    /// Forgets the leases of a former life, and grants nothing until they must have ended.
    ///
    /// Call it when the hub starts, was restored, or is shown a receipt newer than itself.
    package mutating func restarted(at now: Duration) {
        held = [:]
        unreachable = [:]
        wantedSince = [:]
        quietUntil = now + timing.length + timing.drain
    }

    /// Answers a request; the lease begins when it was read.
    ///
    /// The holder that names its fence keeps it, and the end moves; repeating that changes
    /// nothing else. The holder that names none, or an older one, gets a new fence at once: it
    /// restarted, or never heard of its lease, and must not take up claims of a former life.
    ///
    /// - Parameters:
    ///   - request: What the device asked for; it reaches a server of the account.
    ///   - device: Who asked; the seal of the request proved it.
    ///   - nonce: 64 unpredictable bits, used if a new fence is made.
    ///   - now: The time on the book's clock.
    /// - Returns: The lease, or why there is none.
    package mutating func answer(
        _ request: LeaseRequest, from device: DeviceID, nonce: UInt64, at now: Duration
    ) -> Result<Lease, LeaseRefusal> {
        let account = request.account
        precondition(request.canReach, "A device that reaches no server gives up instead.")
        unreachable[account]?[device] = nil
        if let lease = held[account] {
            if lease.device == device, now < lease.end {
                let kept = request.fence == lease.fence ? lease : nil
                return .success(grant(account, to: device, keeping: kept, nonce, now))
            }
            let free = lease.end + (lease.device == device ? .zero : timing.drain)
            guard now >= free else { return .failure(refusal(.held, account, until: free, now)) }
            // The entry stays until somebody is granted: its drain binds whoever asks next.
        }
        guard now >= quietUntil else {
            return .failure(refusal(.quiet, account, until: quietUntil, now))
        }
        let since = wantedSince[account] ?? now
        wantedSince[account] = since
        if now < since + timing.preference, someoneIsPreferred(to: device, for: account, at: now) {
            return .failure(refusal(.preferred, account, until: since + timing.preference, now))
        }
        return .success(grant(account, to: device, keeping: nil, nonce, now))
    }

    /// Takes note that a device makes no claims for an account and cannot make any.
    ///
    /// A claim still under way under its fence will be refused, so the lease is free at once.
    /// The device is passed over for a while, or until it asks again. A second call, or one
    /// that names an older fence, ends no lease.
    ///
    /// - Parameters:
    ///   - account: The account that is given up.
    ///   - device: Who gives it up.
    ///   - fence: The fence it held; nil gives up whatever it was granted unheard.
    ///   - now: The time on the book's clock.
    package mutating func giveUp(
        _ account: AccountID, by device: DeviceID, fence: FencingToken?, at now: Duration
    ) {
        if let lease = held[account], lease.device == device, fence ?? lease.fence == lease.fence {
            held[account] = nil
        }
        unreachable[account, default: [:]][device] = now + timing.unreachable
    }

    /// Answers a wish as it came over the wire, whether it asks or gives up.
    ///
    /// - Parameters:
    ///   - request: What the device wants.
    ///   - device: Who wants it.
    ///   - nonce: 64 unpredictable bits, used if a new fence is made.
    ///   - now: The time on the book's clock.
    /// - Returns: What to send back.
    package mutating func reply(
        to request: LeaseRequest, from device: DeviceID, nonce: UInt64, at now: Duration
    ) -> LeaseReply {
        guard request.canReach else {
            giveUp(request.account, by: device, fence: request.fence, at: now)
            return LeaseReply(account: request.account, outcome: .released)
        }
        switch answer(request, from: device, nonce: nonce, at: now) {
        case .success(let lease):
            return LeaseReply(
                account: request.account,
                outcome: .granted(lease.fence, length: lease.end - now))
        case .failure(let refusal):
            return LeaseReply(
                account: request.account, outcome: .refused(retryAfter: refusal.retryAfter))
        }
    }

    private mutating func grant(
        _ account: AccountID, to device: DeviceID, keeping old: Lease?, _ nonce: UInt64,
        _ now: Duration
    ) -> Lease {
        if old == nil { lastCounter += 1 }
        let grant =
            old?.grant
            ?? LeaseGrant(
                account: account, device: device,
                fence: FencingToken(counter: lastCounter, nonce: nonce))
        let lease = Lease(grant: grant, end: now + timing.length)
        assert(old.map { lease.end >= $0.end } ?? true, "A renewal never shortens a lease.")
        held[account] = lease
        wantedSince[account] = nil
        return lease
    }

    /// One device that sends for all accounts needs one connection to each server and keeps
    /// the order of the mail, so it goes first, unless it said that it cannot.
    private func someoneIsPreferred(
        to device: DeviceID, for account: AccountID, at now: Duration
    ) -> Bool {
        let active = held.values.filter { now < $0.end }
        guard !active.contains(where: { $0.device == device }) else { return false }
        return active.contains { now >= unreachable[account]?[$0.device] ?? .zero }
    }

    private func refusal(
        _ code: LeaseRefusal.Code, _ account: AccountID, until end: Duration, _ now: Duration
    ) -> LeaseRefusal {
        LeaseRefusal(code, account: account, retryAfter: max(end - now, timing.retryMinimum))
    }
}
