import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A hub that is restored from a backup: what it forgot may have been sent.
struct RestoredHubTests {
    private static let account = AccountID(validated: "ventas")
    private static let branch = BranchID(validated: "matriz")

    /// A hub with a home, a device, and mails that were offered before and after the backup.
    private final class World {
        let directory = TemporaryDirectory()
        let manual = ManualEnvironment(seed: 500)
        var store: SQLiteStore
        var hub: Hub
        let device: Replica
        let organisation: Digest

        static let before = MessageID(validated: [UInt8](repeating: 1, count: 16))
        static let after = MessageID(validated: [UInt8](repeating: 2, count: 16))

        var backup: HubBackup {
            Self.backup(directory.path, manual.environment)
        }

        private static func backup(_ home: String, _ environment: Environment) -> HubBackup {
            HubBackup(
                home: home,
                keys: KeyRing(
                    database: "\(home)/hub.db",
                    machineKey: MachineKeySource(home: home, credentials: nil),
                    environment: environment), environment: environment)
        }

        init() async throws {
            let environment = manual.environment
            let path = directory.file("hub.db")
            let key = try KeyFile.create(
                for: path,
                machineKey: try MachineKey.readOrCreate(
                    at: directory.file("machine.key"), environment: environment),
                environment: environment)
            store = try await SQLiteStore(path: path, key: key, environment: environment)
            hub = try await Hub(store: store, environment: environment)
            let chance = ManualEnvironment(seed: 1).environment
            device = try await Replica.open(
                path: directory.file("device.db"),
                key: SecretBytes(randomCount: 32, from: chance), name: "n1", environment: chance)
            let recovery = RecoveryKey(randomFrom: chance)
            try await device.write {
                try $0.found("INAIR", branch: branch, recovery: recovery)
            }
            organisation = try await device.read { $0.membership.organisation }
            let card = HubCard(url: "https://hub.example.mx", card: store.identity.card)
            let entries = try await device.read { transaction in
                try transaction.replicaStore.membershipEntries(after: 0)
                    + [transaction.nextEntry(.hub(card))]
            }
            _ = try await channel().ask(.admit(entries), within: .seconds(1))
            try await device.write { transaction in
                if let last = entries.last { try transaction.admit(last) }
            }
        }

        func channel() -> HubClient {
            HubClient(
                identity: device.identity, organisation: organisation, hub: store.identity.card,
                transport: DirectTransport(handler: HubHandler(hub: hub)),
                environment: device.environment)
        }

        func synchronise() async throws {
            try await SyncDriver(replica: device, channel: channel()).synchronise()
        }

        /// Queues a mail at the device, gives it to the hub, and tells it so.
        func offer(_ message: MessageID) async throws {
            try await device.write { transaction in
                let scope = Scope.branch(branch)
                let user = UserID(validated: "juan")
                try transaction.append(
                    QueuedReport(
                        message: message, user: user, type: "general",
                        recipients: ["ana@example.com"], byteCount: 100, entity: nil),
                    kind: QueuedReport.recordKind, topic: .audit, scope: scope, actor: "juan")
                try transaction.append(
                    MailOffer(
                        message: message, branch: branch, user: user, type: "general",
                        recipients: ["ana@example.com"], byteCount: 100,
                        created: Timestamp(milliseconds: 0), epoch: 1, manifest: [1],
                        blob: Digest(of: message.bytes),
                        hub: try SyncStore(transaction.replicaStore).hubIncarnation()),
                    kind: MailOffer.recordKind, topic: .mail, scope: .organisation,
                    actor: "agent")
            }
            try await synchronise()
        }

        func state(_ message: MessageID) async throws -> LedgerState? {
            let id = DeliveryID(message: message, recipient: 0)
            return try await store.transaction { try $0.delivery(id)?.record.state }
        }

        /// Puts the home aside and restores the backup in an empty one, with the machine's key.
        func restore(_ file: String, into place: TemporaryDirectory) async throws {
            let key = try #require(WholeFile(directory.file("machine.key")).bytes)
            WholeFile(place.file("machine.key")).write(key)
            let environment = ManualEnvironment(seed: 700).environment
            let restored = Self.backup(place.path, environment)
            _ = try await restored.restore(file) { throw BackupError(.noKey, path: file) }
            try await store.close()
            store = try await SQLiteStore(
                path: place.file("hub.db"), key: try restored.keys.open(), mayCreate: false,
                environment: environment)
            hub = try await Hub(store: store, environment: manual.environment)
        }
    }

