import SyncCore
import Synchronization
import Testing

/// Waits of tasks that end one after the other.
struct BellTests {
    @Test func `A wait after a cancelled one lasts until the bell rings`() async {
        let bell = Bell()
        await cancelledWait(for: bell)
        #expect(!ends(bell))
        bell.ring()
        #expect(ends(bell))
    }

    @Test func `Ringing before anybody waits wakes the next wait, and that one only`()
        async
    {
        let bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait()
        #expect(!ends(bell))
    }

    @Test func `A ring that comes with the cancellation of a wait is left to the next`()
        async
    {
        for _ in 0..<500 {
            let bell = Bell()
            let isTaken = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await bell.wait()
                    return !Task.isCancelled
                }
                group.addTask {
                    bell.ring()
                    return false
                }
                group.cancelAll()
                return await group.reduce(false) { $0 || $1 }
            }
            // Nobody acts on what a cancelled task was told.
            if !isTaken { #expect(ends(bell)) }
        }
    }

    @Test func `A task that is cancelled already leaves the ring to the next`() async {
        let bell = Bell()
        bell.ring()
        await cancelledWait(for: bell)
        #expect(ends(bell))
    }

    @Test func `Every wait ends when several tasks wait and the bell rings for each`() async {
        let bell = Bell()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await bell.wait()
                    bell.ring()
                }
            }
            bell.ring()
            await group.waitForAll()
        }
    }

    /// Waits in a task that is cancelled, and returns when that wait is over.
    private func cancelledWait(for bell: Bell) async {
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await bell.wait() }
        }
    }

    /// Whether a wait ends by what has happened so far.
    private func ends(_ bell: Bell) -> Bool {
        let (jobs, hasEnded) = (WaitingJobs(), Flag())
        let wait = Task(executorPreference: jobs) {
            await bell.wait()
            hasEnded.set()
        }
        // After this nothing is left to do but to wait.
        jobs.run()
        defer {
            wait.cancel()
            jobs.run()
        }
        return hasEnded.isSet
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock(\.self) }

    func set() { state.withLock { $0 = true } }
}

/// Keeps the jobs of tasks until somebody runs them.
private final class WaitingJobs: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs all jobs, and those that they make, until none is left.
    func run() {
        while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
