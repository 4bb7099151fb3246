import SyncCore

/// A chain of membership that a test grows, and the keys of who takes part.
struct MembershipChain {
    let world = EnvelopeWorld()
    let deviceKey: SigningKey
    let device: DeviceCard
    let invitationKey: SigningKey
    let invitation: Invitation
    private(set) var membership = Membership()
    private(set) var entries: [MembershipEntry] = []

    init() {
        deviceKey = SigningKey(randomFrom: world.environment)
        device = DeviceCard(
            name: "sucursal", verificationKey: deviceKey.verificationKey,
            sealingTarget: SealingKey(randomFrom: world.environment).target)
        invitationKey = SigningKey(randomFrom: world.environment)
        invitation = Invitation(
            id: InviteID(randomFrom: world.environment), key: invitationKey.verificationKey,
            branch: BranchID(validated: "guayaquil"), capabilities: [.admin, .sender, .auditor],
            expires: world.now)
    }

    /// Makes the next entry, without admitting it.
    func entry(
        _ change: MembershipChange, by key: SigningKey? = nil, and invitationKey: SigningKey? = nil
    ) -> MembershipEntry {
        MembershipEntry(
            change, height: membership.height + 1, previous: membership.head,
            signedBy: key ?? world.adminKey, and: invitationKey)
    }

    /// Admits an entry, as it returns from its bytes.
    mutating func admit(_ entry: MembershipEntry, at now: Timestamp? = nil) throws {
        try membership.admit(try MembershipEntry(bytes: entry.bytes), at: now)
        entries.append(entry)
    }

    /// Makes and admits the next entry.
    mutating func admit(_ change: MembershipChange, by key: SigningKey? = nil) throws {
        try admit(entry(change, by: key))
    }

    /// The new device's entry.
    func joined() -> MembershipEntry {
        entry(.joined(invite: invitation.id, card: device), by: deviceKey, and: invitationKey)
    }

    /// The next epoch.
    func epoch(_ number: UInt64) -> ContentEpoch {
        ContentEpoch(
            number: number, target: SealingKey(randomFrom: world.environment).target,
            sealedKeys: [SealedEpochKey(epoch: number, device: world.admin.id, sealed: [4])])
    }

    /// The chain up to the moment the new device has everything it was promised.
    static func grown() throws -> MembershipChain {
        var chain = MembershipChain()
        try chain.admit(chain.world.genesis)
        try chain.admit(.hub(chain.world.hub))
        try chain.admit(.invite(chain.invitation))
        try chain.admit(chain.joined())
        try chain.admit(
            .grant(device: chain.device.id, capabilities: Capability.allCases, keys: []))
        return chain
    }
}
