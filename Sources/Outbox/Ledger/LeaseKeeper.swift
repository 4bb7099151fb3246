package import SyncCore
import Synchronization

/// Runs the elections of this device, one for each account, and knows what it may claim.
package final class LeaseKeeper: Sendable {
    private enum Work: Sendable {
        case ask([(request: LeaseRequest, number: Int)])
        case probe(AccountID)
        case giveUp([LeaseRequest])
    }

    /// How long between two ticks.
    package static let tickInterval = Duration.milliseconds(500)
    /// How many ticks between two looks at the accounts.
    private static let ticksPerRefresh = 10

    private let device: DeviceID
    private let environment: Environment
    private let ledger: any Ledger
    private let timing: LeaseElectionTiming
    private let accounts: @Sendable () async throws -> Set<AccountID>
    private let probe: @Sendable (AccountID) async -> Bool
    private let hasNetworkChanged: @Sendable () -> Bool
    private let onChange: @Sendable () -> Void
    private let elections = Mutex<[AccountID: LeaseElection]>([:])

    /// Creates the elections of a device.
    ///
    /// - Parameters:
    ///   - device: This device.
    ///   - ledger: Who grants leases.
    ///   - timings: The organisation's waits.
    ///   - environment: Time and chance.
    ///   - accounts: The accounts this device may send for: it has `sender` and the secret.
    ///   - probe: Tries to reach a server of an account.
    ///   - hasNetworkChanged: Whether the device's network changed since the last call.
    ///   - onChange: Called when a lease began or ended.
    package init(
        device: DeviceID, ledger: any Ledger, timings: Timings, environment: Environment,
        accounts: @escaping @Sendable () async throws -> Set<AccountID>,
        probe: @escaping @Sendable (AccountID) async -> Bool,
        hasNetworkChanged: @escaping @Sendable () -> Bool = { false },
        onChange: @escaping @Sendable () -> Void = {}
    ) {
        self.device = device
        self.ledger = ledger
        self.environment = environment
        self.accounts = accounts
        self.probe = probe
        self.hasNetworkChanged = hasNetworkChanged
        self.onChange = onChange
        var timing = LeaseElectionTiming()
        timing.margin = timings.margin
        timing.requestTimeout = min(timing.requestTimeout, timings.lease)
        timing.probeInterval = min(timing.probeInterval, timings.probe)
        // One probe ends before the next begins.
        timing.probeRoutine = max(timings.probe, timings.connect)
        timing.reachFreshness = max(timing.reachFreshness, timings.probe * 2)
        self.timing = timing
    }

    /// The grants under which claims may be made at this moment, in ascending order.
    package func grants() -> [LeaseGrant] {
        let now = environment.uptime()
        return elections.withLock { $0.values.compactMap { $0.grant(at: now) } }.sorted()
    }

    /// The grant of one account, if a claim may be made at this moment.
    package func grant(of account: AccountID) -> LeaseGrant? {
        let now = environment.uptime()
        return elections.withLock { $0[account]?.grant(at: now) }
    }

    /// Notes that a delivery reached a server of an account, or that it could reach none.
    package func note(_ account: AccountID, isReachable: Bool) async {
        await perform(tell(account, isReachable ? .serverReached : .serverUnreachable))
    }

    /// Notes that the ledger does not know a grant any more, so that no claim is made under it.
    package func noteSuperseded(_ grant: LeaseGrant) async {
        await perform(tell(grant.account, .superseded(grant.fence)))
    }

    /// Runs the elections until the task is cancelled, and then gives every lease up.
    package func run() async {
        await withDiscardingTaskGroup { group in
            var tick = 0
            while !Task.isCancelled {
                if tick % Self.ticksPerRefresh == 0 { group.addTask { await self.refresh() } }
                tick += 1
                // A question may take long; the ticks must not wait for it.
                for work in advance() { group.addTask { await self.perform([work]) } }
                do { try await environment.sleep(Self.tickInterval) } catch { break }
            }
            group.cancelAll()
        }
        let now = environment.uptime()
        let last = elections.withLock { elections in
            Self.handle(.stop, by: &elections, at: now)
        }
        await perform(Self.work(for: last))
        onChange()
    }

    /// Looks at the accounts, lets time pass once, and carries everything out.
    package func step() async {
        await refresh()
        await perform(advance())
    }

    /// Learns which accounts this device may send for.
    package func refresh() async {
        let entitled: Set<AccountID>
        do { entitled = try await accounts() } catch {
            // Without an answer nothing changes; the elections go on as they were.
            return
        }
        let now = environment.uptime()
        let actions = elections.withLock { elections in
            // In order, because each draws on chance.
            for account in entitled.sorted() where elections[account] == nil {
                elections[account] = LeaseElection(
                    account: account, device: device, seed: environment.randomNumber(),
                    timing: timing)
            }
            return elections.keys.sorted().flatMap { account in
                let event = LeaseElection.Event.entitled(entitled.contains(account))
                return Self.handle([event, .tick], of: account, by: &elections, at: now)
            }
        }
        await perform(work(of: actions))
    }

    private func advance() -> [Work] {
        let now = environment.uptime()
        let isChanged = hasNetworkChanged()
        let actions = elections.withLock { elections in
            (isChanged ? Self.handle(.networkChanged, by: &elections, at: now) : [])
                + Self.handle(.tick, by: &elections, at: now)
        }
        return work(of: actions)
    }

    private static func handle(
        _ event: LeaseElection.Event, by elections: inout [AccountID: LeaseElection],
        at now: Duration
    ) -> [(AccountID, LeaseElection.Action)] {
        elections.keys.sorted().flatMap { account in
            (elections[account]?.handle(event, at: now) ?? []).map { (account, $0) }
        }
    }

    private func tell(_ account: AccountID, _ events: LeaseElection.Event...) -> [Work] {
        let now = environment.uptime()
        return work(
            of: elections.withLock { Self.handle(events, of: account, by: &$0, at: now) })
    }

    private static func handle(
        _ events: [LeaseElection.Event], of account: AccountID,
        by elections: inout [AccountID: LeaseElection], at now: Duration
    ) -> [(AccountID, LeaseElection.Action)] {
        events.flatMap { elections[account]?.handle($0, at: now) ?? [] }.map { (account, $0) }
    }

    /// Gathers what goes into one message, and tells whoever waits for a lease.
    private func work(of actions: [(AccountID, LeaseElection.Action)]) -> [Work] {
        let isChanged = actions.contains { _, action in
            switch action {
            case .startClaiming, .stopClaiming: true
            case .request, .probe, .giveUp: false
            }
        }
        if isChanged { onChange() }
        return Self.work(for: actions)
    }

    private static func work(for actions: [(AccountID, LeaseElection.Action)]) -> [Work] {
        var requests: [(request: LeaseRequest, number: Int)] = []
        var farewells: [LeaseRequest] = []
        var work: [Work] = []
        for (account, action) in actions {
            switch action {
            case .request(let request, let number): requests.append((request, number))
            case .giveUp(let request, _): farewells.append(request)
            case .probe: work.append(.probe(account))
            case .startClaiming, .stopClaiming: continue
            }
        }
        if !farewells.isEmpty { work.append(.giveUp(farewells)) }
        if !requests.isEmpty { work.append(.ask(requests)) }
        return work
    }

    private func perform(_ work: [Work]) async {
        for work in work {
            switch work {
            case .ask(let requests): await ask(requests)
            case .probe(let account):
                let isReachable = await probe(account)
                // Mail may be waiting for this answer, so nothing waits for the next tick.
                await perform(tell(account, .probed(isReachable: isReachable), .tick))
            case .giveUp(let requests):
                // Losing the message does no harm: the lease runs out.
                do { _ = try await ledger.lease(requests) } catch { continue }
            }
        }
    }

    private func ask(_ requests: [(request: LeaseRequest, number: Int)]) async {
        var replies: [AccountID: LeaseReply.Outcome] = [:]
        do {
            for reply in try await ledger.lease(requests.map(\.request)) {
                replies[reply.account] = reply.outcome
            }
        } catch {
            // It could not be put to the ledger; the election waits before it asks again.
            replies = [:]
        }
        for (request, number) in requests {
            let event: LeaseElection.Event =
                switch replies[request.account] {
                case .granted(let fence, let length): .granted(fence, for: length, request: number)
                case .refused(let wait): .refused(retryAfter: wait, request: number)
                case .released, nil: .unanswered(request: number)
                }
            await perform(tell(request.account, event))
        }
    }
}
