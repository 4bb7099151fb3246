import Synchronization
import SyncCore
import SyncServer

/// The hub: its machine, and the process that runs on it at the moment.
final class HubSlot: Sendable {
    let machine: Machine
    let door = HubDoor()
    /// What it says with the next reply, besides what it should.
    let lie = LieBox()
    private let state = Mutex<HubProcess?>(nil)

    init(_ machine: Machine) {
        self.machine = machine
    }

    /// The process, once its store is open.
    var process: HubProcess? { state.withLock(\.self) }

    /// Whether a process runs, even if it has not opened its store yet.
    var isRunning: Bool { machine.lane != nil }

    /// Starts a process.
    func start(isRestored: Bool = false, _ oracle: Oracle) {
        let lane = machine.start()
        lane.start {
            do {
                if isRestored { try await self.markRestored(in: lane) }
                let process = try await HubProcess.open(self.machine, in: lane)
                self.state.withLock { $0 = process }
                let handler = LyingHub(
                    process: process, lie: self.lie, oracle: oracle,
                    environment: process.environment)
                self.door.open(handler, in: lane)
                oracle.tell("hub works")
                await process.run(oracle)
            } catch {
                oracle.cannotOpen("hub", error, disk: self.machine)
            }
        }
    }

    /// Ends the process, by `kill -9` or by cutting the power.
    func end(cuttingPower: Bool) {
        door.close()
        let store = state.withLock { $0.take() }?.store
        if cuttingPower {
            machine.losePower { try await store?.close() }
        } else {
            machine.kill { try await store?.close() }
        }
    }

    /// Does what restoring a backup does before anybody uses it.
    private func markRestored(in lane: Lane) async throws {
        let replica = try await Replica.open(
            path: Machine.path, key: machine.key, name: "hub", mayCreate: false, habitat: .none,
            ground: machine.ground(of: lane), environment: machine.environment(of: lane))
        try await replica.write { try LifeStore($0.replicaStore).markRestored() }
        try await replica.close()
    }
}
