import Outbox
import SyncCore
import SyncServer

/// One process of a device: the real replica and the real drivers, put together as the agent
/// does it.
final class DeviceProcess: Sendable {
    let device: Int
    let lane: Lane
    let replica: Replica
    let submission: Outbox.Submission
    let channel: ObservedChannel
    private let oracle: Oracle
    private let hub: HubCard
    private let transport: PostWay
    private let driver: SyncDriver
    private let mailWork: Bell
    private let arrivals: Bell
    private let hasNewNetwork = Flag()

    private static let storageRetry = Duration.seconds(1)

    init(
        _ device: Int, replica: Replica, lane: Lane, hub: HubCard, organisation: Digest,
        network: Network, post: Post, oracle: Oracle
    ) {
        self.device = device
        self.lane = lane
        self.replica = replica
        self.oracle = oracle
        self.hub = hub
        let (mailWork, arrivals) = (Bell(), Bell())
        self.mailWork = mailWork
        self.arrivals = arrivals
        submission = Outbox.Submission(replica: replica, afterCommit: { mailWork.ring() })
        let channel = ObservedChannel(
            channel: HubClient(
                identity: replica.identity, organisation: organisation, hub: hub.card,
                transport: network.way(of: device, in: lane), environment: replica.environment,
                life: { replica.identity.incarnation }),
            device: device, oracle: oracle)
        self.channel = channel
        driver = SyncDriver(
            replica: replica, channel: channel,
            hasNews: { outcome in
                if outcome.received > 0 { arrivals.ring() }
                if outcome.hasNewHubLife { mailWork.ring() }
            })
        transport = PostWay(post: post, device: device, lane: lane, replica: replica)
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
        let surroundings = MailLoop.Surroundings(
            work: mailWork, arrivals: arrivals, wakeSync: { [driver] in driver.wake() },
            accounts: { [transport] in try await transport.openable() },
            hasNetworkChanged: { [hasNewNetwork] in hasNewNetwork.take() })
        while !Task.isCancelled {
            do {
                let timings = try await replica.read { try Timings($0.config) }
                try await MailLoop(
                    replica: replica, hub: hub, channel: channel, timings: timings,
                    transport: transport, in: surroundings
                ).run()
                continue
            } catch {
                oracle.tell("n\(device) mail begins again: \(Oracle.word(error))")
            }
            do { try await replica.environment.sleep(Self.storageRetry) } catch { return }
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
