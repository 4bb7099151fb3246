package import SyncCore

/// Who decides which device may send what: the hub, or this device where there is no hub.
///
/// Every question may be repeated: it is answered by content. A failure does not tell whether
/// the ledger acted.
package protocol Ledger: Sendable {
    /// How many recipients one connection should claim at once, at most.
    ///
    /// More save questions; but what a device had claimed when it vanished stays claimed until it
    /// comes back, or comes in doubt.
    var claimsAtOnce: Int { get }
    /// Asks for, renews or gives up the leases of accounts.
    func lease(_ requests: [LeaseRequest]) async throws -> [LeaseReply]
    /// Takes deliveries into work, those in hand included.
    func reserve(_ leases: [HeldLease], maximum: Int) async throws -> [Reservation]
    /// Gives deliveries back, with the account each should wait for.
    func release(_ releases: [ReleaseRequest]) async throws
    /// Claims attempts, immediately before DATA.
    func claim(_ claims: [ClaimRequest]) async throws -> [ClaimReply]
}

/// A delivery taken into work.
package struct Reservation: Hashable, Sendable {
    /// Where the mail itself is.
    package enum Content: Hashable, Sendable {
        /// In this replica, where it was queued.
        case own
        /// At the hub, sealed.
        case offered(MailOffer)
    }

    package let delivery: DeliveryID
    /// The number that the next attempt must have.
    package let attempt: Int
    /// The fence it was reserved under.
    package let fence: FencingToken
    package let user: UserID
    package let type: String
    package let branch: BranchID
    /// The address of this delivery's recipient.
    package let address: String
    package let content: Content
    package let priority: MailPriority

    package init(
        delivery: DeliveryID, attempt: Int, fence: FencingToken, user: UserID, type: String,
        branch: BranchID, address: String, content: Content, priority: MailPriority = .normal
    ) {
        self.delivery = delivery
        self.attempt = attempt
        self.fence = fence
        self.user = user
        self.type = type
        self.branch = branch
        self.address = address
        self.content = content
        self.priority = priority
    }
}
