import Outbox
import SyncCore
import Synchronization

/// Ends a device at one chosen moment: nothing it does afterwards leaves a trace.
final class Killer: Sendable {
    struct Killed: Error {}

    private struct State {
        var steps = 0
        var isDead = false
        var replica: Replica?
    }

    private let moment: Int
    private let state = Mutex(State())

    /// Creates a killer that strikes at a moment, counted from 1; 0 never comes.
    init(at moment: Int) {
        self.moment = moment
    }

    var hasStruck: Bool { state.withLock(\.isDead) }

    func watch(_ replica: Replica) {
        state.withLock { $0.replica = replica }
    }

    /// A moment at which the device may end.
    func step() async throws {
        let victim = state.withLock { state in
            state.steps += 1
            guard state.steps == moment, !state.isDead else { return nil as Replica? }
            state.isDead = true
            return state.replica
        }
        try await victim?.close()
        if hasStruck { throw Killed() }
    }
}
