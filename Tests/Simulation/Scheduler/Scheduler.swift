import Glibc
import Synchronization
import TestSupport

/// The one thread, the one clock and the one source of chance of a simulation.
///
/// Every task of every simulated process runs here, one job at a time, and every wait is an entry
/// in one queue of timers. When no job is ready, time jumps to the next timer. So the product's
/// own drivers, with their task groups and bells, do the same thing in the same order whenever
/// they are given the same seed; in some simulations the order of the ready jobs is drawn, because
/// the runtime promises none.
package final class Scheduler: Sendable {
    private struct State {
        var now = Duration.zero
        var ready: [ReadyJob] = []
        var timers = TimerQueue()
        var pausedLanes: Set<Int> = []
        var deadLanes: Set<Int> = []
        var heldJobs: [ReadyJob] = []
        var heldTimers: [TimerQueue.Entry] = []
        var lanesCount = 0
        var chance: SeededGenerator
        var shuffles = false
        var jobsAtOnce = 0
        var jobsCount = 0
    }

    /// How many jobs may run without time passing: more is a task that never waits.
    private static let jobsAtOnceMaximum = 400_000

    private let state: Mutex<State>
    // Whoever creates the scheduler runs it; a job from another thread would have escaped.
    private let thread = pthread_self()

    package init(seed: UInt64) {
        state = Mutex(State(chance: SeededGenerator(seed: seed ^ 0x5c4e_d01e)))
    }

    /// The time since the simulation began.
    package var now: Duration { state.withLock(\.now) }
    /// How many jobs have run.
    package var jobsCount: Int { state.withLock(\.jobsCount) }
    /// Whether some task runs on and on although time stands still.
    package var isStuck: Bool { state.withLock { $0.jobsAtOnce >= Self.jobsAtOnceMaximum } }

    /// Draws the order of ready jobs from now on, or takes them as they come.
    package func shuffle(_ shuffles: Bool) {
        state.withLock { $0.shuffles = shuffles }
    }

    /// Opens a lane for the tasks of one process.
    package func makeLane() -> Lane {
        let number = state.withLock { state in
            state.lanesCount += 1
            return state.lanesCount
        }
        return Lane(number: number, scheduler: self)
    }

    /// Runs everything up to a time, which it is afterwards.
    ///
    /// - Parameters:
    ///   - end: The time.
    ///   - step: Called after every job and timer; it returns whether to go on.
    package func run(until end: Duration, step: () -> Bool = { true }) {
        while !isStuck {
            if let job = takeJob() {
                job.run()
            } else if let timer = takeTimer(until: end) {
                timer.body()
            } else {
                break
            }
            guard step() else { return }
        }
        state.withLock { $0.now = max($0.now, end) }
    }

    func enqueue(_ job: ReadyJob) {
        precondition(pthread_equal(pthread_self(), thread) != 0, "A task left the simulation.")
        state.withLock { state in
            // What a dead process would have done next is never done.
            if state.deadLanes.contains(job.lane) { return }
            if state.pausedLanes.contains(job.lane) {
                state.heldJobs.append(job)
            } else {
                state.ready.append(job)
            }
        }
    }

    /// Calls a body after a while, in the name of a lane if it shall die and pause with it.
    @discardableResult
    package func schedule(
        after wait: Duration, in lane: Lane? = nil, _ body: @escaping @Sendable () -> Void
    ) -> UInt64 {
        state.withLock { state in
            if let lane, state.deadLanes.contains(lane.number) { return 0 }
            return state.timers.insert(
                at: state.now + max(wait, .zero), lane: lane?.number, body)
        }
    }

    /// Forgets a timer, and returns whether it was still to come.
    func cancel(_ timer: UInt64) -> Bool {
        state.withLock { state in
            let held = state.heldTimers.firstIndex { $0.number == timer }
            if let held { state.heldTimers.remove(at: held) }
            return state.timers.remove(timer) || held != nil
        }
    }

    /// Stops a lane where it is, or lets it go on.
    func setPaused(_ isPaused: Bool, _ lane: Lane) {
        let due = state.withLock { state in
            if isPaused {
                state.pausedLanes.insert(lane.number)
                state.heldJobs += state.ready.filter { $0.lane == lane.number }
                state.ready.removeAll { $0.lane == lane.number }
                return [TimerQueue.Entry]()
            }
            state.pausedLanes.remove(lane.number)
            state.ready += state.heldJobs.filter { $0.lane == lane.number }
            state.heldJobs.removeAll { $0.lane == lane.number }
            defer { state.heldTimers.removeAll { $0.lane == lane.number } }
            return state.heldTimers.filter { $0.lane == lane.number }
        }
        for timer in due { timer.body() }
    }

    /// Forgets everything that a lane would have done: its process is dead.
    ///
    /// - Parameters:
    ///   - lane: The lane.
    ///   - close: One last thing, which lets go of what the process had open.
    func kill(_ lane: Lane, closing close: @escaping @Sendable () async -> Void) {
        purge(lane)
        lane.start(close)
        while let job = takeJob(of: lane.number) { job.run() }
        purge(lane)
        state.withLock { _ = $0.deadLanes.insert(lane.number) }
    }

    private func purge(_ lane: Lane) {
        state.withLock { state in
            state.ready.removeAll { $0.lane == lane.number }
            state.heldJobs.removeAll { $0.lane == lane.number }
            state.heldTimers.removeAll { $0.lane == lane.number }
            state.timers.removeAll(of: lane.number)
            state.pausedLanes.remove(lane.number)
        }
    }

    private func takeJob(of lane: Int? = nil) -> ReadyJob? {
        state.withLock { state in
            let job: ReadyJob
            if let lane {
                guard let index = state.ready.firstIndex(where: { $0.lane == lane }) else {
                    return nil
                }
                job = state.ready.remove(at: index)
            } else {
                guard !state.ready.isEmpty else { return nil }
                let place =
                    state.shuffles ? state.chance.number(below: state.ready.count) : 0
                job = state.ready.remove(at: place)
            }
            state.jobsAtOnce += 1
            state.jobsCount += 1
            return job
        }
    }

    private func takeTimer(until end: Duration) -> TimerQueue.Entry? {
        state.withLock { state in
            while let entry = state.timers.takeFirst(until: end) {
                if entry.time > state.now { state.jobsAtOnce = 0 }
                state.now = max(state.now, entry.time)
                guard let lane = entry.lane, state.pausedLanes.contains(lane) else {
                    return entry
                }
                state.heldTimers.append(entry)
            }
            return nil
        }
    }
}
