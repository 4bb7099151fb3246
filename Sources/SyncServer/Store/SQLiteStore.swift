package import SyncCore

/// The hub's embedded store: an encrypted replica like that of a device, with the hub's ledger
/// and blobs beside it.
package struct SQLiteStore: ServerStore {
    package let replica: Replica

    /// Opens the store, and makes the hub's keys when there are none yet.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - key: The key of its pages.
    ///   - mayCreate: Whether a missing file is made.
    ///   - habitat: How the file is compared with where it lived.
    ///   - ground: What the file stands on.
    ///   - environment: Time and chance.
    /// - Throws: ``StorageError`` if the database cannot be opened.
    package init(
        path: String, key: SecretBytes, mayCreate: Bool = true, habitat: HabitatCheck = .file,
        ground: StorageGround = StorageGround(), environment: Environment
    ) async throws {
        replica = try await Replica.open(
            path: path, key: key, name: "hub", folds: Self.folds,
            modules: [CheckpointTables.schema, DevicePlaces.schema], mayCreate: mayCreate,
            habitat: habitat, ground: ground, environment: environment)
        // What another life began with was written before anything else could see it.
        try await replica.write { try SQLiteTransaction(transaction: $0).addMissingStretches() }
    }

    /// The views that the hub's replica keeps besides the configuration.
    static let folds: [any RecordFold] = [HubLedgerFold()]

    /// The hub's alarms, oldest first.
    package func alarms() async throws -> [Alarm] {
        try await replica.read { try AlarmStore($0.connection).all() }
    }

    /// Ends the alarms that tell of what happened once, after a person has seen to them.
    ///
    /// - Returns: Those that still stand.
    package func dismissAlarms() async throws -> [Alarm] {
        try await replica.write { transaction in
            let alarms = AlarmStore(transaction.connection)
            for alarm in try alarms.all() where alarm.kind.isEvent {
                try alarms.clear(alarm.kind, subject: alarm.subject)
            }
            return try alarms.all()
        }
    }

    /// The lives of the hub that ended, oldest first.
    package func formerLives() async throws -> [FormerLife] {
        try await replica.read { try LifeStore($0.replicaStore).former() }
    }

    /// Makes a backup of the hub while it works: ``BackupMaker``.
    ///
    /// The organisation's recovery key is given a slot first, so that another machine can open it.
    package func makeBackup(
        in folder: BackupFolder, keys: KeyRing, program: String,
        progress: (BackupProgress) async -> Void
    ) async throws -> BackupManifest {
        _ = try await replica.ensureRecoverySlot(keys)
        return try await BackupMaker(replica, kind: .hub, program: program).make(
            in: folder, keys: try await replica.backupKeys(), progress: progress)
    }

    package var identity: DeviceIdentity { replica.identity }

    package func transaction<Value: Sendable>(
        _ body: @Sendable (any ServerTransaction) throws -> Value
    ) async throws -> Value {
        try await replica.write { transaction in
            let store = SQLiteTransaction(transaction: transaction)
            let before = try store.ownVector()
            let value = try body(store)
            try store.addOwnStretches(since: before)
            return value
        }
    }

    /// What is held of every topic and scope, in ascending order.
    package func stateDigests() async throws -> [StateDigest] {
        try await replica.read { try $0.stateDigests() }
    }

    package func beginLife(forgetting checkpoint: Checkpoint) async throws -> Bool {
        try await replica.write { transaction in
            let store = SQLiteTransaction(transaction: transaction)
            guard try store.hasForgotten(checkpoint) else { return false }
            let lives = LifeStore(transaction.replicaStore)
            if checkpoint.incarnation != transaction.identity.incarnation {
                try lives.add(
                    FormerLife(
                        incarnation: checkpoint.incarnation, end: checkpoint.time,
                        reason: .behind))
            }
            try transaction.beginLife(for: .behind)
            try store.addMissingStretches()
            return true
        }
    }

    package func close() async throws {
        try await replica.close()
    }
}

/// A transaction of the embedded store.
struct SQLiteTransaction: ServerTransaction {
    let transaction: ReplicaTransaction

    private static let fenceFact = "last fence"

    private var ledger: LedgerTables { LedgerTables(connection: transaction.connection) }
    private var blobs: BlobTables { BlobTables(connection: transaction.connection) }

    private var places: DevicePlaces { DevicePlaces(connection: transaction.connection) }

    private var tree: CheckpointTables { CheckpointTables(connection: transaction.connection) }

    var membership: Membership { transaction.membership }

    func timings() throws -> Timings { try Timings(transaction.config) }

    func admit(_ entry: MembershipEntry, at now: Timestamp?) throws {
        try transaction.admit(entry, at: now)
    }

    func reconcile(_ entries: [MembershipEntry]) throws -> Bool {
        try transaction.reconcile(entries)
    }

    func rivals() throws -> [MembershipEntry] { try transaction.rivals() }

    func surrender(of device: DeviceID) throws -> SurrenderState {
        try transaction.replicaStore.fact(Self.surrenderFact(device))
            .map { try SurrenderState(canonicalBytes: $0) } ?? SurrenderState()
    }

