package import SyncCore
import Synchronization

/// Time and chance under a test's control.
///
/// Time stands still until a test advances it; chance is a seed.
package final class ManualEnvironment: Sendable {
    private struct State {
        var wall: Timestamp
        var uptime = Duration.seconds(1000)
        var random: SeededRandom
    }

    private let state: Mutex<State>

    package init(
        seed: UInt64 = 1, wall: Timestamp = Timestamp(milliseconds: 1_790_000_000_000)
    ) {
        state = Mutex(State(wall: wall, random: SeededRandom(seed: seed)))
    }

    /// The environment to hand to the code under test.
    package var environment: Environment {
        Environment(
            now: { self.state.withLock(\.wall) },
            uptime: { self.state.withLock(\.uptime) },
            sleep: { self.advance(by: $0) },
            randomBytes: { count in
                self.state.withLock { state in
                    (0..<count).map { _ in UInt8(truncatingIfNeeded: state.random.next()) }
                }
            })
    }

    /// Lets time pass, on the wall and since the machine started.
    package func advance(by duration: Duration) {
        state.withLock { state in
            state.wall = state.wall.advanced(by: duration)
            state.uptime += duration
        }
    }

    /// Sets the wall clock alone, as a person or a time server might.
    package func setWall(_ wall: Timestamp) {
        state.withLock { $0.wall = wall }
    }
}
