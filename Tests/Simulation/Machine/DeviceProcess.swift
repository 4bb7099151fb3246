import Outbox
import SyncCore
import SyncServer

/// One process of a device: the real replica and the real drivers, put together as the agent's
/// own loops do it.
final class DeviceProcess: Sendable {
    let device: Int
    let lane: Lane
    let replica: Replica
    let submission: Outbox.Submission
    let channel: ObservedChannel
    private let oracle: Oracle
    private let driver: SyncDriver
    private let keeper: LeaseKeeper
    private let dispatcher: Dispatcher
    private let offers: OfferWorker
    private let mailWork: Bell
    private let arrivals: Bell
    private let leaseBell: Bell
    private let hasNewNetwork = Flag()

    private static let offerRetry = Duration.seconds(5)
    private static let reviewInterval = Duration.seconds(2)
    private static let storageRetry = Duration.seconds(1)

    init(
        _ device: Int, replica: Replica, lane: Lane, hub: HubCard, organisation: Digest,
        timings: Timings, network: Network, post: Post, oracle: Oracle
    ) {
        self.device = device
        self.lane = lane
        self.replica = replica
        self.oracle = oracle
        let environment = replica.environment
        let (mailWork, arrivals, leaseBell) = (Bell(), Bell(), Bell())
        self.mailWork = mailWork
        self.arrivals = arrivals
        self.leaseBell = leaseBell
        submission = Outbox.Submission(replica: replica, afterCommit: { mailWork.ring() })
        let channel = ObservedChannel(
            channel: HubClient(
                identity: replica.identity, organisation: organisation, hub: hub.card,
                transport: network.way(of: device, in: lane), environment: environment),
            device: device, oracle: oracle)
        self.channel = channel
        let driver = SyncDriver(
            replica: replica, channel: channel,
            hasNews: { outcome in
                if outcome.received > 0 { arrivals.ring() }
            })
        self.driver = driver
        let transport = PostWay(post: post, device: device, lane: lane, replica: replica)
        let ledger = HubLedger(channel)
        let hasNewNetwork = hasNewNetwork
        keeper = LeaseKeeper(
            device: replica.identity.id, ledger: ledger, timings: timings,
            environment: environment, accounts: { try await transport.openable() },
            probe: { account in
                let found = await transport.probe(account)
                do {
                    if try await RouteLog(replica: replica).note(found.routes) { driver.wake() }
                } catch {
                    // The log is short; mail leaves all the same.
                }
                return found.isReachable
            },
            hasNetworkChanged: { hasNewNetwork.take() },
            onChange: { leaseBell.ring() })
        dispatcher = Dispatcher(
            replica: replica, ledger: ledger, channel: channel, leases: keeper,
            transport: transport, timings: timings,
            choose: { user, _, held, failures in
                try await Self.choose(user, held, failures, in: replica)
            },
            afterReport: { driver.wake() })
        offers = OfferWorker(replica: replica, channel: channel, afterOffer: { driver.wake() })
    }

    /// Says that the network is another one.
    func networkChanged() {
        hasNewNetwork.set()
        driver.networkChanged()
        mailWork.ring()
    }

    /// Says that there may be something to send, or for the hub.
    func wake() {
        mailWork.ring()
        driver.wake()
    }

    /// Works for ever.
    func run(polling poll: Duration) async {
        await withTaskGroup { group in
            group.addTask { await self.submission.run() }
            group.addTask { await self.driver.run { poll } }
            group.addTask { await self.runMail() }
        }
    }

    /// Carries mail; after a failure of the disk it begins again, as the agent does.
    private func runMail() async {
        while !Task.isCancelled {
            do {
                let doubtful = try await dispatcher.settle()
                for id in doubtful { oracle.tell("n\(device) in doubt \(id)") }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await self.dispatcher.run() }
                    group.addTask { await self.keeper.run() }
                    group.addTask { await self.ringDispatcher() }
                    group.addTask { try await self.answerRequests() }
                    group.addTask { try await self.offer() }
                    group.addTask { try await self.review() }
                    try await group.next()
                    group.cancelAll()
                }
            } catch {
                oracle.tell("n\(device) mail begins again: \(Oracle.word(error))")
            }
            do { try await replica.environment.sleep(Self.storageRetry) } catch { return }
        }
    }

    private func ringDispatcher() async {
        while !Task.isCancelled {
            await leaseBell.wait()
            dispatcher.ring()
        }
    }

    private func offer() async throws {
        while !Task.isCancelled {
            let pass = try await offers.offerWaiting()
            if pass.offered > 0 { dispatcher.ring() }
            if pass.needsSync { driver.wake() }
            if pass.isUnfinished {
                if pass.offered == 0 { try await replica.environment.sleep(Self.offerRetry) }
            } else {
                await mailWork.wait()
                dispatcher.ring()
            }
        }
    }

    private func answerRequests() async throws {
        while !Task.isCancelled {
            let isAsked = try await replica.read { try $0.hasRequests() }
            if isAsked, try await replica.write({ try $0.answerRequests() }) > 0 {
                driver.wake()
                mailWork.ring()
                dispatcher.ring()
            } else {
                await arrivals.wait()
            }
        }
    }

    private func review() async throws {
        while !Task.isCancelled {
            try await replica.environment.sleep(Self.reviewInterval)
            dispatcher.ring()
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

extension PostWay {
    /// The accounts whose secret this device can open, as the product's own transport finds them.
    fileprivate func openable() async throws -> Set<AccountID> {
        try await AccountTransport(
            replica: replica, authorities: AuthorityFiles(directory: "/"),
            network: { NetworkName("simulated") }
        ).openable()
    }
}
