import SyncCore
import Testing

/// One broken rule: what makes the wrong entry, when it arrives, and the code it gets.
struct MembershipRule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: MembershipError.Code
    let isLate: Bool
    let make: @Sendable (MembershipChain) -> MembershipEntry

    init(
        _ description: String, _ code: MembershipError.Code, isLate: Bool = false,
        _ make: @escaping @Sendable (MembershipChain) -> MembershipEntry
    ) {
        testDescription = description
        self.code = code
        self.isLate = isLate
        self.make = make
    }

    /// Broken once the chain has an administrator, a hub, and a second device with everything.
    static let all: [MembershipRule] = [
        MembershipRule("a second genesis", .stale) { $0.world.genesis },
        MembershipRule("a genesis at the end", .notPermitted) {
            $0.entry($0.world.genesis.change)
        },
        MembershipRule("an entry after an older one", .stale) { chain in
            MembershipEntry(
                .invite(chain.invitation), height: chain.membership.height,
                previous: chain.entries[3].previous, signedBy: chain.world.adminKey)
        },
        MembershipRule("an entry after another one of the same height", .stale) { chain in
            MembershipEntry(
                .invite(chain.invitation), height: chain.membership.height + 1,
                previous: Digest(of: [1]), signedBy: chain.world.adminKey)
        },
        MembershipRule("a hub that invites", .notPermitted) {
            $0.entry(.invite(otherInvitation($0)), by: $0.world.hubKey)
        },
        MembershipRule("a hub that grants", .notPermitted) {
            $0.entry(
                .grant(device: $0.device.id, capabilities: [.admin], keys: []),
                by: $0.world.hubKey)
        },
        MembershipRule("a hub that revokes", .notPermitted) {
            $0.entry(.revoke(device: $0.device.id, cutoff: VersionVector()), by: $0.world.hubKey)
        },
        MembershipRule("a hub that replaces itself", .notPermitted) {
            $0.entry(.hub(EnvelopeWorld(seed: 2).hub), by: $0.world.hubKey)
        },
        MembershipRule("a hub that makes an epoch", .notPermitted) {
            $0.entry(.epoch($0.epoch(2)), by: $0.world.hubKey)
        },
        MembershipRule("a hub that enrols a device without an invitation", .unknown) { chain in
            chain.entry(
                .joined(
                    invite: InviteID(validated: Array(0..<16)), card: EnvelopeWorld(seed: 2).admin),
                by: EnvelopeWorld(seed: 2).adminKey, and: chain.world.hubKey)
        },
        MembershipRule("a stranger", .notPermitted) {
            $0.entry(.epoch($0.epoch(2)), by: EnvelopeWorld(seed: 2).adminKey)
        },
        MembershipRule("an invitation with a known name", .alreadyKnown) {
            $0.entry(.invite($0.invitation))
        },
        MembershipRule("an invitation used twice", .inviteSpent) { chain in
            let other = EnvelopeWorld(seed: 2)
            return chain.entry(
                .joined(invite: chain.invitation.id, card: other.admin), by: other.adminKey,
                and: chain.invitationKey)
        },
        MembershipRule("a hub with a device's key", .alreadyKnown) {
            $0.entry(.hub(HubCard(url: "https://x", card: $0.device)))
        },
        MembershipRule("a grant to nobody", .unknown) {
            $0.entry(
                .grant(device: $0.world.hub.card.id, capabilities: [.sender], keys: []))
        },
        MembershipRule("a grant with another device's key", .notPermitted) { chain in
            let key = SealedEpochKey(epoch: 1, device: chain.world.admin.id, sealed: [])
            return chain.entry(
                .grant(device: chain.device.id, capabilities: [.sender], keys: [key]))
        },
        MembershipRule("a revocation of nobody", .unknown) {
            $0.entry(.revoke(device: $0.world.hub.card.id, cutoff: VersionVector()))
        },
        MembershipRule("an epoch twice", .stale) { $0.entry(.epoch($0.epoch(1))) },
        MembershipRule("an epoch left out", .stale) { $0.entry(.epoch($0.epoch(3))) },
        MembershipRule("a revoked device", .notPermitted, isLate: true) {
            $0.entry(.epoch($0.epoch(2)), by: $0.deviceKey)
        },
        MembershipRule("a grant to a revoked device", .unknown, isLate: true) {
            $0.entry(.grant(device: $0.device.id, capabilities: [.sender], keys: []))
        },
        MembershipRule("a second revocation", .unknown, isLate: true) {
            $0.entry(.revoke(device: $0.device.id, cutoff: VersionVector()))
        },
        MembershipRule("the last administrator revoked", .lastAdmin, isLate: true) {
            $0.entry(.revoke(device: $0.world.admin.id, cutoff: VersionVector()))
        },
        MembershipRule("the last administrator without admin", .lastAdmin, isLate: true) {
            $0.entry(.grant(device: $0.world.admin.id, capabilities: [.sender], keys: []))
        },
    ]

    private static func otherInvitation(_ chain: MembershipChain) -> Invitation {
        Invitation(
            id: InviteID(validated: Array(1...16)), key: chain.invitation.key,
            branch: chain.invitation.branch, capabilities: [], expires: chain.invitation.expires)
    }
}

