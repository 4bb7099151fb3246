import SyncCore
import SyncServer

/// One process of the hub: the real store and the real hub, behind a door of the simulation.
struct HubProcess: Sendable {
    private static let sweepInterval = Duration.seconds(1)

    let store: SQLiteStore
    let hub: Hub
    let environment: Environment

    /// Opens the hub of a machine in a lane.
    static func open(
        _ machine: Machine, in lane: Lane, mayCreate: Bool = false
    ) async throws -> Self {
        let environment = machine.environment(of: lane)
        let store = try await SQLiteStore(
            path: Machine.path, key: machine.key, mayCreate: mayCreate,
            habitat: .place(machine.habitat), ground: machine.ground(of: lane),
            environment: environment)
        let hub = try await Hub(store: store, environment: environment)
        return Self(store: store, hub: hub, environment: environment)
    }

    /// Lets time pass in the ledger, as the server's process does.
    func run(_ oracle: Oracle) async {
        while !Task.isCancelled {
            do {
                try await environment.sleep(Self.sweepInterval)
                try await hub.sweep()
            } catch {
                oracle.tell("hub cannot sweep: \(Oracle.word(error))")
            }
        }
    }
}
