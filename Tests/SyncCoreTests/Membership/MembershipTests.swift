import SyncCore
import Testing
import TestThreads

struct MembershipTests {
    @Test func `From genesis to a new epoch everybody learns who may do what`() throws {
        var chain = MembershipChain()
        let admin = chain.world.admin.id
        let device = chain.device.id
        try chain.admit(chain.world.genesis)
        #expect(chain.membership.name == "Acción Comercial")
        #expect(chain.membership.organisation == chain.world.genesis.hash)
        #expect(Capability.allCases.allSatisfy { chain.membership.may(admin, $0) })
        try chain.admit(.hub(chain.world.hub))
        #expect(chain.membership.isHub(chain.world.hub.card.id))
        try chain.admit(.invite(chain.invitation))
        try chain.admit(chain.joined(), at: chain.world.now)
        #expect(chain.membership.device(device)?.awaiting == [.admin, .sender])
        #expect(chain.membership.device(device)?.capabilities == [.auditor])
        let key = SealedEpochKey(epoch: 1, device: device, sealed: [8])
        try chain.admit(.grant(device: device, capabilities: [.admin, .sender], keys: [key]))
        #expect(chain.membership.devices(with: .sender).count == 2)
        #expect(chain.membership.sealedEpochKey(1, for: device) == key)
        var cutoff = VersionVector()
        cutoff[chain.world.feed()] = 5
        try chain.admit(.revoke(device: admin, cutoff: cutoff), by: chain.deviceKey)
        #expect(chain.membership.device(admin)?.cutoff == cutoff)
        #expect(!chain.membership.may(admin, .admin))
        #expect(chain.membership.wasAdmin(admin, at: 5))
        #expect(!chain.membership.wasAdmin(admin, at: 6))
        try chain.admit(.epoch(chain.epoch(2)), by: chain.deviceKey)
        #expect(chain.membership.epochs.map(\.number) == [1, 2])
        #expect(chain.membership.height == 7)
    }

    @Test func `Everybody who folds the chain knows the same`() throws {
        let chain = try MembershipChain.grown()
        var again = Membership()
        for entry in chain.entries { try again.admit(try MembershipEntry(bytes: entry.bytes)) }
        #expect(again.devices == chain.membership.devices)
        #expect(again.head == chain.membership.head)
    }

    @Test func `A hub that is replaced still answers for its past`() throws {
        var chain = try MembershipChain.grown()
        let other = EnvelopeWorld(seed: 2).hub
        try chain.admit(.hub(other))
        #expect(chain.membership.hub == other)
        #expect(chain.membership.formerHubs == [chain.world.hub])
        #expect(chain.membership.isHub(chain.world.hub.card.id))
    }

    @Test func `Every change returns as it was written, and its bytes are those in the fixtures`()
        throws
    {
        var chain = try MembershipChain.grown()
        try chain.admit(.epoch(chain.epoch(2)))
        var cutoff = VersionVector()
        cutoff[chain.world.feed()] = 5
        try chain.admit(.revoke(device: chain.device.id, cutoff: cutoff))
        for entry in chain.entries {
            #expect(try MembershipEntry(bytes: entry.bytes) == entry)
            EnvelopeFixture("wire/membership-\(entry.change.name)").check(entry.bytes)
        }
        #expect(Set(chain.entries.map(\.change.name)).count == 7)
    }

    @Test(.longComputation) func `Every changed bit of every entry is refused`() throws {
        let chain = try MembershipChain.grown()
        var membership = Membership()
        for entry in chain.entries {
            for bit in 0..<entry.bytes.count * 8 {
                var changed = entry.bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                guard let wrong = try? MembershipEntry(bytes: changed) else { continue }
                var copy = membership
                if (try? copy.admit(wrong)) != nil {
                    Issue.record("\(entry.change.name): bit \(bit) was accepted")
                }
            }
            try membership.admit(entry)
        }
    }

    @Test func `Nothing can be added around what was signed`() throws {
        let chain = try MembershipChain.grown()
        for entry in chain.entries {
            // A third field; then a second signature, which is the first again.
            let added = [entry.bytes[0] + 1] + entry.bytes.dropFirst() + [0x03, 0x00]
            #expect(throws: CodingError(.notCanonical, in: "membership entry")) {
                try MembershipEntry(bytes: added)
            }
        }
        let genesis = chain.entries[0]
        let signature = Array(genesis.bytes.suffix(66))
        let marker = genesis.bytes.count - 67
        #expect(genesis.bytes[marker] == 0x81)
        var doubled = genesis.bytes + signature
        doubled[marker] = 0x82
        #expect(throws: CodingError(.value, in: "membership signatures")) {
            try MembershipEntry(bytes: doubled)
        }
    }
}
