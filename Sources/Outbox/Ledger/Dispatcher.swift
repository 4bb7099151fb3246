package import SyncCore
import Synchronization

/// Sends what the ledger lets this device send.
///
/// ``DispatchPlan`` decides; the dispatcher asks the ledger, opens mails and drives connections.
/// ``settle()`` comes first, once, after the process started.
package final class Dispatcher: Sendable {
    /// Chooses the sender of a mail: for a user and a type, with the leases held and the
    /// failures of accounts that were seen lately.
    package typealias Choose =
        @Sendable (
            _ user: UserID, _ type: String, _ held: Set<AccountID>, _ failures: [SenderFailure]
        ) async throws -> SenderChoice.Outcome

    private struct State {
        var plan: DispatchPlan
        /// What the plan asked for and was not begun yet.
        var pending: [DispatchPlan.Action] = []
        /// Faults of accounts, and until when they are believed without another look.
        var faults: [AccountID: (fault: SenderFault, until: Duration)] = [:]
    }

    /// How long between two looks at the time.
    package static let tickInterval = Duration.seconds(1)
    /// How long the fault of an account is believed.
    package static let faultLifetime = Duration.seconds(600)

    let replica: Replica
    let ledger: any Ledger
    let leases: LeaseKeeper
    let transport: any MailTransport
    let journal: ClaimJournal
    let pool = ClaimPool()
    let opener: MailOpener
    let reporting: AttemptReporting
    let health: HealthLog
    let afterReport: @Sendable () -> Void
    private let choose: Choose
    private let state: Mutex<State>
    private let bell: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation

    /// Creates the dispatcher of a device.
    ///
    /// - Parameters:
    ///   - replica: The replica, opened with ``OutboxFold``.
    ///   - ledger: Who decides which attempt this device may make.
    ///   - channel: The way to the hub, where offered mails are.
    ///   - leases: The elections of this device.
    ///   - transport: The way to mail servers.
    ///   - timings: The organisation's waits.
    ///   - limits: The limits of the plan.
    ///   - choose: Chooses the sender of a mail.
    ///   - afterReport: Called after each outcome: there is something to push.
    package init(
        replica: Replica, ledger: any Ledger, channel: (any HubChannel)?, leases: LeaseKeeper,
        transport: any MailTransport, timings: Timings = Timings(),
        limits: DispatchPlan.Limits = DispatchPlan.Limits(), choose: @escaping Choose,
        afterReport: @escaping @Sendable () -> Void = {}
    ) {
        self.replica = replica
        self.ledger = ledger
        self.leases = leases
        self.transport = transport
        self.choose = choose
        self.afterReport = afterReport
        journal = ClaimJournal(replica)
        opener = MailOpener(
            replica: replica, channel: channel, wait: HubLedger.waitDefault)
        reporting = AttemptReporting(timings: timings)
        health = HealthLog(replica: replica)
        state = Mutex(State(plan: DispatchPlan(limits: limits)))
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Settles what a former process of this device left open; nothing may be sent before.
    ///
    /// - Returns: The deliveries that are in doubt now.
    package func settle() async throws -> [DeliveryID] {
        let doubtful = try await journal.settle()
        afterReport()
        return doubtful
    }

    /// Tells that there may be work: something was queued or arrived, or a lease began.
    package func ring() {
        tell(.work)
    }

    /// Whether no mail is under way: ending the process now puts none in doubt.
    package var isIdle: Bool { state.withLock { $0.plan.inHand.isEmpty && $0.pending.isEmpty } }

    /// Sends until the task is cancelled; mails under way then are reported as they stand.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    self.ringer.yield()
                    do { try await self.replica.environment.sleep(Self.tickInterval) } catch {
                        return
                    }
                }
            }
            for await _ in bell {
                if Task.isCancelled { break }
                for action in step() { group.addTask { await self.perform(action) } }
                let stale = pool.takeStale(at: replica.environment.uptime())
                if !stale.isEmpty { group.addTask { await self.giveBack(stale) } }
            }
            group.cancelAll()
        }
    }

    /// Sends what can be sent now, and returns when nothing is under way.
    package func runUntilIdle() async {
        await withTaskGroup(of: Void.self) { group in
            tell(.work)
            repeat {
                for action in step() { group.addTask { await self.perform(action) } }
            } while await group.next() != nil
        }
    }

    func take(_ account: AccountID, isFirst: Bool) -> DispatchJob? {
        state.withLock { $0.plan.take(account, isFirst: isFirst) }
    }

    /// How many jobs a connection may take at once, so that the others have work too.
    func share(of account: AccountID) -> Int {
        state.withLock { $0.plan.share(of: account) }
    }

    /// Notes that a connection has its first mail, without a job of the plan.
    func noteBusy(_ account: AccountID) {
        state.withLock { $0.plan.noteBusy(account) }
    }

    /// Gives back what is claimed for an account when no connection is left that could send it.
    func giveBackUnlessConnected(_ account: AccountID) async {
        guard !state.withLock({ $0.plan.isConnected(account) }) else { return }
        await giveBack(pool.takeAll(of: account))
    }

    /// Tells the plan what happened; what it asks for is carried out at the next step.
    func tell(_ event: DispatchPlan.Event) {
        let now = replica.environment.uptime()
        state.withLock { $0.pending += $0.plan.handle(event, at: now) }
        ringer.yield()
    }

    /// Uses an account again whose fault is settled.
    package func forgive(_ account: AccountID) {
        note(nil, of: account)
        ring()
    }

    /// Notes that a server refused an account itself, or took it.
    func note(_ fault: SenderFault?, of account: AccountID) {
        let until = replica.environment.uptime() + Self.faultLifetime
        state.withLock { $0.faults[account] = fault.map { ($0, until) } }
    }

    private func step() -> [DispatchPlan.Action] {
        let now = replica.environment.uptime()
        let grants = leases.grants()
        return state.withLock { state in
            state.pending += state.plan.handle(.leases(grants), at: now)
            state.pending += state.plan.handle(.tick, at: now)
            defer { state.pending = [] }
            return state.pending
        }
    }

    private func perform(_ action: DispatchPlan.Action) async {
        switch action {
        case .reserve(let grants, let maximum): await reserve(under: grants, maximum: maximum)
        case .connect(let account): await DispatchConnection(account, of: self).run()
        case .release(let releases): await release(releases)
        }
    }

    private func reserve(under grants: [LeaseGrant], maximum: Int) async {
        do {
            let reservations = try await ledger.reserve(
                grants.map { HeldLease(account: $0.account, fence: $0.fence) }, maximum: maximum)
            let inHand = state.withLock(\.plan.inHand)
            let sorting = await sort(
                reservations.filter { !inHand.contains($0.delivery) }, under: grants)
            await release(sorting.returned)
            tell(
                .sorted(
                    jobs: sorting.jobs, parked: sorting.parked, returned: sorting.returned.count))
        } catch {
            tell(.reserveFailed)
        }
    }

    /// Losing the message does no harm: the reservations die with the lease.
    private func release(_ releases: [ReleaseRequest]) async {
        guard !releases.isEmpty else { return }
        do { try await ledger.release(releases) } catch { return }
    }

    private func sort(
        _ reservations: [Reservation], under grants: [LeaseGrant]
    ) async -> DispatchSorting {
        let held = Dictionary(grants.map { ($0.account, $0) }, uniquingKeysWith: max)
        let now = replica.environment.uptime()
        let failures = state.withLock { state in
            state.faults.filter { now < $0.value.until }.sorted { $0.key < $1.key }
                .map { SenderFailure.account($0.key, $0.value.fault) }
        }
        var sorting = DispatchSorting(held: held)
        var outcomes: [DispatchSorting.Question: SenderChoice.Outcome] = [:]
        for reservation in reservations {
            let question = DispatchSorting.Question(
                user: reservation.user, type: reservation.type)
            if outcomes[question] == nil {
                // A mail whose sender cannot be looked up waits; the others go on.
                do {
                    outcomes[question] = try await choose(
                        question.user, question.type, Set(held.keys), failures)
                } catch {
                    outcomes[question] = .wait(.noWorkingAccount, alerts: [])
                }
            }
            if let outcome = outcomes[question] { sorting.add(reservation, outcome) }
        }
        return sorting
    }
}
