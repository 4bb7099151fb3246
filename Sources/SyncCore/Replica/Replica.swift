import Synchronization

/// A device's copy of what it may know: its feeds, the views folded from them, and its keys.
///
/// The hub keeps one too; there, the views are its ledger and its console.
package final class Replica: Sendable {
    package let environment: Environment
    // The keys never change; the life may, in a transaction.
    private let currentIdentity: Mutex<DeviceIdentity>
    let database: Database
    private let care: ReplicaCare
    private let folds: [any RecordFold]
    private let kinds: KnownKinds
    // Only saves folding the chain again: its head says whether it still holds.
    private let cachedMembership = Mutex(Membership())

    /// Opens a replica whose tables exist or are made now.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - key: The key of its pages.
    ///   - name: What people shall call the device, if its keys are made now.
    ///   - folds: The views to keep besides the configuration.
    ///   - kinds: The kinds of records that this version reads.
    ///   - modules: Further tables, which no record folds into.
    ///   - mayCreate: Whether a missing file is made; elsewhere than at the beginning, a missing
    ///     file is a loss that must be seen.
    ///   - habitat: How the file is compared with where it lived. If it is another one, another
    ///     life begins.
    ///   - ground: What the file stands on.
    ///   - environment: Time and chance.
    /// - Returns: The replica; its device's keys are made when there are none yet.
    /// - Throws: ``StorageError`` if the database cannot be opened.
    package static func open(
        path: String, key: SecretBytes, name: String, folds: [any RecordFold] = [],
        kinds: [RecordKind] = RecordKind.all, modules: [SchemaModule] = [], mayCreate: Bool = true,
        habitat: HabitatCheck = .file,
        ground: StorageGround = StorageGround(), environment: Environment
    ) async throws -> Replica {
        var options = ConnectionOptions()
        options.mayCreate = mayCreate
        options.returnsPages = true
        options.fileSystem = ground.fileSystem
        options.watch = environment.watch
        let folds: [any RecordFold] = [ConfigFold(), RetentionFold(), SnapshotFold()] + folds
        let care = ReplicaCare(path: path, environment: environment)
        let database = try Database(
            path: path, key: key,
            modules: [
                ReplicaStore.schema, FeedStore.schema, AlarmStore.schema, CheckpointStore.schema,
            ]
                + folds.map(\.schema) + modules,
            options: options, care: care.storage, executor: ground.executor)
        let identity = try await database.write { connection in
            try IdentityStore(connection).loadOrMake(name: name, environment: environment)
        }
        let replica = Replica(
            identity: identity, environment: environment, database: database, care: care,
            folds: folds, kinds: KnownKinds(kinds))
        try await replica.noteOpening()
        try await replica.foldNewKinds()
        try await replica.live(at: habitat)
        return replica
    }

    /// Who this device is, and the present life of its replica.
    package var identity: DeviceIdentity { currentIdentity.withLock(\.self) }

    /// Raises the alarms that opening found cause for, unless there is no room for them.
    private func noteOpening() async throws {
        let environment = environment
        let isClockBehind = try await database.read { connection in
            try ReplicaStore(connection).clockWatch().lag(at: environment.now()) != nil
        }
        guard isClockBehind || !health.unnoted.isEmpty else { return }
        do {
            // What the files met is noted with any write.
            try await database.write { try ReplicaStore($0).noteClock(at: environment.now()) }
        } catch let error as StorageError where error.code == .full {
            // It stays in `health`, and is written down when there is room.
        }
    }

    private init(
        identity: DeviceIdentity, environment: Environment, database: Database,
        care: ReplicaCare, folds: [any RecordFold], kinds: KnownKinds
    ) {
        currentIdentity = Mutex(identity)
        self.environment = environment
        self.database = database
        self.care = care
        self.folds = folds
        self.kinds = kinds
    }

    /// Folds what an earlier version kept without reading it, unless there is no room for that.
    private func foldNewKinds() async throws {
        let known = kinds.names
        let folded = try await read { try $0.replicaStore.foldedKinds() }
        guard folded != known else { return }
        do {
            _ = try await write { try $0.foldNewKinds() }
        } catch let error as StorageError where error.code == .full {
            // The next opening does it.
        }
    }

    /// Reads, in a transaction that is rolled back should the body have written.
    package func read<Value: Sendable>(
        _ body: @Sendable (ReplicaTransaction) throws -> Value
    ) async throws -> Value {
        try await database.read { connection in try body(self.transaction(on: connection)) }
    }

    /// Writes, and returns when what was written is on stable storage.
    package func write<Value: Sendable>(
        _ body: @Sendable (ReplicaTransaction) throws -> Value
    ) async throws -> Value {
        let (value, time, _) = try await database.write { connection in
            let transaction = try self.transaction(on: connection)
            let value = try body(transaction)
            return (value, try transaction.finish(), transaction.identity)
        } stored: { _, _, identity in
            self.currentIdentity.withLock { $0 = identity }
        }
        care.acknowledge(time)
        return value
    }

    /// How the replica's files do, without waiting for whoever uses them.
    package var health: StorageHealth { database.health }
    /// The database file.
    package var path: String { care.path }

    /// Gives some free pages back to the disk, but not those that the next mails will take.
    ///
    /// - Returns: Whether there are more to give back.
    package func returnFreePages() async throws -> Bool {
        let free = try await database.read { connection in
            try connection.returnsPages() ? connection.pageCounts().free : 0
        }
        let spare = free - Self.reservedPagesCount
        guard spare > 0 else { return false }
        let count = min(spare, Self.returnedPagesMaximum)
        try await database.write { try $0.returnFreePages(count) }
        return spare > count
    }

    /// How many free pages stay in the file: 1 MiB.
    private static let reservedPagesCount = 256
    /// How many pages are given back in one step; each takes a page from the file's end.
    private static let returnedPagesMaximum = 128

    /// Moves the log into the main file.
    package func checkpoint() async throws {
        try await database.checkpoint()
    }

    /// Authenticates pages of the main file as they lie on the disk.
    package func checkPages(after page: Int) async throws -> PageCheck {
        try await database.checkPages(after: page)
    }

    /// Reads the tables as they are, even where what they hold is not valid.
    ///
    /// Only a check of the replica itself wants that.
    package func inspect<Value: Sendable>(
        _ body: @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await database.read(body)
    }

    /// Closes the database; nothing may be asked of the replica afterwards.
    package func close() async throws {
        try await database.close()
    }

    private func transaction(on connection: Connection) throws -> ReplicaTransaction {
        try ReplicaTransaction(
            connection: connection, identity: identity, environment: environment,
            membership: membership(on: connection), folds: folds, kinds: kinds)
    }

    private func membership(on connection: Connection) throws -> Membership {
        let store = ReplicaStore(connection)
        let head = try store.membershipHead()
        let cached = cachedMembership.withLock(\.self)
        if cached.head == head { return cached }
        var membership = Membership()
        for entry in try store.membershipEntries(after: 0) { try membership.admit(entry) }
        cachedMembership.withLock { $0 = membership }
        return membership
    }
}
