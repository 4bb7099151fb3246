import Outbox
import SyncCore
import Synchronization

/// Ends a device at one chosen moment: nothing it does afterwards leaves a trace.
final class Killer: Sendable {
    struct Killed: Error {}

    private struct State {
        var steps = 0
        var passages: [SendPhase: Int] = [:]
        /// Whether the device ends when it next comes to a place where it can.
        var isDue = false
        var isDead = false
        var amount = 0
        var replica: Replica?
    }

    private enum Target: Sendable {
        case moment(Int)
        case phase(SendPhase, time: Int)
    }

    private let target: Target
    private let state = Mutex(State())

    /// Creates a killer that strikes at a moment, counted from 1; 0 never comes.
    init(at moment: Int) {
        target = .moment(moment)
    }

    /// Creates a killer that strikes when a phase is passed for the nth time.
    init(in phase: SendPhase, time: Int) {
        target = .phase(phase, time: time)
    }

    var hasStruck: Bool { state.withLock(\.isDead) }
    /// How many deliveries were in the step in which it struck.
    var amount: Int { state.withLock(\.amount) }

    func watch(_ replica: Replica) {
        state.withLock { $0.replica = replica }
    }

    /// A moment at which the device may end.
    func step() async throws {
        try await strike {
            $0.steps += 1
            guard case .moment(let moment) = target else { return false }
            return $0.steps == moment
        }
    }

    /// A phase of a send in which the device may end, with a number of deliveries.
    func pass(_ phase: SendPhase, with amount: Int = 1) async throws {
        try await strike {
            $0.amount = amount
            return count(phase, in: &$0)
        }
    }

    /// A phase in which the device cannot be ended at once: it ends at the next place where it
    /// can.
    func note(_ phase: SendPhase) {
        state.withLock { if count(phase, in: &$0) { $0.isDue = true } }
    }

    private func count(_ phase: SendPhase, in state: inout State) -> Bool {
        state.passages[phase, default: 0] += 1
        guard case .phase(phase, let time) = target else { return false }
        return state.passages[phase] == time
    }

    private func strike(_ isTime: (inout State) -> Bool) async throws {
        let victim = state.withLock { state in
            guard !state.isDead else { return nil as Replica? }
            guard isTime(&state) || state.isDue else { return nil }
            state.isDead = true
            return state.replica
        }
        try await victim?.close()
        if hasStruck { throw Killed() }
    }
}
