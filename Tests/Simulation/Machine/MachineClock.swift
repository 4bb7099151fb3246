import Synchronization
import SyncCore

/// The clocks of one machine: they drift, and the one on the wall jumps.
final class MachineClock: Sendable {
    private struct State {
        /// How much faster than true time the machine counts, in millionths.
        var drift = 0
        /// When, in true time, the two below were read.
        var since = Duration.zero
        var uptime = MachineClock.uptimeAtBoot
        /// What the wall clock shows, since the true time on the wall at the start.
        var wall = Duration.zero

        func passed(at now: Duration) -> Duration {
            now - since + (now - since) * drift / MachineClock.millionths
        }

        mutating func read(at now: Duration) {
            let passed = passed(at: now)
            uptime += passed
            wall += passed
            since = now
        }
    }

    /// The true time on the wall when a simulation begins.
    static let wallAtStart = Timestamp(milliseconds: 1_790_000_000_000)
    /// How long a machine has been up when it begins to work.
    private static let uptimeAtBoot = Duration.seconds(100)
    private static let millionths = 1_000_000

    private let scheduler: Scheduler
    private let state = Mutex(State())

    init(scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    /// How long the machine says that it has been up.
    var uptime: Duration {
        let now = scheduler.now
        return state.withLock { $0.uptime + $0.passed(at: now) }
    }

    /// What the machine's clock on the wall shows.
    var wall: Timestamp {
        let now = scheduler.now
        return state.withLock { Self.wallAtStart.advanced(by: $0.wall + $0.passed(at: now)) }
    }

    /// How long a wait by this machine's clock takes in truth.
    func trueDuration(of wait: Duration) -> Duration {
        state.withLock { wait - wait * $0.drift / (Self.millionths + $0.drift) }
    }

    /// Lets the machine count faster (or slower) from now on, in millionths.
    func setDrift(_ drift: Int) {
        let now = scheduler.now
        state.withLock { state in
            state.read(at: now)
            state.drift = drift
        }
    }

    /// Sets the clock on the wall forward or back.
    func jump(by duration: Duration) {
        state.withLock { $0.wall += duration }
    }

    /// Sets both clocks right.
    func setRight() {
        let now = scheduler.now
        state.withLock { state in
            state.read(at: now)
            state.drift = 0
            state.wall = now
        }
    }

    /// Starts the machine anew.
    func reboot() {
        let now = scheduler.now
        state.withLock { state in
            state.read(at: now)
            state.uptime = Self.uptimeAtBoot
        }
    }
}
