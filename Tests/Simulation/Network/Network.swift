import Synchronization
import SyncCore
import TestSupport

/// The network between devices and the hub: it loses, delays, repeats and reorders, and may be cut
/// in one direction.
final class Network: Sendable {
    /// How bad it is.
    struct Weather: Sendable {
        /// How many of a hundred requests, and of a hundred replies, are lost.
        var lossPercent = 0
        /// How many of a hundred requests arrive twice.
        var repeatPercent = 0
        /// How long a message may be on its way.
        var delayMaximum = Duration.milliseconds(40)
    }

    /// What a device cannot reach or hear.
    struct Cut: Sendable {
        var losesRequests = false
        var losesReplies = false
    }

    private struct State {
        var weather = Weather()
        var cuts: [Int: Cut] = [:]
        var chance: SeededGenerator
    }

    private let scheduler: Scheduler
    private let door: HubDoor
    private let oracle: Oracle
    private let state: Mutex<State>
    private static let hubName = "https://hub.example.mx"

    init(scheduler: Scheduler, door: HubDoor, oracle: Oracle, seed: UInt64) {
        self.scheduler = scheduler
        self.door = door
        self.oracle = oracle
        state = Mutex(State(chance: SeededGenerator(seed: seed ^ 0x2e72_0e7e)))
    }

    func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

    func set(_ cut: Cut, of device: Int) { state.withLock { $0.cuts[device] = cut } }

    /// The way of one process to the hub.
    func way(of device: Int, in lane: Lane) -> any SyncTransport {
        Way(network: self, device: device, lane: lane)
    }

    private struct Way: SyncTransport {
        let network: Network
        let device: Int
        let lane: Lane

        func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8] {
            try await Ticket<[UInt8]>(network.scheduler).wait { ticket in
                network.send(request, from: device, in: lane, ticket)
                return network.scheduler.schedule(after: wait, in: lane) {
                    ticket.end(.failure(TransportError(.timeout, hub: Network.hubName)))
                }
            }
        }
    }

    private func send(
        _ request: [UInt8], from device: Int, in lane: Lane, _ ticket: Ticket<[UInt8]>
    ) {
        oracle.inspect(packet: request)
        let copies = state.withLock { state in
            let weather = state.weather
            if state.cuts[device]?.losesRequests == true { return 0 }
            if state.chance.number(below: 100) < weather.lossPercent { return 0 }
            return state.chance.number(below: 100) < weather.repeatPercent ? 2 : 1
        }
        if copies != 1 { oracle.note(copies == 0 ? .requestLost : .requestRepeated) }
        for _ in 0..<copies {
            scheduler.schedule(after: delay()) {
                self.door.receive(request) { self.reply($0, to: device, in: lane, ticket) }
            }
        }
    }

    private func reply(
        _ reply: [UInt8]?, to device: Int, in lane: Lane, _ ticket: Ticket<[UInt8]>
    ) {
        if let reply { oracle.inspect(packet: reply) }
        let isLost = state.withLock { state in
            state.cuts[device]?.losesReplies == true
                || state.chance.number(below: 100) < state.weather.lossPercent
        }
        if isLost { return oracle.note(.replyLost) }
        scheduler.schedule(after: delay(), in: lane) {
            if let reply {
                ticket.end(.success(reply))
            } else {
                ticket.end(.failure(TransportError(.refused, hub: Self.hubName)))
            }
        }
    }

    private func delay() -> Duration {
        state.withLock { state in
            let most = max(1, Int(state.weather.delayMaximum.milliseconds))
            return .milliseconds(1 + state.chance.number(below: most))
        }
    }
}
