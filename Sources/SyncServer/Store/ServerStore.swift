package import SyncCore

/// Where the hub keeps what it knows.
///
/// Two stores exist or will: the embedded one, and a database server when one machine is not
/// enough. Both run the same conformance tests. A transaction is kept whole or not at all, and
/// nothing is acknowledged before it is on stable storage.
package protocol ServerStore: Sendable {
    /// Who the hub is.
    var identity: DeviceIdentity { get }

    /// Runs a transaction.
    ///
    /// - Parameter body: Reads and writes; it must not keep the transaction.
    /// - Returns: What the body returned, once it is on stable storage.
    /// - Throws: What the body threw, or ``StorageError`` if nothing could be kept.
    func transaction<Value: Sendable>(
        _ body: @Sendable (any ServerTransaction) throws -> Value
    ) async throws -> Value

    /// Begins another life, because what a checkpoint covers is lost.
    ///
    /// - Parameter checkpoint: One that this hub signed.
    /// - Returns: Whether it did; nothing is done if that was forgotten before, and is known.
    /// - Throws: ``StorageError``.
    func beginLife(forgetting checkpoint: Checkpoint) async throws -> Bool

    /// Closes the store.
    func close() async throws
}

/// What the hub does within one transaction of its store.
package protocol ServerTransaction {
    /// Who belongs.
    var membership: Membership { get }
    /// The waits of the organisation.
    func timings() throws -> Timings

    /// Adds an entry to membership.
    func admit(_ entry: MembershipEntry, at now: Timestamp?) throws
    /// Membership entries behind a height, in order.
    func membershipEntries(after height: UInt64, maximum: Int) throws -> [MembershipEntry]

    /// Takes in a part of the chain that a device holds, wherever it parts from the stored one,
    /// and returns whether who belongs changed.
    func reconcile(_ entries: [MembershipEntry]) throws -> Bool
    /// Entries that exclude stored ones, while nobody has decided.
    func rivals() throws -> [MembershipEntry]

    /// Stores the records of a batch that are new, and the parcel it came in if it may be handed
    /// on; returns how many records were new.
    func admit(_ batch: FeedBatch, keeping parcel: BatchParcel?) throws -> Int
    /// Freezes a device that wrote two records with one identity, keeps the other history, and
    /// raises the alarm.
    func freeze(_ device: DeviceID, evidence: FeedBatch) throws
    /// Keeps records that contradict the stored ones.
    func keepEvidence(_ batch: FeedBatch) throws
    /// Lets a device act again, because a person chose between its lives; the evidence stays.
    func thaw(_ device: DeviceID) throws
    /// The devices that are frozen, in ascending order.
    func frozenDevices() throws -> [DeviceID]
    /// The history that contradicts the stored one; nothing for a device that is not frozen.
    func evidence(against device: DeviceID) throws -> FeedBatch?
    /// Writes a record to one of the hub's own feeds.
    func append(_ report: DeliveryReport, scope: Scope) throws
    /// How many records of each feed are stored.
    func vector() throws -> VersionVector
    /// The position of the newest batch in the hub's own sequence.
    func position() throws -> UInt64
    /// The stretches of feeds that were stored behind a position, oldest first.
    func stretches(after position: UInt64, maximum: Int) throws -> [FeedStretch]
    /// The next records of a feed as one batch, whose salts may travel as seeds.
    func batch(of feed: FeedID, after sequence: UInt64, withSeeds: Bool) throws -> FeedBatch?
    /// The next records of a feed in the parcel in which they came, if it was kept.
    func parcel(of feed: FeedID, after sequence: UInt64) throws -> BatchParcel?
    /// The latest snapshot of a scope's log, with the signed records that show it.
    func shownSnapshot(of scope: Scope) throws -> (LogSnapshot, FeedBatch)?
    /// What is held of one topic and scope.
    func stateDigest(of topic: Topic, _ scope: Scope) throws -> StateDigest
    /// Where the feeds of a topic and scope end, in ascending order.
    func feedEnds(of topic: Topic, _ scope: Scope) throws -> [FeedEnd]
    /// The hash of a record; zeros if there is none.
    func recordHash(of feed: FeedID, _ sequence: UInt64) throws -> Digest
    /// The hashes of the parts of the configuration.
    func partDigests() throws -> [Digest]
    /// The hashes of the fields in one part of the configuration.
    func fieldDigests(in part: UInt8) throws -> [FieldDigest]
    /// One field of the configuration.
    func register(_ path: RegisterPath) throws -> Register

    /// Whether this hub signed a checkpoint and does not remember what it covers, nor that it
    /// forgot it.
    func hasForgotten(_ checkpoint: Checkpoint) throws -> Bool
    /// How many signed heads were accepted.
    func acceptedCount() throws -> UInt64
    /// The root of the tree over the first accepted heads; nothing if there are not so many.
    func root(of count: UInt64) throws -> Digest?
    /// Shows that the tree over the first heads is the beginning of the tree over all.
    func consistencyProof(from count: UInt64) throws -> [Digest]
    /// The topics and scopes of which anything is held.
    func subjects() throws -> [(topic: Topic, scope: Scope)]

    /// A delivery and the offer it came with.
    func delivery(_ id: DeliveryID) throws -> HubDelivery?
    /// Stores what became of a delivery.
    func save(_ delivery: HubDelivery) throws
    /// Deliveries that wait, may be tried now, and want one of some accounts or any, oldest
    /// first.
    func waiting(
        at now: Timestamp, accounts: [AccountID], maximum: Int
    ) throws -> [HubDelivery]
    /// Deliveries that are reserved under one of some grants.
    func reserved(under grants: [LeaseGrant], maximum: Int) throws -> [HubDelivery]
    /// Deliveries that are reserved, or whose claim comes in doubt by a time.
    func expiring(at now: Timestamp, maximum: Int) throws -> [HubDelivery]

    /// Deliveries that wait, and whose time is over.
    func overdue(at now: Timestamp, maximum: Int) throws -> [HubDelivery]
    /// What the clock showed when it was last noted.
    func clockSeen() throws -> Timestamp?
    /// Notes what the clock shows.
    func setClockSeen(_ now: Timestamp) throws

    /// The lives of the hub that ended: it was restored, or its files were put back.
    func formerLives() throws -> [FormerLife]
    /// The counter of the last fence given out.
    func lastFenceCounter() throws -> UInt64
    /// Remembers the counter of the last fence given out.
    func setLastFenceCounter(_ counter: UInt64) throws

    /// Notes what of the hub's sequence a device has stored.
    func notePlace(of device: DeviceID, at position: UInt64, now: Timestamp) throws
    /// What a device said last that it has stored.
    func place(of device: DeviceID) throws -> DevicePlace?
    /// When a record was written; nothing if it is not here.
    func time(of feed: FeedID, at sequence: UInt64) throws -> HybridTime?

    /// How many bytes of a blob are stored, from its start.
    func storedByteCount(of blob: Digest) throws -> UInt64
    /// How many parts of its last records a revoked device has handed over, and whether it is
    /// done.
    func surrender(of device: DeviceID) throws -> SurrenderState
    /// Keeps how far a revoked device is with handing over.
    func setSurrender(_ state: SurrenderState, of device: DeviceID) throws

    /// The keys of the hubs whose place this one took, and since when they are retired.
    func formerKeys() throws -> [HubKeys]

    /// Stores the next part of a blob, and returns how many bytes are stored then.
    func store(_ part: BlobPart) throws -> UInt64
    /// A part of a whole blob.
    func part(of blob: Digest, at offset: UInt64) throws -> BlobPart?
}

