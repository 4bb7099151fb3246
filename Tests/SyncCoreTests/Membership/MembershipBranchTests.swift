import SyncCore
import TestSupport
import Testing

/// What the recovery key may do, and how two chains are compared.
struct MembershipBranchTests {
    /// A chain whose organisation has a recovery key that signs.
    private struct World {
        let environment = ManualEnvironment(seed: 77).environment
        let recovery: RecoveryKey
        let admin: SigningKey
        let other: SigningKey
        let adminCard: DeviceCard
        let otherCard: DeviceCard
        var entries: [MembershipEntry] = []
        var membership = Membership()

        init() throws {
            recovery = RecoveryKey(randomFrom: environment)
            admin = SigningKey(randomFrom: environment)
            other = SigningKey(randomFrom: environment)
            adminCard = Self.card("n0", admin, environment)
            otherCard = Self.card("n1", other, environment)
            let branch = BranchID(validated: "matriz")
            try add(
                .genesis(
                    Genesis(
                        name: "INAIR", device: adminCard, branch: branch,
                        recovery: recovery.databaseKey.target,
                        recoverySigner: recovery.organisationKey.verificationKey,
                        epoch: ContentEpoch(
                            number: 1, target: SealingKey(randomFrom: environment).target,
                            sealedKeys: []),
                        nonce: environment.randomBytes(Genesis.nonceByteCount))), by: admin)
            let invitationKey = SigningKey(randomFrom: environment)
            let invitation = Invitation(
                id: InviteID(randomFrom: environment), key: invitationKey.verificationKey,
                branch: branch, capabilities: [.sender],
                expires: environment.now().advanced(by: .seconds(60)))
            try add(.invite(invitation), by: admin)
            try add(
                .joined(invite: invitation.id, card: otherCard), by: other, and: invitationKey)
        }

        private static func card(
            _ name: String, _ key: SigningKey, _ environment: Environment
        ) -> DeviceCard {
            DeviceCard(
                name: name, verificationKey: key.verificationKey,
                sealingTarget: SealingKey(randomFrom: environment).target)
        }

        mutating func add(
            _ change: MembershipChange, by key: SigningKey, and second: SigningKey? = nil
        ) throws {
            let entry = MembershipEntry(
                change, height: membership.height + 1, previous: membership.head, signedBy: key,
                and: second)
            try membership.admit(entry)
            entries.append(entry)
        }

        func grant(_ capabilities: [Capability]) -> MembershipChange {
            .grant(device: otherCard.id, capabilities: capabilities, keys: [])
        }

        var revokesAdmin: MembershipChange {
            .revoke(device: adminCard.id, cutoff: VersionVector())
        }
    }

    @Test func `the last administrator is revoked by the recovery key, and by nobody else`() throws
    {
        var world = try World()
        #expect(throws: MembershipError(.lastAdmin)) {
            try world.add(world.revokesAdmin, by: world.admin)
        }
        #expect(throws: MembershipError(.notPermitted)) {
            try world.add(world.revokesAdmin, by: SigningKey(randomFrom: world.environment))
        }
        try world.add(world.revokesAdmin, by: world.recovery.organisationKey)
        #expect(world.membership.devices(with: .admin).isEmpty)
        // Nobody is left who could appoint somebody, except who holds the paper.
        #expect(throws: MembershipError(.notPermitted)) {
            try world.add(world.grant([.admin]), by: world.other)
        }
        try world.add(world.grant([.admin]), by: world.recovery.organisationKey)
        #expect(world.membership.may(world.otherCard.id, .admin))
    }

    @Test func `the recovery key neither invites nor names a hub`() throws {
        var world = try World()
        let hub = HubCard(url: "https://x", card: world.otherCard)
        #expect(throws: MembershipError(.notPermitted)) {
            try world.add(.hub(hub), by: world.recovery.organisationKey)
        }
    }

    @Test func `only the recovery key settles a fork`() throws {
        var world = try World()
        #expect(throws: MembershipError(.notPermitted)) {
            try world.add(.settled(rejected: Digest(of: [1])), by: world.admin)
        }
        try world.add(.settled(rejected: Digest(of: [1])), by: world.recovery.organisationKey)
        #expect(world.membership.rejected == [Digest(of: [1])])
    }

    @Test func `two entries with one predecessor are rivals until the recovery key rejects one`()
        throws
    {
        var here = try World()
        var there = here
        try here.add(here.grant([.admin]), by: here.admin)
        try there.add(there.grant([.auditor]), by: there.admin)
        let (mine, theirs) = (here.entries[3], there.entries[3])
        guard
            case .rival(theirs) = try MembershipBranches.compare(
                there.entries, with: here.entries)
        else { return #expect(Bool(false), "It is not a rival.") }
        try there.add(.settled(rejected: mine.hash), by: there.recovery.organisationKey)
        guard
            case .prevails(let entries, let next) = try MembershipBranches.compare(
                there.entries, with: here.entries)
        else { return #expect(Bool(false), "It does not prevail.") }
        #expect(entries.map(\.hash) == there.entries[3...].map(\.hash))
        #expect(next.head == there.membership.head)
        guard
            case .known = try MembershipBranches.compare(here.entries, with: there.entries)
        else { return #expect(Bool(false), "What was decided against came back.") }
        // The paper was used on both sides.
        try here.add(.settled(rejected: theirs.hash), by: here.recovery.organisationKey)
        guard
            case .rival = try MembershipBranches.compare(there.entries, with: here.entries)
        else { return #expect(Bool(false), "Two decisions are none.") }
    }

    @Test func `a branch that nobody who may has signed is a lie and no rival`() throws {
        let here = try World()
        var there = here
        let liar = SigningKey(randomFrom: here.environment)
        let entry = MembershipEntry(
            there.grant([.admin]), height: 3, previous: here.entries[1].hash, signedBy: liar)
        #expect(throws: MembershipError(.notPermitted)) {
            _ = try MembershipBranches.compare([entry], with: here.entries)
        }
        // Another organisation's whole chain is not compared at all.
        there = try World()
        let other = MembershipEntry(
            here.entries[0].change, height: 1, previous: .zero, signedBy: here.admin)
        #expect(throws: MembershipError(.stale)) {
            _ = try MembershipBranches.compare([here.entries[2], other], with: here.entries)
        }
    }
}
