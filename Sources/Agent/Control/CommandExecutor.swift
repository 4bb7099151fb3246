import Dispatch

/// A thread's worth of execution for one command.
///
/// The cooperative pool has as many threads as the machine has cores: two commands that wait
/// in a blocking call would stop all others. A queue of its own keeps each one's waiting to
/// itself.
final class CommandExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "syncmail.command")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
