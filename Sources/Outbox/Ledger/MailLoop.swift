package import SyncCore
import Synchronization

/// Carries the mail of a replica: hands it to the hub, holds leases, and sends what the ledger
/// gives out.
///
/// It is built for one hub and one set of waits; when either changes, another one is built.
package final class MailLoop: Sendable {
    /// What the loop stands in: the process around it.
    package struct Surroundings: Sendable {
        /// Rings when there may be a mail to send or to hand over to the hub.
        let work: Bell
        /// Rings when records of other devices arrived.
        let arrivals: Bell
        /// Says that there is something for the hub.
        let wakeSync: @Sendable () -> Void
        /// The accounts whose secret this device can open.
        let accounts: @Sendable () async throws -> Set<AccountID>
        /// Whether the network became another one since it was asked last.
        let hasNetworkChanged: @Sendable () -> Bool

        /// Describes a process.
        ///
        /// - Parameters:
        ///   - work: Rings when there may be a mail to send or to hand over to the hub.
        ///   - arrivals: Rings when records of other devices arrived.
        ///   - wakeSync: Says that there is something for the hub.
        ///   - accounts: The accounts whose secret this device can open.
        ///   - hasNetworkChanged: Whether the network became another one since it was asked last.
        package init(
            work: Bell, arrivals: Bell, wakeSync: @escaping @Sendable () -> Void,
            accounts: @escaping @Sendable () async throws -> Set<AccountID>,
            hasNetworkChanged: @escaping @Sendable () -> Bool
        ) {
            self.work = work
            self.arrivals = arrivals
            self.wakeSync = wakeSync
            self.accounts = accounts
            self.hasNetworkChanged = hasNetworkChanged
        }
    }

    /// How often what it was built for is compared with the configuration.
    private static let reviewInterval = Duration.seconds(2)
    /// How long an engine that would leave stays for a mail whose time comes.
    private static let expectation = Duration.seconds(60)
    /// How long after a pass that could not finish the next one is made.
    private static let offerRetry = Duration.seconds(5)

    private let replica: Replica
    private let surroundings: Surroundings
    private let channel: (any HubChannel)?
    private let hub: HubCard?
    private let timings: Timings
    private let leases: LeaseKeeper
    private let dispatcher: Dispatcher
    private let health: HealthWatch
    private let leaseBell = Bell()
    private let isOffering = Atomic(false)
    private let isExpecting = Atomic(false)

    /// Whether a mail is being handed over, to the hub or to a server, or soon will be.
    package var isBusy: Bool {
        isOffering.load(ordering: .relaxed) || isExpecting.load(ordering: .relaxed)
            || !dispatcher.isIdle || health.isBusy
    }

    /// Builds the loop.
    ///
    /// - Parameters:
    ///   - replica: The replica, opened with ``OutboxFold``.
    ///   - hub: The hub, if the organisation has one.
    ///   - channel: The way there.
    ///   - timings: The organisation's waits.
    ///   - transport: The way to mail servers.
    ///   - surroundings: The process around it.
    package init(
        replica: Replica, hub: HubCard?, channel: (any HubChannel)?, timings: Timings,
        transport: any MailTransport, in surroundings: Surroundings
    ) {
        self.replica = replica
        self.hub = hub
        self.channel = channel
        self.timings = timings
        self.surroundings = surroundings
        let ledger: any Ledger =
            channel.map { HubLedger($0) } ?? LocalLedger(replica: replica, timings: timings)
        let leaseBell = leaseBell
        leases = LeaseKeeper(
            device: replica.identity.id, ledger: ledger, timings: timings,
            environment: replica.environment, accounts: surroundings.accounts,
            probe: { account in
                let found = await transport.probe(account)
                do {
                    if try await RouteLog(replica: replica).note(found.routes) {
                        surroundings.wakeSync()
                    }
                } catch {
                    // A full disk keeps the log short; it must not keep mail from leaving.
                }
                return found.isReachable
            },
            hasNetworkChanged: surroundings.hasNetworkChanged, onChange: { leaseBell.ring() })
        dispatcher = Dispatcher(
            replica: replica, ledger: ledger, channel: channel, leases: leases,
            transport: transport, timings: timings,
            choose: { user, _, held, failures in
                try await Self.choose(user, held, failures, in: replica)
            },
            afterReport: surroundings.wakeSync)
        let dispatcher = dispatcher
        health = HealthWatch(
            replica: replica, interval: timings.check,
            check: { try await transport.check($0) },
            onRecovery: { dispatcher.forgive($0) }, afterRecord: surroundings.wakeSync)
    }

    /// Works until cancelled, or until it should be built anew.
    package func run() async throws {
        _ = try await dispatcher.settle()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.dispatcher.run() }
            group.addTask { await self.leases.run() }
            group.addTask { await self.ringDispatcher() }
            group.addTask { try await self.answerRequests() }
            if let channel { group.addTask { try await self.offer(through: channel) } }
            group.addTask { try await self.health.run() }
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
    private func offer(through channel: any HubChannel) async throws {
        let worker = OfferWorker(
            replica: replica, channel: channel, afterOffer: surroundings.wakeSync)
        while !Task.isCancelled {
            isOffering.store(true, ordering: .relaxed)
            defer { isOffering.store(false, ordering: .relaxed) }
            let pass = try await worker.offerWaiting()
            isOffering.store(pass.isUnfinished && pass.offered > 0, ordering: .relaxed)
            if pass.offered > 0 { dispatcher.ring() }
            if pass.needsSync { surroundings.wakeSync() }
            if pass.isUnfinished {
                // The rest of a long queue goes on at once; an unreachable hub is spared.
                if pass.offered == 0 { try await replica.environment.sleep(Self.offerRetry) }
            } else {
                await surroundings.work.wait()
                dispatcher.ring()
            }
        }
    }

    /// Decides about what other devices ask of mails in this device's custody, as they ask.
    private func answerRequests() async throws {
        while !Task.isCancelled {
            // Looking costs no commit.
            let isAsked = try await replica.read { try $0.hasRequests() }
            if isAsked, try await replica.write({ try $0.answerRequests() }) > 0 {
                surroundings.wakeSync()
                // A mail that was released or allowed again can go on its way.
                surroundings.work.ring()
                dispatcher.ring()
            } else {
                await surroundings.arrivals.wait()
            }
        }
    }

    private func review() async throws {
        let environment = replica.environment
        let trust = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        var due: Timestamp?
        while !Task.isCancelled {
            try await environment.sleep(Self.reviewInterval)
            dispatcher.ring()
            let now = environment.now()
            // What waited for its time goes on its way.
            if let due, due <= now { surroundings.work.ring() }
            let (timings, hub, hasLapses, next) = try await replica.read { transaction in
                (
                    try Timings(transaction.config), transaction.membership.hub,
                    try transaction.hasLapses(at: now), try transaction.outbox.nextDue(after: now)
                )
            }
            due = next
            isExpecting.store(
                next.map { $0 <= now.advanced(by: Self.expectation) } ?? false, ordering: .relaxed)
            if hasLapses, try await replica.write({ try $0.giveUpOverdue(by: trust) }) > 0 {
                surroundings.wakeSync()
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
