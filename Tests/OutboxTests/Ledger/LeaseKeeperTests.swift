import Outbox
import SyncCore
import TestSupport
import Testing

/// When the elections of a device act.
struct LeaseKeeperTests {
    @Test func `a lease is held as soon as a server was reached, without a tick between`()
        async throws
    {
        let device = try await OutboxDevice()
        let keeper = LeaseKeeper(
            device: device.replica.identity.id, ledger: LocalLedger(replica: device.replica),
            timings: Timings(), environment: device.manual.environment,
            accounts: { [OutboxDevice.ventas] }, probe: { _ in true })
        await keeper.refresh()
        #expect(keeper.grant(of: OutboxDevice.ventas) != nil)
    }
}
