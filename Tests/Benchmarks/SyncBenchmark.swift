import Glibc
import SyncCore

/// The steps of the `sync` benchmark that one replica takes, in its home.
struct SyncBenchmark {
    private static let branch = BranchID(validated: "matriz")
    private static let replyWait = Duration.seconds(30)

    private let home: String
    private let environment = Environment.live()

    init(home: String) {
        self.home = home
    }

    /// Begins an organisation, attaches the hub, and invites an auditor.
    func found(hubToken: String) async throws -> Measurement {
        let hub = try TokenText.read(hubToken, prefix: HubToken.prefix, as: HubToken.self).hub
        let replica = try await open()
        let recovery = RecoveryKey(randomFrom: environment)
        let entries = try await replica.write { transaction in
            try transaction.found("Bench", branch: Self.branch, recovery: recovery)
            return try transaction.replicaStore.membershipEntries(after: 0)
                + [transaction.nextEntry(.hub(hub))]
        }
        let organisation = try await replica.read { $0.membership.organisation }
        let (channel, _) = channel(of: replica, to: hub, organisation)
        _ = try await channel.ask(.admit(entries), within: Self.replyWait)
        try await replica.write { transaction in
            if let last = entries.last { try transaction.admit(last) }
        }
        let token = try await invite(by: replica, through: channel, hub, organisation)
        try await replica.close()
        var measurement = Measurement()
        measurement.add("token", word: TokenText.write(token, prefix: JoinToken.prefix))
        return measurement
    }

    /// Joins with an invitation.
    func join(token text: String) async throws -> Measurement {
        let token = try TokenText.read(text, prefix: JoinToken.prefix, as: JoinToken.self)
        let replica = try await open()
        let (channel, _) = channel(of: replica, to: token.hub, token.organisation)
        try await Joining(replica: replica, token: token, channel: channel).join()
        try await replica.close()
        return Measurement()
    }

    /// Writes records, a number of them in each commit.
    func write(records: Int, perCommit: Int) async throws -> Measurement {
        let replica = try await open()
        var measurement = Measurement()
        try await measurement.time("seconds", in: environment) {
            for first in stride(from: 0, to: records, by: perCommit) {
                try await replica.write { transaction in
                    for number in first..<min(first + perCommit, records) {
                        try transaction.append(
                            AuditRows.body(number), kind: AuditRows.kind, topic: .audit,
                            scope: .branch(Self.branch), actor: "agent")
                    }
                }
            }
        }
        measurement.addPeakMemory()
        try await replica.close()
        return measurement
    }

    /// Exchanges with the hub until nothing is left to send or to fetch.
    func synchronise() async throws -> Measurement {
        let replica = try await open()
        let (hub, organisation) = try await replica.read {
            ($0.membership.hub, $0.membership.organisation)
        }
        guard let hub else { throw HubRefusal(.otherOrganisation) }
        let (channel, transport) = channel(of: replica, to: hub, organisation)
        var measurement = Measurement()
        try await measurement.time("seconds", in: environment) {
            try await SyncDriver(replica: replica, channel: channel).synchronise()
        }
        measurement.addPeakMemory()
        transport.report(to: &measurement)
        let (digest, vector, alarms) = try await replica.read { transaction in
            let state = try transaction.stateDigest(of: .audit, .branch(Self.branch))
            let alarms = try AlarmStore(transaction.connection).all().count
            return (state.digest, state.vector, alarms)
        }
        measurement.add("records", vector.feeds.reduce(0) { $0 + vector[$1] })
        measurement.add("alarms", alarms)
        measurement.add("digest", word: digest.description)
        try await replica.close()
        return measurement
    }

    private func open() async throws -> Replica {
        guard mkdir(home, 0o700) == 0 || errno == EEXIST else {
            throw StorageError(.cannotOpen, path: home)
        }
        let key = try MachineKey.readOrCreate(
            at: home + "/machine.key", environment: environment)
        return try await Replica.open(
            path: home + "/replica.db", key: key, name: "bench", environment: environment)
    }

    private func channel(
        of replica: Replica, to hub: HubCard, _ organisation: Digest
    ) -> (HubClient, CountingTransport) {
        let transport = CountingTransport(
            CurlTransport(TransportSettings(hubURL: hub.url, version: "bench")))
        let client = HubClient(
            identity: replica.identity, organisation: organisation, hub: hub.card,
            transport: transport, environment: environment)
        return (client, transport)
    }

    private func invite(
        by replica: Replica, through channel: HubClient, _ hub: HubCard, _ organisation: Digest
    ) async throws -> JoinToken {
        let seed = environment.randomBytes(SigningKey.seedByteCount)
        let id = InviteID(randomFrom: environment)
        let expires = environment.now().advanced(by: .seconds(3600))
        try await MembershipWriter(replica: replica, channel: channel).make { _ in
            var copy = seed
            let key = SigningKey(seed: SecretBytes(consuming: &copy))
            return .invite(
                Invitation(
                    id: id, key: key.verificationKey, branch: Self.branch,
                    capabilities: [.auditor], expires: expires))
        }
        return JoinToken(
            hub: hub, organisation: organisation, invite: id, seed: seed, expires: expires)
    }
}
