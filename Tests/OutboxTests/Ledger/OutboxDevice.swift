import Outbox
import SyncCore
import TestSupport

/// The one device of an organisation, which can be killed and started again.
struct OutboxDevice {
    let manual: ManualEnvironment
    let directory = TemporaryDirectory()
    private let key: SecretBytes
    private(set) var replica: Replica

    static let ventas = AccountID(validated: "ventas")
    static let avisos = AccountID(validated: "avisos")

    init(seed: UInt64 = 1) async throws {
        manual = ManualEnvironment(seed: seed)
        let environment = manual.environment
        key = SecretBytes(randomCount: 32, from: environment)
        replica = try await Self.open(directory, key, environment)
        let identity = replica.identity
        let epochSeed = SecretBytes(
            randomCount: SealingKey.seedByteCount, from: environment)
        let epoch = ContentEpoch(
            number: 1, target: SealingKey(seed: epochSeed).target,
            sealedKeys: [
                SealedEpochKey(
                    epoch: 1, device: identity.id,
                    sealed: identity.card.sealingTarget.seal(epochSeed))
            ])
        let genesis = Genesis(
            name: "INAIR", device: identity.card, branch: BranchID(validated: "matriz"),
            recovery: SealingKey(randomFrom: environment).target, epoch: epoch,
            nonce: environment.randomBytes(Genesis.nonceByteCount))
        let entry = MembershipEntry(
            .genesis(genesis), height: 1, previous: .zero, signedBy: identity.signingKey)
        try await replica.write { try $0.admit(entry) }
    }

    /// Starts the device again on the same disk, after its replica was closed.
    mutating func restart() async throws {
        replica = try await Self.open(directory, key, manual.environment)
    }

    func enqueue(_ mails: [MailSubmission]) async throws {
        let submission = Submission(replica: replica)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await submission.run() }
            for mail in mails { _ = try await submission.enqueue(mail) }
            group.cancelAll()
        }
    }

    func deliveries() async throws -> [DeliveryRecord] {
        try await replica.read { transaction in
            try transaction.outbox.list(MailFilter(), limit: 100)
                .flatMap { $0.deliveries.map(\.record) }
        }
    }

    /// What the log says of a delivery's end, newest first.
    func log(_ words: [LogWord]) async throws -> [LogLine] {
        var filter = LogFilter()
        filter.words = words
        let wanted = filter
        return try await replica.read { try $0.outbox.log(wanted, limit: 100).map(\.line) }
    }

    /// Attaches a hub, and returns its replica.
    func attachHub() async throws -> Replica {
        let environment = ManualEnvironment(seed: 77).environment
        let hub = try await Replica.open(
            path: directory.file("hub.db"),
            key: SecretBytes(randomCount: 32, from: environment), name: "hub",
            environment: environment)
        let identity = replica.identity
        try await replica.write { transaction in
            try transaction.admit(
                MembershipEntry(
                    .hub(HubCard(url: "https://hub.inair.com.mx", card: hub.identity.card)),
                    height: transaction.membership.height + 1,
                    previous: transaction.membership.head, signedBy: identity.signingKey))
        }
        let entries = try await replica.read { try $0.replicaStore.membershipEntries(after: 0) }
        try await hub.write { transaction in
            for entry in entries { try transaction.admit(entry) }
        }
        return hub
    }

    private static func open(
        _ directory: TemporaryDirectory, _ key: SecretBytes, _ environment: Environment
    ) async throws -> Replica {
        try await Replica.open(
            path: directory.file("replica.db"), key: key, name: "n1", folds: [OutboxFold()],
            environment: environment)
    }
}
