import Outbox
import SyncCore
import Synchronization

/// A ``WakeWatch`` that the tasks of a loop share.
private final class WakeClock: Sendable {
    private let watch = Mutex(WakeWatch())

    func withLock(_ body: (inout WakeWatch) -> Bool) -> Bool { watch.withLock { body(&$0) } }
}

/// Carries the mail of a replica: hands it to the hub, holds leases, and sends what the ledger
/// gives out.
///
/// It is built for one hub and one set of waits; when either changes, another one is built.
final class MailLoop: Sendable {
    /// How often what it was built for is compared with the configuration.
    private static let reviewInterval = Duration.seconds(2)
    /// How long an engine that would leave stays for a mail whose time comes.
    private static let expectation = Duration.seconds(60)
    /// How long after a pass that could not finish the next one is made.
    private static let offerRetry = Duration.seconds(5)

    private let workspace: Workspace
    private let channel: HubClient?
    private let hub: HubCard?
    private let timings: Timings
    private let leases: LeaseKeeper
    private let dispatcher: Dispatcher
    private let leaseBell = Bell()
    private let isOffering = Atomic(false)
    private let isExpecting = Atomic(false)

    /// Whether a mail is being handed over, to the hub or to a server, or soon will be.
    var isBusy: Bool {
        isOffering.load(ordering: .relaxed) || isExpecting.load(ordering: .relaxed)
            || !dispatcher.isIdle
    }

    init(
        workspace: Workspace, hub: HubCard?, channel: HubClient?, timings: Timings,
        transport: AccountTransport, network: NetworkWatch
    ) {
        self.hub = hub
        self.workspace = workspace
        self.channel = channel
        self.timings = timings
        let replica = workspace.replica
        let ledger: any Ledger =
            channel.map { HubLedger($0) } ?? LocalLedger(replica: replica, timings: timings)
        let leaseBell = leaseBell
        let wake = WakeClock()
        leases = LeaseKeeper(
            device: replica.identity.id, ledger: ledger, timings: timings,
            environment: replica.environment, accounts: { try await transport.openable() },
            probe: { account in
                let found = await transport.probe(account)
                do {
                    if try await RouteLog(replica: replica).note(found.routes) {
                        workspace.wakeSync()
                    }
                } catch {
                    // A full disk keeps the log short; it must not keep mail from leaving.
                }
                return found.isReachable
            },
            hasNetworkChanged: {
                let uptime = replica.environment.uptime()
                let hasSlept = wake.withLock { $0.hasSlept(at: uptime) }
                guard network.hasChanged() || hasSlept else { return false }
                workspace.networkChanged()
                return true
            },
            onChange: { leaseBell.ring() })
        dispatcher = Dispatcher(
            replica: replica, ledger: ledger, channel: channel, leases: leases,
            transport: transport, timings: timings,
            choose: { user, _, held, failures in
                try await Self.choose(user, held, failures, in: replica)
            },
            afterReport: { workspace.wakeSync() })
    }

    /// Works until cancelled, or until it should be built anew.
    func run() async throws {
        _ = try await dispatcher.settle()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.dispatcher.run() }
            group.addTask { await self.leases.run() }
            group.addTask { await self.ringDispatcher() }
            group.addTask { try await self.answerRequests() }
            if let channel { group.addTask { try await self.offer(through: channel) } }
            group.addTask { try await self.review() }
            // Whichever ends first ends the others: the review, or a failure.
            try await group.next()
            group.cancelAll()
        }
    }

    private func ringDispatcher() async {
        while !Task.isCancelled {
            await leaseBell.wait()
            dispatcher.ring()
        }
    }

    /// Hands mails to the hub as they are queued.
    private func offer(through channel: HubClient) async throws {
        let workspace = workspace
        let worker = OfferWorker(
            replica: workspace.replica, channel: channel, afterOffer: { workspace.wakeSync() })
        while !Task.isCancelled {
            isOffering.store(true, ordering: .relaxed)
            defer { isOffering.store(false, ordering: .relaxed) }
            let pass = try await worker.offerWaiting()
            isOffering.store(pass.isUnfinished && pass.offered > 0, ordering: .relaxed)
            if pass.offered > 0 { dispatcher.ring() }
            if pass.needsSync { workspace.wakeSync() }
            if pass.isUnfinished {
                // The rest of a long queue goes on at once; an unreachable hub is spared.
                if pass.offered == 0 {
                    try await workspace.replica.environment.sleep(Self.offerRetry)
                }
            } else {
                await workspace.mailWork.wait()
                dispatcher.ring()
            }
        }
    }

    /// Decides about what other devices ask of mails in this device's custody, as they ask.
    private func answerRequests() async throws {
        let replica = workspace.replica
        while !Task.isCancelled {
            // Looking costs no commit.
            let isAsked = try await replica.read { try $0.hasRequests() }
            if isAsked, try await replica.write({ try $0.answerRequests() }) > 0 {
                workspace.wakeSync()
                // A mail that was released or allowed again can go on its way.
                workspace.wakeOutbox()
                dispatcher.ring()
            } else {
                await workspace.arrivals.wait()
            }
        }
    }

    private func review() async throws {
        let environment = workspace.replica.environment
        let trust = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        var due: Timestamp?
        while !Task.isCancelled {
            try await environment.sleep(Self.reviewInterval)
            dispatcher.ring()
            let now = environment.now()
            // What waited for its time goes on its way.
            if let due, due <= now { workspace.wakeOutbox() }
            let (timings, hub, hasLapses, next) = try await workspace.replica.read { transaction in
                (
                    try Timings(transaction.config), transaction.membership.hub,
                    try transaction.hasLapses(at: now), try transaction.outbox.nextDue(after: now)
                )
            }
            due = next
            isExpecting.store(
                next.map { $0 <= now.advanced(by: Self.expectation) } ?? false, ordering: .relaxed)
            if hasLapses, try await workspace.replica.write({ try $0.giveUpOverdue(by: trust) }) > 0
            {
                workspace.wakeSync()
            }
            guard timings == self.timings, hub == self.hub else { return }
        }
    }

    private static func choose(
        _ user: UserID, _ held: Set<AccountID>, _ failures: [SenderFailure], in replica: Replica
    ) async throws -> SenderChoice.Outcome {
        try await replica.read { transaction in
            let name = transaction.membership.name
            guard var choice = try transaction.directory.senderChoice(for: user, of: name) else {
                return .wait(.noAccount, alerts: [])
            }
            choice.heldLeases = held
            choice.failures = failures
            return choice.outcome
        }
    }
}
