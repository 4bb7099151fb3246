import Outbox
import SyncCore
import TestSupport

/// One life of a device: its elections, ledger and dispatcher.
struct DispatchLife {
    let keeper: LeaseKeeper
    let dispatcher: Dispatcher
    let offers: OfferWorker?
    private let killer: Killer

    init(
        of device: OutboxDevice, hub: ScriptedHub?, server: any MailPost,
        killer: Killer = Killer(at: 0), connections: Int = 4
    ) async throws {
        let replica = device.replica
        killer.watch(replica)
        let channel = hub?.with(killer)
        let real: any Ledger =
            if let channel { HubLedger(channel) } else { LocalLedger(replica: replica) }
        let ledger = PhasedLedger(ledger: real, killer: killer)
        let transport = server.way(of: killer)
        self.killer = killer
        keeper = LeaseKeeper(
            device: replica.identity.id, ledger: ledger, timings: Timings(),
            environment: device.manual.environment,
            accounts: { [OutboxDevice.ventas, OutboxDevice.avisos] },
            probe: { await transport.probe($0).isReachable })
        var limits = DispatchPlan.Limits()
        limits.connectionsPerAccount = connections
        dispatcher = Dispatcher(
            replica: replica, ledger: ledger, channel: channel, leases: keeper,
            transport: transport, limits: limits, choose: Self.choose,
            afterReport: { killer.note(.concluded) })
        offers = channel.map { OfferWorker(replica: replica, channel: $0) }
    }

    /// Does everything that can be done now, as a start of the agent would.
    func work(_ device: OutboxDevice, _ hub: ScriptedHub?) async throws {
        _ = try await dispatcher.settle()
        try await killer.pass(.queued)
        if let offers {
            _ = try await offers.offerWaiting()
            try await killer.pass(.offered)
        }
        try await hub?.pull(from: device.replica)
        for _ in 0..<3 { await keeper.step() }
        await dispatcher.runUntilIdle()
        try await killer.step()
        try await hub?.pull(from: device.replica)
    }

    private static let choose: Dispatcher.Choose = { user, _, held, failures in
        let ventas = SenderAccount(
            id: OutboxDevice.ventas, address: try MailAddress("juan@inair.com.mx", in: .from),
            completeness: .complete)
        let avisos = SenderAccount(
            id: OutboxDevice.avisos, address: try MailAddress("avisos@inair.com.mx", in: .from),
            completeness: .complete)
        let juan = try MailAddress("juan@inair.com.mx", in: .from)
        return SenderChoice(
            person: .init(user: user, name: "Juan Pérez", address: juan), organisation: "INAIR",
            own: ventas, fallbacks: [avisos], heldLeases: held, failures: failures
        ).outcome
    }
}