    private static let queued = LedgerState.queued(notBefore: Timestamp(milliseconds: 0))

    @Test func `a restored hub holds what it has, and what it is offered again, in doubt`()
        async throws
    {
        let world = try await World()
        try await world.synchronise()
        try await world.offer(World.before)
        let file = world.directory.file("hub.bak")
        _ = try await world.backup.save(world.store, in: file, replacing: false) { _ in }
        try await world.offer(World.after)
        #expect(try await world.state(World.before) == Self.queued)
        #expect(try await world.state(World.after) == Self.queued)
        let life = world.store.identity.incarnation

        let place = TemporaryDirectory()
        try await world.restore(file, into: place)
        #expect(world.store.identity.incarnation != life)
        #expect(try await world.store.formerLives().map(\.reason) == [.restored])
        #expect(try await world.state(World.before) == .inDoubt(nil))
        #expect(try await world.state(World.after) == nil)
        // The device notices the other life and brings everything once more.
        try await world.synchronise()
        try await world.synchronise()
        #expect(try await world.state(World.after) == .inDoubt(nil))

        // A mail that is offered to the present life is not in doubt.
        let later = MessageID(validated: [UInt8](repeating: 3, count: 16))
        try await world.offer(later)
        #expect(try await world.state(later) == Self.queued)

        // A person at any device decides; the hub carries it out.
        let id = DeliveryID(message: World.before, recipient: 0)
        var detail = AttemptDetail()
        detail.reason = DeliveryReport.requestedReason
        let request = DeliveryReport(
            delivery: id, fact: .suspicion(turn: 2), detail: detail)
        _ = try await world.device.write { transaction in
            try transaction.append(
                request, kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(Self.branch), actor: "ana")
        }
        try await world.synchronise()
        #expect(try await world.state(World.before) == Self.queued)
        #expect(try await world.state(World.after) == .inDoubt(nil))
        #expect(try await LogVerifier(world.device).verify().isWhole)
        withExtendedLifetime(place) {}
    }

