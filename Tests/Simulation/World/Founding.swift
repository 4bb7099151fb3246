import HTTPService
import Outbox
import SyncCore
import SyncServer

/// Makes an organisation, as its people would on the first morning.
struct Founding: Sendable {
    let machines: [Machine]
    let lanes: [Lane]

    /// Founds, joins, grants and configures, and returns what is on the disks then.
    func run() async throws -> Template {
        let hub = try await HubProcess.open(machines[0], in: lanes[0], mayCreate: true)
        let handler = HubHandler(hub: hub.hub)
        let card = HubCard(url: "https://hub.example.mx", card: hub.store.identity.card)
        let founder = try await replica(of: 1)
        let recovery = RecoveryKey(randomFrom: founder.environment)
        try await founder.write {
            try $0.found(
                "INAIR", branch: BranchID(validated: Template.devices[0].branch),
                recovery: recovery)
        }
        let organisation = try await founder.read { $0.membership.organisation }
        func channel(of replica: Replica) -> HubClient {
            HubClient(
                identity: replica.identity, organisation: organisation, hub: card.card,
                transport: DirectWay(handler: handler), environment: replica.environment)
        }
        try await attach(card, to: founder, through: channel(of: founder))
        var replicas = [founder]
        let writer = MembershipWriter(replica: founder, channel: channel(of: founder))
        for number in 1..<Template.devices.count {
            let device = Template.devices[number]
            let token = try await invite(
                to: device.branch, device.capabilities, by: writer, founder, card)
            let replica = try await replica(of: number + 1)
            try await Joining(
                replica: replica, token: token, channel: channel(of: replica)
            ).join()
            replicas.append(replica)
            try await grant(device.capabilities, to: replica.identity.id, by: writer)
        }
        try await founder.write { try Self.configure($0) }
        for _ in 0..<2 {
            for replica in replicas {
                try await SyncDriver(replica: replica, channel: channel(of: replica))
                    .synchronise()
            }
        }
        for replica in replicas { try await replica.close() }
        try await hub.store.close()
        return Template(
            images: machines.map { $0.image() }, hub: card, organisation: organisation,
            names: replicas.map(\.identity.id))
    }

    private func replica(of number: Int) async throws -> Replica {
        let (machine, lane) = (machines[number], lanes[number])
        return try await Replica.open(
            path: Machine.path, key: machine.key, name: Template.name(of: number),
            folds: [OutboxFold()], habitat: .place(machine.habitat),
            ground: machine.ground(of: lane), environment: machine.environment(of: lane))
    }

    private func attach(
        _ card: HubCard, to founder: Replica, through channel: HubClient
    ) async throws {
        let entries = try await founder.read { transaction in
            try transaction.replicaStore.membershipEntries(after: 0)
                + [transaction.nextEntry(.hub(card))]
        }
        _ = try await channel.ask(.admit(entries), within: .seconds(1))
        try await founder.write { transaction in
            if let last = entries.last { try transaction.admit(last) }
        }
    }

    private func invite(
        to branch: String, _ capabilities: [Capability], by writer: MembershipWriter,
        _ founder: Replica, _ card: HubCard
    ) async throws -> JoinToken {
        let environment = founder.environment
        let seed = environment.randomBytes(SigningKey.seedByteCount)
        let id = InviteID(randomFrom: environment)
        let expires = environment.now().advanced(by: .seconds(3600))
        try await writer.make { _ in
            var copy = seed
            let key = SigningKey(seed: SecretBytes(consuming: &copy))
            return .invite(
                Invitation(
                    id: id, key: key.verificationKey, branch: BranchID(validated: branch),
                    capabilities: capabilities, expires: expires))
        }
        return JoinToken(
            hub: card, organisation: try await founder.read { $0.membership.organisation },
            invite: id, seed: seed, expires: expires)
    }

    private func grant(
        _ capabilities: [Capability], to device: DeviceID, by writer: MembershipWriter
    ) async throws {
        try await writer.make { transaction in
            let membership = transaction.membership
            guard let member = membership.device(device) else { throw MembershipError(.unknown) }
            return .grant(
                device: device, capabilities: capabilities.sorted(),
                keys: capabilities.contains(.sender)
                    ? transaction.identity.epochKeys(for: member.card, in: membership) : [])
        }
    }

    private static func configure(_ transaction: ReplicaTransaction) throws {
        let timings = Template.timings
        let waits = [
            ("lease", timings.lease), ("doubt", timings.doubt), ("connect", timings.connect),
            ("retry", timings.retry), ("probe", timings.probe), ("poll", timings.poll),
        ]
        let values = waits.map { name, wait in
            (RegisterPath("timing", name), RegisterValue.integer(wait.milliseconds))
        }
        try transaction.configure(
            Dictionary(values) { first, _ in first }, actor: "simulation")
        let editor = DirectoryEditor(transaction, actor: "simulation")
        for user in Template.users {
            var change = UserChange()
            change.name = user.text
            change.email = try MailAddress("\(user)@example.mx", in: .from)
            try editor.addUser(user, change)
        }
        for account in Template.accounts {
            var change = AccountChange()
            change.address = try MailAddress("\(account)@example.mx", in: .from)
            change.host = "smtp.example.mx"
            change.routes = [AccountRoute(port: 465, security: .implicit)]
            var password = Array(Oracle.password.utf8)
            try editor.addAccount(
                account, change, password: SecretBytes(consuming: &password),
                owner: account == Template.accounts[0] ? Template.users[0] : nil)
        }
        try editor.setFallbacks([Template.accounts[1]])
    }
}

/// Carries requests to a hub without a network.
private struct DirectWay: SyncTransport {
    let handler: HubHandler

    func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8] {
        await handler.respond(
            to: HTTPRequest(method: .post, path: HubHandler.path, body: request)
        ).body
    }
}
