package import Outbox
package import SyncCore
import Synchronization

/// An organisation's replica, open, with the ways to the hub that belong to it.
package final class Workspace: Sendable {
    /// The way to the hub, built from what membership says of it.
    private struct Link {
        let hub: HubCard
        let client: HubClient
        let driver: SyncDriver
        let transport: CurlTransport
    }

    package let replica: Replica
    /// The directory of the home.
    private let home: String
    /// The way into the queue of mails.
    package let submission: Outbox.Submission
    /// Rings when there may be a mail to send or to hand over to the hub.
    package let mailWork = Bell()
    /// Rings when records of other devices arrived, requests about own mails among them.
    let arrivals = Bell()
    /// Rings when what the loops depend on has changed.
    package let changes = Bell()
    /// Rings when the network is another one, or its proxy.
    private let network = Bell()
    /// Rings when who belongs, or the configuration, may have changed.
    private let members = Bell()
    /// Rings when who belongs has changed, and with it perhaps what this device is to have.
    private let scopes = Bell()
    private let link = Mutex<Link?>(nil)
    private let mail = Mutex<MailLoop?>(nil)

    /// Where a certificate authority for the hub is kept, if one was named.
    private static let authorityFact = "hub authority"
    private static let pollDefault = Timings().poll
    /// How long after a failure of the replica its loops are begun again.
    private static let storageRetry = Duration.seconds(1)

    /// The views that a replica keeps besides the configuration.
    static let folds: [any RecordFold] = [OutboxFold()]

    /// Takes a replica that was opened with ``folds``.
    package init(replica: Replica, home: String) {
        self.replica = replica
        self.home = home
        submission = Outbox.Submission(replica: replica)
    }

    /// Works until cancelled: stores what is submitted, and keeps in touch with the hub.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.submission.run() }
            group.addTask { try await self.keepRunning { try await self.runSync() } }
            group.addTask { try await self.keepRunning { try await self.runMail() } }
            group.addTask { try await self.keepRunning { try await self.followMembership() } }
            group.addTask { try await self.keepRunning { try await self.followNetwork() } }
            group.addTask {
                let retention = RetentionLoop(
                    replica: self.replica, news: self.scopes, hasSigned: self.wakeSync)
                try await self.keepRunning { try await retention.run() }
            }
            group.addTask {
                let digest = AlertDigest(
                    replica: self.replica, submission: self.submission,
                    hasQueued: { self.wakeOutbox() })
                try await self.keepRunning { try await digest.run() }
            }
            try await group.waitForAll()
        }
    }

    /// Runs a loop again after the replica failed it: with space again, or when the file was
    /// opened anew and found whole, work goes on by itself.
    private func keepRunning(_ loop: () async throws -> Void) async throws {
        while !Task.isCancelled {
            do {
                try await loop()
            } catch is StorageError {
                // While the replica turns everybody away, asking it costs nothing.
                try await replica.environment.sleep(Self.storageRetry)
            }
        }
    }

    /// Whether ending now would interrupt a mail on its way.
    package var isBusy: Bool { mail.withLock { $0?.isBusy ?? false } }

    /// The way to the hub, or nothing while no hub is attached.
    package func channel() async throws -> HubClient? {
        try await current()?.client
    }

    /// What keeps the replica and the hub in agreement, or nothing while no hub is attached.
    package func driver() async throws -> SyncDriver? {
        try await current()?.driver
    }

    /// A way to a hub that membership does not name yet.
    ///
    /// - Parameters:
    ///   - hub: The hub.
    ///   - organisation: The organisation it serves.
    ///   - authority: A certificate authority to trust besides the system's, as PEM text.
    /// - Returns: The way; no connection is made yet.
    /// - Throws: ``StorageError`` if the authority cannot be put where libcurl reads it.
    package func channel(
        to hub: HubCard, of organisation: Digest, authority: String?
    ) async throws -> HubClient {
        client(
            of: hub, organisation,
            by: try transport(to: hub, authority: authority, by: try await way()))
    }

    private func client(
        of hub: HubCard, _ organisation: Digest, by transport: CurlTransport
    ) -> HubClient {
        HubClient(
            identity: replica.identity, organisation: organisation, hub: hub.card,
            transport: transport, environment: replica.environment,
            life: { [replica] in replica.identity.incarnation })
    }

    private func transport(
        to hub: HubCard, authority: String?, by way: TransportSettings.Proxy
    ) throws(StorageError) -> CurlTransport {
        var settings = TransportSettings(hubURL: hub.url, version: Product.version)
        settings.proxy = way
        if let authority {
            settings.extraCertificates = try AuthorityFiles(directory: home).file(for: authority)
        }
        return CurlTransport(settings)
    }

    /// The proxy of the network that the device is in; nothing where the environment decides.
    func proxy() async throws -> ProxyMemory.Entry? {
        let network = NetworkFiles.fingerprint
        return try await replica.read { try ProxyMemory($0.replicaStore).entry(for: network) }
    }

    private func way() async throws -> TransportSettings.Proxy {
        try await proxy()?.way ?? .environment
    }

    /// Remembers the proxy of this network, or of all that have none of their own, and takes it.
    func setProxy(_ entry: ProxyMemory.Entry?, everywhere isEverywhere: Bool) async throws {
        let network = isEverywhere ? nil : NetworkFiles.fingerprint
        try await replica.write { try ProxyMemory($0.replicaStore).set(entry, for: network) }
        networkChanged()
    }

    /// Takes the proxy of each network that the device comes into.
    private func followNetwork() async throws {
        while !Task.isCancelled {
            await network.wait()
            link.withLock(\.self)?.transport.take(try await way())
            link.withLock(\.self)?.driver.networkChanged()
        }
    }

    /// Remembers the certificate authority of the hub, as PEM text.
    package func setAuthority(_ pem: String?) async throws {
        try await replica.write { transaction in
            try transaction.replicaStore.setFact(Self.authorityFact, Array((pem ?? "").utf8))
        }
    }

    /// Says that there is something for the hub.
    package func wakeSync() {
        link.withLock(\.self)?.driver.wake()
    }

    /// Says that the network is another one: waiting for it to get better is over.
    package func networkChanged() {
        network.ring()
        mailWork.ring()
    }

    /// Says that there may be a mail to send or to hand over.
    package func wakeOutbox() {
        mailWork.ring()
    }

    /// Says that there may be something to erase.
    package func wakeRetention() {
        scopes.ring()
    }

    /// Says that a hub was attached or that capabilities changed.
    package func membershipChanged() {
        changes.ring()
        members.ring()
        scopes.ring()
    }

    /// Does what a change of members asks of this device: hand passwords to new senders, or,
    /// once it was revoked itself, hand over what it still has.
    private func followMembership() async throws {
        let handover = SecretHandover(replica: replica)
        while !Task.isCancelled {
            if let channel = try await channel() {
                let farewell = Farewell(replica: replica, channel: channel)
                if try await farewell.isDue() {
                    do {
                        try await farewell.run()
                    } catch let error where !(error is StorageError) {
                        try await replica.environment.sleep(Self.farewellRetry)
                        continue
                    }
                }
            }
            if let rank = try await handover.rank() {
                // Another device may be quicker; then nothing is left to do.
                try await replica.environment.sleep(Self.handoverTurn * rank)
                if try await handover.rank() != nil {
                    try await handover.run(by: "agent")
                    wakeSync()
                }
            }
            await members.wait()
        }
    }

    /// How long after a failure a revoked device tries again to hand over what it has.
    private static let farewellRetry = Duration.seconds(10)
    /// How long each device that could hand passwords over waits for the one before it.
    private static let handoverTurn = Duration.seconds(5)

    /// Syncs until cancelled, or until another hub is attached.
    package func runSync() async throws {
        while !Task.isCancelled {
            guard let driver = try await driver() else {
                await changes.wait()
                continue
            }
            await withTaskGroup { group in
                group.addTask {
                    await driver.run { await self.pollWait() }
                }
                group.addTask { await self.waitForAnotherHub(than: driver) }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// How long the hub may hold a poll; the default while the configuration is unreadable.
    private func pollWait() async -> Duration {
        do {
            return try await replica.read { try Timings($0.config).poll }
        } catch {
            return Self.pollDefault
        }
    }

    /// Carries mail until cancelled.
    private func runMail() async throws {
        let transport = AccountTransport(
            replica: replica, authorities: AuthorityFiles(directory: home),
            network: { NetworkName(NetworkFiles.fingerprint.bytes.hexadecimal) })
        let (watch, wake) = (NetworkWatch(), WakeClock())
        let surroundings = MailLoop.Surroundings(
            work: mailWork, arrivals: arrivals, wakeSync: { self.wakeSync() },
            accounts: { try await transport.openable() },
            hasNetworkChanged: {
                let uptime = self.replica.environment.uptime()
                let hasSlept = wake.withLock { $0.hasSlept(at: uptime) }
                guard watch.hasChanged() || hasSlept else { return false }
                self.networkChanged()
                return true
            })
        while !Task.isCancelled {
            let link = try await current()
            let timings = try await replica.read { try Timings($0.config) }
            let loop = MailLoop(
                replica: replica, hub: link?.hub, channel: link?.client, timings: timings,
                transport: transport, in: surroundings)
            mail.withLock { $0 = loop }
            try await loop.run()
        }
    }

    private func waitForAnotherHub(than driver: SyncDriver) async {
        while !Task.isCancelled {
            await changes.wait()
            do {
                guard try await self.driver() === driver else { return }
            } catch {
                return  // The replica failed; whoever uses it next says so.
            }
        }
    }

    private func current() async throws -> Link? {
        let (hub, organisation, authority) = try await replica.read { transaction in
            let pem = try transaction.replicaStore.fact(Self.authorityFact)
            return (
                transaction.membership.hub, transaction.membership.organisation,
                pem.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
            )
        }
        guard let hub else { return nil }
        if let link = link.withLock(\.self), link.hub == hub { return link }
        let transport = try transport(to: hub, authority: authority, by: try await way())
        let client = client(of: hub, organisation, by: transport)
        let driver = SyncDriver(
            replica: replica, channel: client
        ) { [weak self] outcome in
            if outcome.hasNewMembership { self?.membershipChanged() }
            // What the hub forgot of mails in its custody is still here.
            if outcome.hasNewHubLife { self?.wakeOutbox() }
            if outcome.received > 0 {
                self?.arrivals.ring()
                self?.members.ring()
            }
        } successor: { [weak self] hub in
            try await self?.channel(to: hub, of: organisation, authority: authority)
        }
        let made = Link(hub: hub, client: client, driver: driver, transport: transport)
        return link.withLock { link in
            if let link, link.hub == hub { return link }
            link = made
            return made
        }
    }
}
