import Outbox
import SyncCore
import TestSupport
import Testing

struct LeaseClockTests {
    @Test func `a wall clock that is set back neither lengthens nor shortens a lease`()
        async throws
    {
        let device = try await OutboxDevice()
        let keeper = LeaseKeeper(
            device: device.replica.identity.id, ledger: LocalLedger(replica: device.replica),
            timings: Timings(), environment: device.manual.environment,
            accounts: { [OutboxDevice.ventas] }, probe: { _ in true })
        await keeper.refresh()
        let grant = try #require(keeper.grant(of: OutboxDevice.ventas))
        let wall = device.manual.environment.now()
        device.manual.setWall(wall.advanced(by: .seconds(-86_400)))
        #expect(keeper.grant(of: OutboxDevice.ventas) == grant)
        device.manual.advance(by: .seconds(1))
        #expect(keeper.grant(of: OutboxDevice.ventas) == grant)
        // It ends in time although the wall shows yesterday.
        device.manual.advance(by: .seconds(30))
        #expect(keeper.grant(of: OutboxDevice.ventas) == nil)
        device.manual.setWall(wall.advanced(by: .seconds(86_400)))
        await keeper.refresh()
        #expect(keeper.grant(of: OutboxDevice.ventas) != nil)
    }
}
