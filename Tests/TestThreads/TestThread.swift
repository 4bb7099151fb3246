import Dispatch

/// A thread that carries out the tasks of one test at a time.
///
/// All tasks of a process share as many threads as there are processors. A test that computes
/// for seconds keeps one of them from everybody; a test that waits for a socket, a process or
/// the time waits for those that compute. On a thread of its own it does neither.
final class TestThread: TaskExecutor {
    private let queue = DispatchQueue(label: "test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