    func setSurrender(_ state: SurrenderState, of device: DeviceID) throws {
        try transaction.replicaStore.setFact(Self.surrenderFact(device), state.canonicalBytes)
    }

    private static func surrenderFact(_ device: DeviceID) -> String { "surrender \(device)" }

    func formerKeys() throws -> [HubKeys] { try FormerHubKeys(transaction).all() }

    func membershipEntries(after height: UInt64, maximum: Int) throws -> [MembershipEntry] {
        try transaction.replicaStore.membershipEntries(after: height, maximum: maximum)
    }

    func admit(_ batch: FeedBatch, keeping parcel: BatchParcel?) throws -> Int {
        let isNewLife = try isNewLife(batch.head.feed)
        let count = try transaction.admit(batch, keeping: parcel)
        if count > 0 {
            if isNewLife { try raiseNewLife(of: batch.head.feed.device) }
            try addStretch(
                batch.head.feed, first: batch.head.sequence - UInt64(count) + 1,
                last: batch.head.sequence)
            try tree.append(batch.head)
        }
        return count
    }

    /// Whether a device known here writes in a life that was not heard of.
    private func isNewLife(_ feed: FeedID) throws -> Bool {
        // Its own lives the hub knows.
        guard feed.device != transaction.identity.id,
            try transaction.feeds.end(of: feed).count == 0
        else { return false }
        let lives = try transaction.feeds.vector().feeds
            .filter { $0.device == feed.device }.map(\.incarnation)
        return !lives.isEmpty && !lives.contains(feed.incarnation)
    }

    private func raiseNewLife(of device: DeviceID) throws {
        let alarms = AlarmStore(transaction.connection)
        // The latest one counts.
        try alarms.clear(.newLife, subject: device.description)
        let name = transaction.membership.device(device)?.card.name ?? ""
        try alarms.raise(
            Alarm(
                kind: .newLife, subject: device.description,
                time: transaction.environment.now(), detail: name))
    }

    func freeze(_ device: DeviceID, evidence: FeedBatch) throws {
        try FrozenDevices(connection: transaction.connection).freeze(device, evidence: evidence)
        let feed = evidence.head.feed
        try AlarmStore(transaction.connection).raise(
            Alarm(
                kind: .fork, subject: device.description, time: transaction.environment.now(),
                detail: FeedError.fork(feed, sequence: evidence.first).evidence))
    }

    func keepEvidence(_ batch: FeedBatch) throws { try transaction.keepEvidence(batch) }

    func thaw(_ device: DeviceID) throws {
        if let evidence = try evidence(against: device) {
            try keepEvidence(evidence)
            try FrozenDevices(connection: transaction.connection).thaw(device)
        }
        try AlarmStore(transaction.connection).clear(.fork, subject: device.description)
    }

    func frozenDevices() throws -> [DeviceID] {
        try FrozenDevices(connection: transaction.connection).all()
    }

    func evidence(against device: DeviceID) throws -> FeedBatch? {
        try FrozenDevices(connection: transaction.connection).evidence(against: device)
    }

    func append(_ report: DeliveryReport, scope: Scope) throws {
        try transaction.append(
            report, kind: DeliveryReport.recordKind, topic: .audit, scope: scope, actor: "hub")
    }

    func vector() throws -> VersionVector { try transaction.feeds.vector() }

    func position() throws -> UInt64 {
        try transaction.connection.first("SELECT max(position) FROM hub_stretch") {
            UInt64($0.optionalInteger(0) ?? 0)
        } ?? 0
    }

    func stretches(after position: UInt64, maximum: Int) throws -> [FeedStretch] {
        try transaction.connection.rows(
            "SELECT position, feed, first, last FROM hub_stretch WHERE position > ? "
                + "ORDER BY position LIMIT ?",
            .integer(position), .integer(maximum)
        ) { row in
            FeedStretch(
                position: row.bits(0), feed: try FeedID(canonicalBytes: row.bytes(1)),
                first: row.bits(2), last: row.bits(3))
        }
    }

    func feedEnds(of topic: Topic, _ scope: Scope) throws -> [FeedEnd] {
        try transaction.feeds.feedEnds(of: topic, scope: scope)
    }

    func recordHash(of feed: FeedID, _ sequence: UInt64) throws -> Digest {
        try transaction.feeds.storedHash(of: feed, sequence)
    }

    func partDigests() throws -> [Digest] { try transaction.config.partDigests() }

    func fieldDigests(in part: UInt8) throws -> [FieldDigest] {
        try transaction.config.fieldDigests(in: part)
    }

    func register(_ path: RegisterPath) throws -> Register {
        try transaction.config.register(path)
    }

    func batch(
        of feed: FeedID, after sequence: UInt64, withSeeds: Bool
    ) throws -> FeedBatch? {
        try transaction.feeds.batch(of: feed, after: sequence, withSeeds: withSeeds)
    }

    func parcel(of feed: FeedID, after sequence: UInt64) throws -> BatchParcel? {
        try transaction.feeds.parcel(of: feed, after: sequence)
    }

