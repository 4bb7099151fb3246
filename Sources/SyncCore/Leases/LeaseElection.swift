/// Decides, on a device, when it may make claims for one account.
///
/// The election performs no I/O and reads no clock. It is told what happened and when, on
/// `CLOCK_BOOTTIME`, which counts suspend, and answers with what to do. A claim may be made
/// only while ``grant(at:)`` returns one; a claim already granted is not touched by the end of
/// the lease.
///
/// ```
///            tick, if it may ask        granted
///   waiting ────────────────────▶ asking ───────▶ holding ─┐ renews
///      ▲                             │               │  ▲──┘
///      └─────────────────────────────┴───────────────┘
///         refused, no answer        ran out, unreachable, suspended, superseded, not entitled
/// ```
package struct LeaseElection: Sendable {
    /// What the election is told.
    package enum Event: Hashable, Sendable {
        /// Time passed. It must come at least every ``Timing/gapMaximum``.
        case tick
        /// Whether the device has the capability `sender`, and has opened the secret.
        case entitled(Bool)
        /// The device has other addresses or routes than before: what it knows of its servers
        /// is of another network.
        case networkChanged
        /// A probe ended: a server of the account answered it, or none did.
        case probed(isReachable: Bool)
        /// A server of the account answered a delivery.
        case serverReached
        /// A delivery found no route to any server of the account.
        case serverUnreachable
        /// The hub granted the request with this number, for a duration from its arrival.
        case granted(FencingToken, for: Duration, request: Int)
        /// The hub refused the request with this number.
        case refused(retryAfter: Duration, request: Int)
        /// The request with this number could not be put to the hub, or the answer was lost.
        case unanswered(request: Int)
        /// The ledger said that this fence is not the current one.
        case superseded(FencingToken)
        /// The agent is stopping.
        case stop
    }

    /// What the election asks for, to be carried out in order.
    package enum Action: Hashable, Sendable {
        /// Put this request to the hub, now, and report the answer under its number.
        case request(LeaseRequest, number: Int)
        /// Try to reach a server of the account, and report the result as an event.
        case probe
        /// Claims may be made under this grant.
        case startClaiming(LeaseGrant)
        /// No more claims under this grant; the deliveries reserved under it are void.
        case stopClaiming(LeaseGrant, LeaseEnd)
        /// Tell the hub; losing the message does no harm.
        case giveUp(LeaseRequest, LeaseEnd)
    }

    private struct Asking {
        let number: Int
        let since: Duration
        /// The fence that was to be renewed.
        let fence: FencingToken?
    }

    private struct Holding {
        let grant: LeaseGrant
        /// When the request was sent whose answer set ``end``.
        let start: Duration
        /// The moment of the last new claim, the margin already taken off.
        let end: Duration
    }

    /// The account this election is about.
    package let account: AccountID
    private let device: DeviceID
    private let timing: LeaseElectionTiming
    private var chance: LeaseChance
    private var isEntitled = false
    private var isStopped = false
    private var reachedAt: Duration?
    /// When the newest probe began.
    private var probedAt: Duration?
    /// When the network changed, until a server was looked at since.
    private var changedAt: Duration?
    private var lastTick: Duration?
    private var asking: Asking?
    private var requests = 0
    private var holding: Holding?
    /// No request is made before this time.
    private var waitUntil = Duration.zero
    private var refusals = 0

    /// Creates the election of a device that holds nothing.
    ///
    /// - Parameters:
    ///   - account: The account to send for.
    ///   - device: This device.
    ///   - seed: 64 unpredictable bits; they spread the waits.
    ///   - timing: The durations.
    package init(
        account: AccountID, device: DeviceID, seed: UInt64,
        timing: LeaseElectionTiming = LeaseElectionTiming()
    ) {
        timing.checkInvariants()
        self.account = account
        self.device = device
        self.timing = timing
        chance = LeaseChance(state: seed)
    }

    /// Returns the grant under which a new claim may be made at this moment.
    ///
    /// It looks at the time itself and does not wait for a tick: a thread that was paused
    /// between the last tick and the claim gets nothing.
    package func grant(at now: Duration) -> LeaseGrant? {
        guard let holding, now < holding.end, let lastTick, now - lastTick <= timing.gapMaximum
        else { return nil }
        return holding.grant
    }

    /// Takes one event into account.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: When, on the uptime clock; it never falls.
    /// - Returns: What to do, in order.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        var actions = dropIfPaused(at: now)
        switch event {
        case .tick:
            lastTick = now
            actions += advance(at: now)
        case .entitled(let entitled):
            isEntitled = entitled
            if !entitled { actions += end(.ineligible, at: now) }
        case .networkChanged: changedAt = now
        case .serverReached:
            reachedAt = now
            changedAt = nil
        case .probed(isReachable: true):
            reachedAt = now
            forgetChange()
        case .probed(isReachable: false):
            forgetChange()
            // A delivery that got through since the probe began proves more than the probe.
            if let reachedAt, let probedAt, reachedAt > probedAt { break }
            actions += loseReach(at: now)
        case .serverUnreachable:
            // The next tick looks again: the routes may have changed since the last probe.
            probedAt = nil
            actions += loseReach(at: now)
        case .granted(let fence, let length, let number):
            actions += take(fence, for: length, request: number, at: now)
        case .refused(let wait, let number):
            actions += refuse(until: wait, request: number, at: now)
        case .unanswered(let number):
            if asking?.number == number { backOff(atLeast: .zero, at: now) }
        case .superseded(let fence):
            if holding?.grant.fence == fence { actions += end(.superseded, at: now) }
        case .stop:
            isStopped = true
            actions += end(.stopping, at: now)
        }
        assert(holding == nil || isEntitled, "Only an entitled device holds a lease.")
        return actions
    }

    /// A process that did not run for a while cannot trust that it still is alone.
    private mutating func dropIfPaused(at now: Duration) -> [Action] {
        guard let lastTick, now - lastTick > timing.gapMaximum else { return [] }
        // The answer to a request from before the pause is not waited for either.
        asking = nil
        self.lastTick = now
        return end(.suspended, at: now)
    }

    private mutating func advance(at now: Duration) -> [Action] {
        guard isEntitled, !isStopped else { return [] }
        var actions: [Action] = []
        if let holding, now >= holding.end { actions += end(.expired, at: now) }
        if let asking, now >= asking.since + timing.requestTimeout {
            backOff(atLeast: .zero, at: now)
        }
        if needsProbe(at: now) {
            probedAt = now
            actions.append(.probe)
        }
        if mayAsk(at: now) { actions.append(ask(at: now)) }
        return actions
    }

    /// Whether the routes are to be tried: when the network changed, soon after they failed, and
    /// now and then while mail goes well, because mail uses one route and says nothing of others.
    private func needsProbe(at now: Duration) -> Bool {
        guard let last = probedAt ?? reachedAt else { return true }
        if changedAt != nil { return probedAt.map { now >= $0 + timing.probePause } ?? true }
        let routine = min(timing.probeRoutine, timing.reachFreshness / 2)
        return now >= last + (reachedAt == nil ? timing.probeInterval : routine)
    }

    private func mayAsk(at now: Duration) -> Bool {
        guard asking == nil, now >= waitUntil, changedAt == nil, let reachedAt,
            now < reachedAt + timing.reachFreshness
        else { return false }
        guard let holding else { return true }
        return now >= holding.start + (holding.end - holding.start) / 2
    }

    private mutating func ask(at now: Duration) -> Action {
        requests += 1
        asking = Asking(number: requests, since: now, fence: holding?.grant.fence)
        return .request(
            LeaseRequest(account: account, fence: holding?.grant.fence, canReach: true),
            number: requests)
    }

    private mutating func take(
        _ fence: FencingToken, for length: Duration, request number: Int, at now: Duration
    ) -> [Action] {
        // The answer to a request that was given up is ignored: its lease runs out unused.
        guard let asking, asking.number == number, isEntitled, !isStopped else { return [] }
        self.asking = nil
        // The hub counts from when it read the request. Counting from when it was sent errs
        // on the safe side, however long the answer took.
        // A margin as long as the lease, set by mistake, would stop all mail without a word.
        let end = asking.since + length - min(timing.margin, length / 3)
        let old = holding
        guard now < end else {
            backOff(atLeast: .zero, at: now)
            return []
        }
        let grant = LeaseGrant(account: account, device: device, fence: fence)
        refusals = 0
        holding = Holding(grant: grant, start: asking.since, end: end)
        guard old?.grant != grant else { return [] }
        return (old.map { [.stopClaiming($0.grant, .superseded)] } ?? []) + [.startClaiming(grant)]
    }

    /// A probe that began before the network changed says nothing of the network that is now.
    private mutating func forgetChange() {
        if let changedAt, let probedAt, probedAt >= changedAt { self.changedAt = nil }
    }

    private mutating func loseReach(at now: Duration) -> [Action] {
        let wasReachable = reachedAt != nil
        reachedAt = nil
        let actions = end(.unreachable, at: now)
        // The hub prefers a device that already sends; it must know that this one cannot.
        guard wasReachable, actions.isEmpty else { return actions }
        return [giveUp(nil, .unreachable)]
    }

    /// A hub that will not renew a lease does not know it: it granted another, or began anew.
    private mutating func refuse(
        until wait: Duration, request number: Int, at now: Duration
    ) -> [Action] {
        guard let asking, asking.number == number else { return [] }
        let isOfThisGrant = holding.map { $0.grant.fence == asking.fence } ?? false
        backOff(atLeast: wait, at: now)
        return isOfThisGrant ? end(.superseded, at: now) : []
    }

    private mutating func end(_ reason: LeaseEnd, at now: Duration) -> [Action] {
        asking = nil
        guard let holding else { return [] }
        self.holding = nil
        return [.stopClaiming(holding.grant, reason), giveUp(holding.grant.fence, reason)]
    }

    private func giveUp(_ fence: FencingToken?, _ reason: LeaseEnd) -> Action {
        .giveUp(LeaseRequest(account: account, fence: fence, canReach: false), reason)
    }

    /// Waits between half and the whole of a time that doubles with each refusal.
    private mutating func backOff(atLeast wait: Duration, at now: Duration) {
        asking = nil
        let growth = 1 << min(refusals, timing.doublingsMaximum)
        refusals += 1
        let longest = min(timing.backOffFirst * growth, timing.backOffMaximum)
        let jitter = (longest / 2) * Int(chance.next() % 1024) / 1024
        waitUntil = now + max(wait, longest / 2) + jitter
    }
}

/// Spreads waits, from one seed (SplitMix64).
///
/// It needs no secrecy: it only keeps devices from asking in step.
private struct LeaseChance: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
