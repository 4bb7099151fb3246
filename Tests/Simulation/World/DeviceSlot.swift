import Outbox
import Synchronization
import SyncCore

/// A device of the organisation: its machine, and the process that runs on it at the moment.
final class DeviceSlot: Sendable {
    private struct State {
        var process: DeviceProcess?
        var replica: Replica?
    }

    let number: Int
    let machine: Machine
    private let state = Mutex(State())

    init(_ number: Int, _ machine: Machine) {
        self.number = number
        self.machine = machine
    }

    /// The process, once its replica is open.
    var process: DeviceProcess? { state.withLock(\.process) }

    /// The open replica, which must be closed when the process dies.
    var replica: Replica? { state.withLock(\.replica) }

    /// Whether a process runs, even if it has not opened its replica yet.
    var isRunning: Bool { machine.lane != nil }

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - isRestored: Whether the file was put back from a backup just now.
    ///   - world: The hub, the network and the mail server.
    func start(isRestored: Bool = false, in world: Surroundings) {
        let lane = machine.start()
        lane.start {
            do {
                if isRestored { try await self.markRestored(in: lane) }
                let replica = try await self.open(in: lane, at: .place(self.machine.habitat))
                self.state.withLock { $0.replica = replica }
                let timings = try await replica.read { try Timings($0.config) }
                let process = DeviceProcess(
                    self.number, replica: replica, lane: lane, hub: world.hub,
                    organisation: world.organisation, network: world.network, post: world.post,
                    oracle: world.oracle)
                self.state.withLock { $0.process = process }
                let lives = try await replica.read { try LifeStore($0.replicaStore).former() }
                world.oracle.tell("n\(self.number) works, \(lives.map(\.reason))")
                await process.run(polling: timings.poll)
            } catch {
                world.oracle.cannotOpen("n\(self.number)", error, disk: self.machine)
            }
        }
    }

    /// Ends the process, by `kill -9` or by cutting the power.
    func end(cuttingPower: Bool) {
        let replica = replica
        state.withLock { $0 = State() }
        if cuttingPower {
            machine.losePower { try await replica?.close() }
        } else {
            machine.kill { try await replica?.close() }
        }
    }

    private func open(in lane: Lane, at habitat: HabitatCheck) async throws -> Replica {
        try await Replica.open(
            path: Machine.path, key: machine.key, name: Template.name(of: number),
            folds: [OutboxFold()], mayCreate: false, habitat: habitat,
            ground: machine.ground(of: lane), environment: machine.environment(of: lane))
    }

    /// Does what restoring a backup does before anybody uses it.
    private func markRestored(in lane: Lane) async throws {
        let replica = try await open(in: lane, at: .none)
        state.withLock { $0.replica = replica }
        try await replica.write { try LifeStore($0.replicaStore).markRestored() }
        try await replica.close()
    }
}

/// What all devices stand in.
struct Surroundings: Sendable {
    let hub: HubCard
    let organisation: Digest
    let network: Network
    let post: Post
    let oracle: Oracle
}
