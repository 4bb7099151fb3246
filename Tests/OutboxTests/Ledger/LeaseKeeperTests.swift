import Outbox
import SyncCore
import Synchronization
import TestSupport
import Testing

struct LeaseKeeperTests {
    /// A device with one account, whose network a test changes.
    private final class Site: Sendable {
        static let ventas = AccountID(validated: "ventas")

        let manual = ManualEnvironment()
        let hub: ScriptedHub
        let probes = Mutex(0)
        let isReachable = Mutex(true)
        let hasChanged = Mutex(false)
        let changes = Mutex(0)

        init() {
            let manual = manual
            hub = ScriptedHub(for: Self.device, now: { manual.environment.now() })
        }

        static let device = DeviceID(validated: [UInt8](repeating: 1, count: DeviceID.byteCount))

        func keeper() -> LeaseKeeper {
            LeaseKeeper(
                device: Self.device, ledger: HubLedger(hub), timings: Timings(),
                environment: manual.environment, accounts: { [Self.ventas] },
                probe: { _ in
                    self.probes.withLock { $0 += 1 }
                    return self.isReachable.withLock(\.self)
                },
                hasNetworkChanged: {
                    self.hasChanged.withLock { isChanged in
                        defer { isChanged = false }
                        return isChanged
                    }
                },
                onChange: { self.changes.withLock { $0 += 1 } })
        }
    }

    @Test func `when the network changed, servers are looked at before a lease is renewed`()
        async throws
    {
        let site = Site()
        let keeper = site.keeper()
        for _ in 0..<3 { await keeper.step() }
        #expect(keeper.grants().count == 1)
        let probes = site.probes.withLock(\.self)
        site.manual.advance(by: .seconds(3))
        await keeper.step()
        // Nothing changed, and nothing is looked at: mail goes well.
        #expect(site.probes.withLock(\.self) == probes)
        site.isReachable.withLock { $0 = false }
        site.hasChanged.withLock { $0 = true }
        site.manual.advance(by: .seconds(3))
        await keeper.step()
        #expect(site.probes.withLock(\.self) == probes + 1)
        // The new network reaches no server, so the lease is given to somebody who does.
        #expect(keeper.grants().isEmpty)
        await keeper.step()
        #expect(site.changes.withLock(\.self) >= 2)
    }

    @Test func `a grant that the ledger replaced is dropped at once, and only that grant`()
        async throws
    {
        let site = Site()
        let keeper = site.keeper()
        for _ in 0..<3 { await keeper.step() }
        let grant = try #require(keeper.grant(of: Site.ventas))
        let other = LeaseGrant(
            account: Site.ventas, device: Site.device,
            fence: FencingToken(counter: grant.fence.counter + 7, nonce: 1))
        await keeper.noteSuperseded(other)
        #expect(keeper.grant(of: Site.ventas) == grant)
        await keeper.noteSuperseded(grant)
        #expect(keeper.grant(of: Site.ventas) == nil)
        // A second time changes nothing.
        await keeper.noteSuperseded(grant)
        for _ in 0..<3 { await keeper.step() }
        let next = try #require(keeper.grant(of: Site.ventas))
        #expect(next.fence != grant.fence)
    }
}
