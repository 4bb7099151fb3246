package import SyncCore

/// Decides which mail goes over which connection, and when to take more into work.
///
/// Each account has a lane of its own with a few connections, so that a slow server or a bad
/// mail holds up nothing but its own connection.
///
/// ```
///   ledger ──reserve──▶ sorted ──▶ lane of an account ──take──▶ connection ──▶ done
///                         │ no sender now
///                         └──▶ parked for a while ──▶ given back
/// ```
package struct DispatchPlan: Sendable {
    /// The limits and waits of a plan.
    package struct Limits: Sendable {
        package var connectionsPerAccount = 4
        /// How many deliveries may be in hand at once, the parked ones included.
        package var inHandMaximum = ReserveRequest.deliveriesMaximum
        /// How many deliveries are wanted in the lanes before no more are reserved.
        package var waitingWanted = 128
        /// How long to wait before asking again when there was no work, and nobody rang.
        package var idle = Duration.seconds(5)
        /// How long to wait after the ledger could not be asked, or gave only mails that had to
        /// be given back.
        package var fruitless = Duration.seconds(1)
        /// How long a mail without a sender stays parked.
        package var parked = Duration.seconds(60)
        /// The first wait after a connection failed; it doubles with each further one.
        package var reconnect = Duration.seconds(2)
        package var reconnectMaximum = Duration.seconds(120)

        package init() {}
    }

    /// What the plan is told.
    package enum Event: Sendable {
        /// Time passed.
        case tick
        /// There may be work: something was queued, arrived, or a lease began.
        case work
        /// The leases that are held now.
        case leases([LeaseGrant])
        /// What the ledger gave was sorted.
        case sorted(jobs: [DispatchJob], parked: [Reservation], returned: Int)
        /// The ledger could not be asked.
        case reserveFailed
        /// A job is over, whatever became of it.
        case finished([DeliveryID])
        /// These cannot be sent as things stand; look at them again later.
        case parked([Reservation])
        /// A server refused the account itself: its mails need another sender.
        case unusable(AccountID)
        /// A connection ended, which had or had not taken a job.
        case ended(AccountID, hasTaken: Bool, isFailure: Bool)
    }

    /// What the plan asks for.
    package enum Action: Hashable, Sendable {
        /// Ask the ledger for this many, those in hand included, and sort them.
        case reserve([LeaseGrant], maximum: Int)
        /// Open a connection, which takes jobs until there are no more.
        case connect(AccountID)
        /// Give reservations back.
        case release([ReleaseRequest])
    }

    private struct Lane {
        var jobs: [DispatchJob] = []
        var connections = 0
        /// How many of them have not taken a job yet.
        var opening = 0
        var failures = 0
        var notBefore = Duration.zero

        /// Adds a job behind those that are as urgent.
        mutating func add(_ job: DispatchJob) {
            // Most are of one priority, so the search starts at the end.
            let place = jobs.lastIndex { $0.priority <= job.priority }
            jobs.insert(job, at: place.map { $0 + 1 } ?? 0)
        }
    }

    private struct Parked {
        let reservation: Reservation
        let until: Duration
    }

    private let limits: Limits
    private var grants: [AccountID: LeaseGrant] = [:]
    private var lanes: [AccountID: Lane] = [:]
    private var parked: [Parked] = []
    /// Every delivery that a lane, a connection or the parking place has.
    package private(set) var inHand: Set<DeliveryID> = []
    private var isReserving = false
    /// Whether somebody rang while the ledger was being asked.
    private var isRungAgain = false
    private var reserveAfter = Duration.zero
    private var fruitless = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes one event into account, at a time measured since the machine started.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .tick: break
        case .work:
            reserveAfter = min(reserveAfter, now)
            isRungAgain = isReserving
        case .leases(let live): setLeases(live, at: now)
        case .sorted(let jobs, let parked, let returned):
            take(jobs, parked: parked, returned: returned, at: now)
        case .reserveFailed:
            isReserving = false
            reserveAfter = now + limits.fruitless
        case .finished(let deliveries): inHand.subtract(deliveries)
        case .unusable(let account):
            inHand.subtract((lanes[account]?.jobs ?? []).flatMap(\.deliveries))
            lanes[account]?.jobs = []
            reserveAfter = min(reserveAfter, now)
        case .parked(let reservations): park(reservations, at: now)
        case .ended(let account, let hasTaken, let isFailure):
            end(account, hasTaken: hasTaken, isFailure: isFailure, at: now)
        }
        actions += unpark(at: now)
        actions += connect(at: now)
        actions += reserve(at: now)
        return actions
    }

    /// The next job for a connection of an account; it is in hand until it is ``Event/finished``.
    package mutating func take(_ account: AccountID, isFirst: Bool) -> DispatchJob? {
        guard var lane = lanes[account], let job = lane.jobs.first, grants[account] == job.grant
        else { return nil }
        lane.jobs.removeFirst()
        if isFirst { lane.opening -= 1 }
        lanes[account] = lane
        return job
    }

    /// How many of the waiting jobs one connection of an account may take at once.
    ///
    /// None shall be without work because another took all.
    package func share(of account: AccountID) -> Int {
        max(1, (lanes[account]?.jobs.count ?? 0) / limits.connectionsPerAccount)
    }

    /// Whether a connection of an account is open or being opened.
    package func isConnected(_ account: AccountID) -> Bool {
        (lanes[account]?.connections ?? 0) > 0
    }

    /// Notes that a connection began with a mail that another one had taken.
    package mutating func noteBusy(_ account: AccountID) {
        lanes[account]?.opening -= 1
    }

    private mutating func setLeases(_ live: [LeaseGrant], at now: Duration) {
        let new = Dictionary(live.map { ($0.account, $0) }, uniquingKeysWith: max)
        for (account, grant) in grants where new[account] != grant {
            // What was reserved under it is void.
            let lost = lanes[account]?.jobs ?? []
            inHand.subtract(lost.flatMap(\.deliveries))
            lanes[account]?.jobs = []
            let isOf = { (parked: Parked) in parked.reservation.fence == grant.fence }
            inHand.subtract(parked.filter(isOf).map(\.reservation.delivery))
            parked.removeAll(where: isOf)
        }
        for account in new.keys where grants[account] != new[account] {
            lanes[account, default: Lane()].notBefore = now
            reserveAfter = min(reserveAfter, now)
        }
        grants = new
    }

    private mutating func take(
        _ jobs: [DispatchJob], parked new: [Reservation], returned: Int, at now: Duration
    ) {
        isReserving = false
        for job in jobs where grants[job.grant.account] == job.grant {
            lanes[job.grant.account, default: Lane()].add(job)
            inHand.formUnion(job.deliveries)
        }
        park(new, at: now)
        // What was given back may come again at once, under the lease that it waits for; but
        // not over and over.
        fruitless = jobs.isEmpty && returned > 0 ? fruitless + 1 : 0
        let isWorthAsking = !jobs.isEmpty || !new.isEmpty || fruitless == 1 || isRungAgain
        reserveAfter = isWorthAsking ? now : now + (returned > 0 ? limits.fruitless : limits.idle)
        isRungAgain = false
    }

    private mutating func park(_ reservations: [Reservation], at now: Duration) {
        for reservation in reservations {
            parked.append(Parked(reservation: reservation, until: now + limits.parked))
            inHand.insert(reservation.delivery)
        }
    }

    private mutating func end(
        _ account: AccountID, hasTaken: Bool, isFailure: Bool, at now: Duration
    ) {
        guard var lane = lanes[account] else { return }
        lane.connections -= 1
        if !hasTaken { lane.opening -= 1 }
        if isFailure {
            let growth = 1 << min(lane.failures, 10)
            lane.failures += 1
            lane.notBefore = now + min(limits.reconnect * growth, limits.reconnectMaximum)
        } else {
            lane.failures = 0
        }
        lanes[account] = lane
        assert(lane.connections >= 0, "A connection ends once.")
    }

    private mutating func unpark(at now: Duration) -> [Action] {
        let over = parked.filter { now >= $0.until }.map(\.reservation)
        guard !over.isEmpty else { return [] }
        parked.removeAll { now >= $0.until }
        inHand.subtract(over.map(\.delivery))
        return [
            .release(
                over.map {
                    ReleaseRequest(delivery: $0.delivery, fence: $0.fence, account: nil)
                })
        ]
    }

    private mutating func connect(at now: Duration) -> [Action] {
        var actions: [Action] = []
        for account in lanes.keys.sorted() where grants[account] != nil {
            guard var lane = lanes[account], now >= lane.notBefore else { continue }
            // After a failure one connection tries; the others follow when it works.
            let maximum = lane.failures > 0 ? 1 : limits.connectionsPerAccount
            while lane.connections < maximum, lane.opening < lane.jobs.count {
                lane.connections += 1
                lane.opening += 1
                actions.append(.connect(account))
            }
            lanes[account] = lane
        }
        return actions
    }

    private mutating func reserve(at now: Duration) -> [Action] {
        let waiting = lanes.values.reduce(0) { $0 + $1.jobs.count }
        // The ledger is asked again when half is gone: a question for each mail would cost as
        // much as the mail.
        guard !isReserving, !grants.isEmpty, now >= reserveAfter,
            waiting <= limits.waitingWanted / 2, inHand.count < limits.inHandMaximum
        else { return [] }
        isReserving = true
        // The ledger answers with what is in hand too, so that nothing is lost from sight.
        let maximum = min(inHand.count + limits.waitingWanted, limits.inHandMaximum)
        return [.reserve(grants.values.sorted(), maximum: maximum)]
    }
}