/// How far a revoked device is with handing over what it still has.
package struct SurrenderState: Hashable, Sendable {
    /// How many parts it has handed over.
    package var parts: UInt64 = 0
    /// How many bytes of sealed mails it has uploaded since it was revoked.
    package var blobBytes: UInt64 = 0
    /// Whether it may hand over nothing more.
    package var isClosed = false
}

/// How far a device has come in the hub's own sequence.
package struct DevicePlace: Hashable, Sendable {
    /// The last position that it said it has stored.
    package let position: UInt64
    /// When it was last heard of, give or take ten minutes.
    package let heard: Timestamp
}

/// Consecutive records of a feed that were stored at once.
package struct FeedStretch: Hashable, Sendable {
    /// Its place in the hub's own sequence.
    package let position: UInt64
    package let feed: FeedID
    package let first: UInt64
    package let last: UInt64
}

/// A delivery in the hub's custody.
package struct HubDelivery: Sendable {
    package var record: DeliveryRecord
    package let offer: MailOffer
    /// The account whose lease it waits for, if a device gave it back for that.
    package var account: AccountID?
}

extension ServerTransaction {
    /// Stores the records of a batch that are new, and returns how many there were.
    func admit(_ batch: FeedBatch) throws -> Int { try admit(batch, keeping: nil) }

    /// The next records of a feed as one batch, which any version reads.
    func batch(of feed: FeedID, after sequence: UInt64) throws -> FeedBatch? {
        try batch(of: feed, after: sequence, withSeeds: false)
    }
}