    @Test func `what a restored hub wrote and forgot comes back from those who hold it`()
        async throws
    {
        let world = try await World()
        try await world.synchronise()
        try await world.offer(World.before)
        let file = world.directory.file("hub.bak")
        _ = try await world.backup.save(world.store, in: file, replacing: false) { _ in }
        let life = world.store.identity.incarnation
        let delivery = DeliveryID(message: World.before, recipient: 0)
        let attempt = AttemptID(
            number: 1,
            grant: LeaseGrant(
                account: Self.account, device: world.device.identity.id,
                fence: FencingToken(counter: 1, nonce: 1)))
        // It grants an attempt, says so, and clears a suspicion of the origin.
        for fact in [
            DeliveryFact.claimed(attempt, doubtAt: Timestamp(milliseconds: 1)),
            .suspicion(turn: 2),
        ] {
            try await world.store.transaction { transaction in
                try transaction.append(
                    DeliveryReport(delivery: delivery, fact: fact, detail: AttemptDetail()),
                    scope: .branch(Self.branch))
            }
        }
        try await world.synchronise()
        let place = TemporaryDirectory()
        try await world.restore(file, into: place)
        for _ in 0..<3 { try await world.synchronise() }

        let feed = FeedID(
            device: world.store.identity.id, incarnation: life, topic: .audit,
            scope: .branch(Self.branch))
        let vector = try await world.store.transaction { try $0.vector() }
        #expect(vector[feed] == 2)
        let ours = try await world.device.read { try $0.stateDigests() }
        #expect(try await world.store.stateDigests() == ours)
        // The attempt is known again; and this life still suspects what came after it.
        let record = try #require(
            try await world.store.transaction { try $0.delivery(delivery)?.record })
        #expect(record.attempts.map(\.id) == [attempt])
        #expect(record.isSuspect)
        let carried = try await world.device.read { try SyncStore($0.replicaStore).carried() }
        #expect(carried.feeds.isEmpty)
        let alarms = try await world.store.alarms().map(\.kind)
        #expect(!alarms.contains(.newLife))
        withExtendedLifetime(place) {}
    }

    @Test func `a restored hub grants no lease until those of its former life are over`()
        async throws
    {
        let world = try await World()
        let file = world.directory.file("hub.bak")
        // No lease was ever granted before the backup, and one after it.
        _ = try await world.backup.save(world.store, in: file, replacing: false) { _ in }
        let wish = HubRequest.lease([
            LeaseRequest(account: Self.account, fence: nil, canReach: true)
        ])
        guard
            case .lease(let replies) = try await world.channel().ask(wish, within: .seconds(1)),
            case .granted = replies[0].outcome
        else {
            Issue.record("The device was granted no lease before.")
            return
        }
        let place = TemporaryDirectory()
        try await world.restore(file, into: place)
        guard
            case .lease(let early) = try await world.channel().ask(wish, within: .seconds(1)),
            case .refused(let wait) = early[0].outcome
        else {
            Issue.record("The restored hub granted a lease at once.")
            return
        }
        let timings = Timings()
        #expect(wait == timings.lease + timings.drain)
        world.manual.advance(by: wait)
        guard
            case .lease(let late) = try await world.channel().ask(wish, within: .seconds(1)),
            case .granted = late[0].outcome
        else {
            Issue.record("The restored hub grants no lease later either.")
            return
        }
        withExtendedLifetime(place) {}
    }

    @Test func `a backup of a hub is proved, and goes into an empty home only`() async throws {
        let world = try await World()
        try await world.synchronise()
        try await world.offer(World.before)
        let file = world.directory.file("hub.bak")
        _ = try await world.backup.save(world.store, in: file, replacing: false) { _ in }
        await #expect(throws: BackupError(.exists, path: file)) {
            _ = try await world.backup.save(world.store, in: file, replacing: false) { _ in }
        }
        let outcome = try await world.backup.verify(file) {
            throw BackupError(.noKey, path: file)
        }
        #expect(outcome.facts.recordsCount == 2)
        await #expect(throws: BackupError(.notEmpty, path: world.directory.path)) {
            _ = try await world.backup.restore(file) { throw BackupError(.noKey, path: file) }
        }
        var bytes = try #require(WholeFile(file).bytes)
        bytes[bytes.count / 2] ^= 1
        WholeFile(file).write(bytes)
        await #expect(throws: BackupError(.altered(part: "database"), path: file)) {
            _ = try await world.backup.verify(file) { throw BackupError(.noKey, path: file) }
        }
        try await world.store.close()
    }

    @Test func `a hub that serves is saved through its door, and another asks in vain`()
        async throws
    {
        let world = try await World()
        let home = world.directory.path
        let (store, backup) = (world.store, world.backup)
        #expect(try ControlSocket.ask(home, toSaveIn: "/x", replacing: false) { _ in } == nil)
        let control = try #require(try ControlSocket(in: home))
        let file = world.directory.file("hub.bak")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await control.run(.live()) { path, replaces, progress in
                        try await backup.save(
                            store, in: path, replacing: replaces, progress: progress)
                    }
                } catch is CancellationError {
                    // The hub stops.
                }
            }
            let answer = try await Self.onThread {
                try ControlSocket.ask(home, toSaveIn: file, replacing: false) { _ in }
            }
            #expect(answer?.contains("hub.bak") == true)
            await #expect(throws: (any Error).self) {
                _ = try await Self.onThread {
                    try ControlSocket.ask(home, toSaveIn: file, replacing: false) { _ in }
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(WholeFile(file).bytes?.isEmpty == false)
        #expect(!BackupFile.exists(ControlSocket.path(of: home)))
        try await world.store.close()
    }

    /// Runs what blocks where it stops nobody else.
    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await Blocking().run(body)
    }
}

/// A thread for calls that block.
private actor Blocking {
    private let executor = SerialQueue(label: "test.blocking")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func run<Value: Sendable>(_ body: @Sendable () throws -> Value) throws -> Value {
        try body()
    }
}
