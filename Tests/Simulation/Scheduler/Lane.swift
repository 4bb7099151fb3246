/// A job that can run now, and whose it is.
struct ReadyJob: Sendable {
    enum Place: Sendable {
        case task(TaskLane)
        case storage(StorageLane)
    }

    let job: UnownedJob
    let place: Place
    let lane: Int

    func run() {
        switch place {
        case .task(let place): job.runSynchronously(on: place.asUnownedTaskExecutor())
        case .storage(let place): job.runSynchronously(on: place.asUnownedSerialExecutor())
        }
    }
}

/// Where the tasks of one simulated process run; when the process dies, they never go on.
package final class Lane: Sendable {
    let number: Int
    let scheduler: Scheduler
    /// What tasks prefer.
    let tasks: TaskLane
    /// Where the process's databases are used.
    package let storage: StorageLane

    init(number: Int, scheduler: Scheduler) {
        self.number = number
        self.scheduler = scheduler
        tasks = TaskLane(number: number, scheduler: scheduler)
        storage = StorageLane(number: number, scheduler: scheduler)
    }

    /// Starts a task of the process.
    package func start(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: tasks) { await body() }
    }

    /// Waits; a process that died meanwhile is never woken.
    func sleep(for wait: Duration) async throws {
        try await Ticket<Void>(scheduler).wait { ticket in
            scheduler.schedule(after: wait, in: self) { ticket.end(.success(())) }
        }
    }
}

/// Runs the jobs of tasks.
final class TaskLane: TaskExecutor {
    private let number: Int
    private let scheduler: Scheduler

    init(number: Int, scheduler: Scheduler) {
        self.number = number
        self.scheduler = scheduler
    }

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(ReadyJob(job: UnownedJob(job), place: .task(self), lane: number))
    }
}

/// Runs the jobs of a database.
package final class StorageLane: SerialExecutor {
    private let number: Int
    private let scheduler: Scheduler

    init(number: Int, scheduler: Scheduler) {
        self.number = number
        self.scheduler = scheduler
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(ReadyJob(job: UnownedJob(job), place: .storage(self), lane: number))
    }
}