    func shownSnapshot(of scope: Scope) throws -> (LogSnapshot, FeedBatch)? {
        try transaction.shownSnapshot(of: scope)
    }

    func stateDigest(of topic: Topic, _ scope: Scope) throws -> StateDigest {
        try transaction.stateDigest(of: topic, scope)
    }

    func hasForgotten(_ checkpoint: Checkpoint) throws -> Bool {
        guard checkpoint.incarnation != transaction.identity.incarnation else {
            return try root(of: checkpoint.size) != checkpoint.root
        }
        return try !formerLives().contains { $0.incarnation == checkpoint.incarnation }
    }

    func acceptedCount() throws -> UInt64 { try tree.tree().size }

    func root(of count: UInt64) throws -> Digest? {
        let tree = try tree.tree()
        return count <= tree.size ? try tree.root(of: count) : nil
    }

    func consistencyProof(from count: UInt64) throws -> [Digest] {
        try tree.tree().consistencyProof(from: count)
    }

    func subjects() throws -> [(topic: Topic, scope: Scope)] { try transaction.feeds.subjects() }

    func delivery(_ id: DeliveryID) throws -> HubDelivery? {
        guard let (record, account) = try ledger.record(of: id),
            let offer = try ledger.offer(of: id)
        else { return nil }
        return HubDelivery(record: record, offer: offer, account: account)
    }

    func save(_ delivery: HubDelivery) throws {
        try ledger.save(delivery.record, account: delivery.account)
    }

    func waiting(at now: Timestamp, accounts: [AccountID], maximum: Int) throws -> [HubDelivery] {
        try ledger.waiting(at: now, accounts: accounts, maximum: maximum)
    }

    func reserved(under grants: [LeaseGrant], maximum: Int) throws -> [HubDelivery] {
        try ledger.reserved(under: grants, maximum: maximum)
    }

    func expiring(at now: Timestamp, maximum: Int) throws -> [HubDelivery] {
        try ledger.expiring(at: now, maximum: maximum)
    }

    func overdue(at now: Timestamp, maximum: Int) throws -> [HubDelivery] {
        try ledger.overdue(at: now, maximum: maximum)
    }

    func clockSeen() throws -> Timestamp? { try transaction.replicaStore.clockSeen() }

    func setClockSeen(_ now: Timestamp) throws { try transaction.replicaStore.setClockSeen(now) }

    func formerLives() throws -> [FormerLife] {
        try LifeStore(transaction.replicaStore).former()
    }

    func lastFenceCounter() throws -> UInt64 {
        try transaction.replicaStore.fact(Self.fenceFact)
            .map { try UInt64(canonicalBytes: $0) } ?? 0
    }

    func setLastFenceCounter(_ counter: UInt64) throws {
        try transaction.replicaStore.setFact(Self.fenceFact, counter.canonicalBytes)
    }

    func notePlace(of device: DeviceID, at position: UInt64, now: Timestamp) throws {
        try places.note(device, at: position, now: now)
    }

    func place(of device: DeviceID) throws -> DevicePlace? { try places.place(of: device) }

    func time(of feed: FeedID, at sequence: UInt64) throws -> HybridTime? {
        try transaction.feeds.time(of: feed, at: sequence)
    }

    func storedByteCount(of blob: Digest) throws -> UInt64 {
        try blobs.storedByteCount(of: blob)
    }

    func store(_ part: BlobPart) throws -> UInt64 { try blobs.store(part) }

    func part(of blob: Digest, at offset: UInt64) throws -> BlobPart? {
        try blobs.part(of: blob, at: offset)
    }

    /// How many records the hub itself has written.
    func ownVector() throws -> VersionVector {
        try transaction.feeds.vector().filtered { $0.device == transaction.identity.id }
    }

    /// Puts what the hub itself wrote, and nobody was told of, into its own sequence.
    func addMissingStretches() throws {
        let own = try ownVector()
        for feed in own.feeds {
            let told = try transaction.connection.first(
                "SELECT max(last) FROM hub_stretch WHERE feed = ?", .bytes(feed.canonicalBytes)
            ) { UInt64($0.optionalInteger(0) ?? 0) }
            if let told, told < own[feed] {
                try addStretch(feed, first: told + 1, last: own[feed])
            }
        }
    }

    /// Puts what the hub itself has written since then into its own sequence.
    ///
    /// What came back of a former life is there already, like everything that was received.
    func addOwnStretches(since before: VersionVector) throws {
        let (after, life) = (try ownVector(), transaction.identity.incarnation)
        for feed in after.feeds where after[feed] > before[feed] && feed.incarnation == life {
            try addStretch(feed, first: before[feed] + 1, last: after[feed])
        }
    }

    private func addStretch(_ feed: FeedID, first: UInt64, last: UInt64) throws {
        try transaction.connection.run(
            "INSERT INTO hub_stretch (feed, first, last) VALUES (?, ?, ?)",
            .bytes(feed.canonicalBytes), .integer(first), .integer(last))
    }
}
