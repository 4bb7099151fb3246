/// What a device asks of the hub.
///
/// Every request may be repeated: it is answered by content (record identity, attempt number,
/// the fence a lease replaces), never by a counter or a session.
package enum HubRequest: Hashable, Sendable {
    /// Hand over records and receive others, waiting a while if there are none.
    case exchange(ExchangeRequest)
    /// Read the membership chain before joining, with a proof made by the invitation's key.
    case greet(invite: InviteID, proof: Signature)
    /// Add entries to membership: exactly these, after exactly this chain.
    case admit([MembershipEntry])
    /// Ask for, renew or give up the leases of accounts.
    case lease([LeaseRequest])
    /// Take deliveries into work, under leases held.
    case reserve(ReserveRequest)
    /// Give deliveries back, with the account each should wait for.
    case release([ReleaseRequest])
    /// Claim attempts, immediately before DATA.
    case claim([ClaimRequest])
    /// Store a part of a sealed blob.
    case putBlob(BlobPart)
    /// Fetch a part of a sealed blob.
    case getBlob(id: Digest, offset: UInt64)
    /// Tell how many records of a device's feeds are stored, for an administrator who is about
    /// to revoke it.
    case counts(of: DeviceID)
    /// Tell how far devices are behind.
    case lags
    /// Find where the device's state differs from the hub's.
    case compare(CompareQuestion)
    /// Read the membership chain behind a height; a device that was revoked may do this too.
    case chain(after: UInt64)
    /// Show entries that this device holds as admitted: those that a restored hub forgot, those
    /// that exclude the hub's own, or those for which the recovery key decided.
    case showChain([MembershipEntry])
    /// Hand over, after having been revoked, what was still to be handed over: evidence about
    /// attempts, and offers of mails that go into quarantine.
    case surrender(Surrender)
}

/// The last records of a device that was revoked.
package struct Surrender: Hashable, Sendable {
    /// In how many parts a device may hand over what it has.
    package static let partsMaximum = 64

    package let batches: [FeedBatch]
    /// Whether nothing follows: no other part is taken after this one.
    package let isLast: Bool

    package init(batches: [FeedBatch], isLast: Bool) {
        self.batches = batches
        self.isLast = isLast
    }
}

/// Records for the hub, and what the device has of the hub's.
package struct ExchangeRequest: Hashable, Sendable {
    /// How many batches a request or a reply may carry.
    package static let batchesMaximum = 256
    /// How long the hub may be asked to wait.
    package static let waitMaximum = Duration.seconds(600)
    /// How many checkpoints of others the hub may be asked to prove.
    package static let unprovenMaximum = 16

    /// How many membership entries the device has.
    package var membershipHeight: UInt64 = 0
    /// The life of the hub in which the cursor was given out.
    package var hubIncarnation: Incarnation?
    /// The last position of the hub's sequence that the device has stored.
    package var cursor: UInt64 = 0
    package var batches: [FeedBatch] = []
    /// What the device has stored, where its cursor says nothing: a hub it does not know yet,
    /// or a subscription that grew.
    package var vector: VersionVector?
    /// How long to wait for news when there are none.
    package var wait: Duration = .zero
    /// The present life of the device: what its former lives wrote later it may not have.
    package var incarnation: Incarnation?
    /// Records of other devices, which reached this one in a file.
    package var carried: [FeedBatch] = []
    /// How many records of other devices' feeds this one carries; nothing if it carries none.
    package var carriedVector: VersionVector?
    /// The newest checkpoint that the device remembers, as the hub encoded it.
    package var checkpoint: [UInt8]?
    /// Whether the log may begin at a snapshot where nothing of a feed is there.
    package var mayBeginAtSnapshot = false
    /// The sizes of checkpoints that others were shown, which the hub is to prove.
    package var unproven: [UInt64] = []
    /// Which form of batches the device reads: nothing for the first, else ``BatchParcel/form``.
    package var form: UInt64?
    /// Batches for a hub that reads parcels; they come before ``batches``.
    package var parcels: [BatchParcel] = []

    package init() {}
}

/// A wish for one account's lease.
package struct LeaseRequest: Hashable, Sendable {
    package let account: AccountID
    /// The fence held, if this renews.
    package let fence: FencingToken?
    /// Whether the device reached a server of the account lately; if not, it gives the lease up.
    package let canReach: Bool

    package init(account: AccountID, fence: FencingToken?, canReach: Bool) {
        self.account = account
        self.fence = fence
        self.canReach = canReach
    }
}

/// A lease held: the account and the fence that proves it.
package struct HeldLease: Hashable, Sendable {
    package let account: AccountID
    package let fence: FencingToken

    package init(account: AccountID, fence: FencingToken) {
        self.account = account
        self.fence = fence
    }
}

/// A wish for work.
package struct ReserveRequest: Hashable, Sendable {
    /// How many deliveries may be reserved at once.
    package static let deliveriesMaximum = 512

    package let leases: [HeldLease]
    package let maximum: Int

    package init(leases: [HeldLease], maximum: Int) {
        self.leases = leases
        self.maximum = maximum
    }
}

/// A delivery given back before it was claimed.
package struct ReleaseRequest: Hashable, Sendable {
    package let delivery: DeliveryID
    package let fence: FencingToken
    /// The account whose lease it should wait for, if that was the reason.
    package let account: AccountID?

    package init(delivery: DeliveryID, fence: FencingToken, account: AccountID?) {
        self.delivery = delivery
        self.fence = fence
        self.account = account
    }
}

/// The wish to make one attempt.
package struct ClaimRequest: Hashable, Sendable {
    package let delivery: DeliveryID
    package let attempt: Int
    package let lease: HeldLease

    package init(delivery: DeliveryID, attempt: Int, lease: HeldLease) {
        self.delivery = delivery
        self.attempt = attempt
        self.lease = lease
    }
}

/// A part of a sealed blob, named by the hash of the whole ciphertext.
package struct BlobPart: Hashable, Sendable {
    /// How many bytes a part may have.
    package static let byteCountMaximum = 512 * 1024
    /// How many bytes a whole blob may have.
    package static let blobByteCountMaximum: UInt64 = 64 << 20

    package let id: Digest
    package let offset: UInt64
    /// How many bytes the whole blob has.
    package let total: UInt64
    package let bytes: [UInt8]

    package init(id: Digest, offset: UInt64, total: UInt64, bytes: [UInt8]) {
        self.id = id
        self.offset = offset
        self.total = total
        self.bytes = bytes
    }
}
