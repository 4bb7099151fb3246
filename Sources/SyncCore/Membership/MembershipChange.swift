/// What one entry changes about who belongs.
package enum MembershipChange: Hashable, Sendable {
    /// The beginning: the organisation's name, its first device, and the first epoch.
    case genesis(Genesis)
    /// The hub's keys and address, when it is attached or replaced.
    case hub(HubCard)
    /// An invitation that one device may use.
    case invite(Invitation)
    /// A device that used an invitation.
    case joined(invite: InviteID, card: DeviceCard)
    /// What a device may do from now on, and the epoch keys it needs for it.
    case grant(device: DeviceID, capabilities: [Capability], keys: [SealedEpochKey])
    /// A device that no longer belongs, and how many records of each of its feeds still count.
    case revoke(device: DeviceID, cutoff: VersionVector)
    /// A new epoch, under which mail is sealed from now on.
    case epoch(ContentEpoch)
    /// The recovery key's decision between two entries with one predecessor: the one with this
    /// hash, and whatever followed it, does not count.
    case settled(rejected: Digest)

    /// Which life of a device goes on after two of them wrote under one identity, and how many
    /// records of its other lives still count.
    case life(device: DeviceID, survivor: Incarnation, counted: VersionVector)

    /// How many signatures an entry has: the author's, and where a device joins also the
    /// invitation's.
    var signaturesCount: Int {
        switch self {
        case .joined: 2
        case .genesis, .hub, .invite, .grant, .revoke, .epoch, .settled, .life: 1
        }
    }

    /// The word that people read.
    package var name: String {
        switch self {
        case .genesis: "genesis"
        case .hub: "hub"
        case .invite: "invite"
        case .joined: "joined"
        case .grant: "grant"
        case .revoke: "revoke"
        case .epoch: "epoch"
        case .settled: "settled"
        case .life: "life"
        }
    }
}

/// How an organisation began.
package struct Genesis: Hashable, Sendable {
    package let name: String
    package let device: DeviceCard
    package let branch: BranchID
    /// The public half of the key on paper to which devices seal the keys of their replicas.
    package let recovery: SealingTarget
    /// The public half of the key on paper that signs what no administrator can.
    package let recoverySigner: VerificationKey?
    package let epoch: ContentEpoch
    /// 16 random bytes, so that two organisations never begin with the same hash.
    package let nonce: [UInt8]

    package init(
        name: String, device: DeviceCard, branch: BranchID, recovery: SealingTarget,
        recoverySigner: VerificationKey? = nil, epoch: ContentEpoch, nonce: [UInt8]
    ) {
        self.name = name
        self.device = device
        self.branch = branch
        self.recovery = recovery
        self.recoverySigner = recoverySigner
        self.epoch = epoch
        self.nonce = nonce
    }
}

/// Where the hub is, and which keys prove that it is the hub.
package struct HubCard: Hashable, Sendable {
    package let url: String
    package let card: DeviceCard

    package init(url: String, card: DeviceCard) {
        self.url = url
        self.card = card
    }
}

/// The public part of an invitation.
package struct Invitation: Hashable, Sendable {
    package let id: InviteID
    package let key: VerificationKey
    package let branch: BranchID
    package let capabilities: [Capability]
    package let expires: Timestamp

    package init(
        id: InviteID, key: VerificationKey, branch: BranchID, capabilities: [Capability],
        expires: Timestamp
    ) {
        self.id = id
        self.key = key
        self.branch = branch
        self.capabilities = capabilities
        self.expires = expires
    }
}