struct MembershipRuleTests {
    @Test(arguments: MembershipRule.all)
    func `An entry that breaks a rule is refused and changes nothing`(rule: MembershipRule) throws {
        var chain = try MembershipChain.grown()
        if rule.isLate {
            try chain.admit(.revoke(device: chain.device.id, cutoff: VersionVector()))
        }
        let before = chain.membership
        #expect(throws: MembershipError(rule.code)) { try chain.admit(rule.make(chain)) }
        #expect(chain.membership.height == before.height)
        #expect(chain.membership.head == before.head)
        #expect(chain.membership.devices == before.devices)
    }

    @Test func `Nothing but genesis begins a chain`() {
        let chain = MembershipChain()
        func refused(_ code: MembershipError.Code, _ entry: MembershipEntry) {
            var membership = Membership()
            #expect(throws: MembershipError(code)) { try membership.admit(entry) }
        }
        refused(.notPermitted, chain.entry(.hub(chain.world.hub)))
        refused(.unknown, chain.joined())
        // Signed by somebody else than the device it names.
        refused(.notPermitted, chain.entry(chain.world.genesis.change, by: chain.deviceKey))
    }

    @Test func `A genesis begins with the first epoch`() throws {
        let chain = MembershipChain()
        let genesis = Genesis(
            name: "x", device: chain.world.admin, branch: BranchID(validated: "quito"),
            recovery: chain.world.recovery.target, epoch: chain.epoch(2),
            nonce: [UInt8](repeating: 0, count: Genesis.nonceByteCount))
        var membership = Membership()
        #expect(throws: MembershipError(.stale)) {
            try membership.admit(chain.entry(.genesis(genesis)))
        }
    }

    @Test func `An invitation ends at its time, where a clock is asked`() throws {
        var chain = MembershipChain()
        try chain.admit(chain.world.genesis)
        try chain.admit(.invite(chain.invitation))
        let late = Timestamp(milliseconds: chain.world.now.milliseconds + 1)
        #expect(throws: MembershipError(.inviteSpent)) { try chain.admit(chain.joined(), at: late) }
        // What the hub admitted in time stays admitted, whatever a replica's clock says later.
        try chain.admit(chain.joined())
        #expect(chain.membership.device(chain.device.id) != nil)
    }

    @Test func `Joining needs the invitation's key and the device's own`() throws {
        var chain = MembershipChain()
        try chain.admit(chain.world.genesis)
        try chain.admit(.hub(chain.world.hub))
        try chain.admit(.invite(chain.invitation))
        let joining = MembershipChange.joined(invite: chain.invitation.id, card: chain.device)
        func refused(_ code: MembershipError.Code, _ entry: MembershipEntry) {
            var membership = chain.membership
            #expect(throws: MembershipError(code)) { try membership.admit(entry) }
        }
        refused(.signature, chain.entry(joining, by: chain.deviceKey))
        refused(.signature, chain.entry(joining, by: chain.deviceKey, and: chain.world.hubKey))
        refused(.signature, chain.entry(joining, by: chain.deviceKey, and: chain.world.adminKey))
        refused(
            .notPermitted, chain.entry(joining, by: chain.world.hubKey, and: chain.invitationKey))
        // A hub, a device that belongs, and one that was revoked may not join again.
        for (card, key) in [
            (chain.world.hub.card, chain.world.hubKey), (chain.world.admin, chain.world.adminKey),
        ] {
            refused(
                .alreadyKnown,
                chain.entry(
                    .joined(invite: chain.invitation.id, card: card), by: key,
                    and: chain.invitationKey))
        }
    }
}
