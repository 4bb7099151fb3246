import SyncCore
import Testing
import TestThreads

struct LedgerSimulationTests {
    private static let seeds = UInt64(1)...300

    // Safety while everything fails: no delivery is taken twice without a decision, no claim is
    // made under an old fence, no two devices hold the lease. Then liveness: once the faults
    // stop, everything drains, and nothing stays reserved or claimed.
    @Test(.longComputation)
    func `no mail is taken twice or lost, and everything drains once the faults stop`() {
        var accepts = 0
        var doubts = 0
        var handovers = 0
        for seed in Self.seeds {
            var world = LedgerWorld(seed: seed)
            for violation in world.run().prefix(3) { Issue.record("seed \(seed): \(violation)") }
            accepts += world.counts.accepts
            doubts += world.counts.doubts
            handovers += world.counts.handovers
        }
        // The faults were met: mail went, changed hands, and some of it is in doubt.
        #expect(accepts > 2500)
        #expect(handovers > 1000)
        #expect(doubts > 30)
    }

    @Test(
        .longComputation,
        arguments: [
            (LedgerSabotage.skipFenceCheck, "stale fence"), (.resendInDoubt, "accepted 2 times"),
            (.countFromGrant, "both hold the lease"), (.dropDataBegun, "accepted 2 times"),
        ])
    func `a rule broken on purpose is noticed`(_ sabotage: LedgerSabotage, sign: String) {
        let isNoticed = Self.seeds.contains { seed in
            var world = LedgerWorld(seed: seed, sabotage: sabotage)
            return world.run().contains { $0.contains(sign) }
        }
        #expect(isNoticed)
    }

    @Test func `the same seed gives the same history`() {
        var first = LedgerWorld(seed: 11)
        var second = LedgerWorld(seed: 11)
        #expect(first.run() == second.run())
        #expect(first.records == second.records)
        #expect(first.counts.events == second.counts.events)
    }
}
