import Dispatch
import Glibc
import SyncCore
import Synchronization

/// How long one process takes from its start to its end, for a command that is run many times
/// by one or several writers at once.
struct SpawnBenchmark {
    /// A command that did not do what it is measured for.
    struct CommandFailure: Error {
        let program: String
        let status: Int32
    }

    /// How many times the command runs, all writers together.
    let count: Int
    let writers: Int
    /// The file that every run has as its standard input, as seen below the root.
    let input: String
    /// The folder that the command sees as the root, if another one.
    let root: String?
    let command: [String]

    private let environment = Environment.live()

    init(count: Int, writers: Int, input: String, root: String?, command: [String]) {
        (self.count, self.writers, self.input) = (count, writers, input)
        (self.root, self.command) = (root, command)
    }

    /// Measures.
    func run() throws -> Measurement {
        if let root {
            guard chroot(root) == 0, chdir("/") == 0 else {
                throw CommandFailure(program: root, status: errno)
            }
        }
        let results = Results()
        let group = DispatchGroup()
        let start = environment.uptime()
        for writer in 0..<writers {
            // A thread of its own for each: the pool has only as many as there are cores.
            DispatchQueue(label: "writer \(writer)").async(group: group) {
                let share = self.count / self.writers + (writer < self.count % self.writers ? 1 : 0)
                for _ in 0..<share { results.add(self.once()) }
            }
        }
        group.wait()
        let seconds = (environment.uptime() - start) / .seconds(1)
        return try measurement(results.taken(), seconds)
    }

    private func measurement(
        _ results: [Result<Double, CommandFailure>], _ seconds: Double
    ) throws -> Measurement {
        let times = try results.map { try $0.get() }.sorted()
        var measurement = Measurement()
        measurement.add("count", times.count)
        measurement.add("median_ms", times[times.count / 2] * 1000)
        measurement.add("p99_ms", times[min(times.count - 1, times.count * 99 / 100)] * 1000)
        measurement.add("maximum_ms", times[times.count - 1] * 1000)
        measurement.add("per_second", Double(times.count) / seconds)
        return measurement
    }

    /// Runs the command once, and returns the seconds until it had ended.
    private func once() -> Result<Double, CommandFailure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var child: pid_t = 0
        var status: Int32 = 0
        let start = environment.uptime()
        let failure = posix_spawn(&child, command[0], &actions, nil, words, environ)
        guard failure == 0 else {
            return .failure(CommandFailure(program: command[0], status: failure))
        }
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let seconds = (environment.uptime() - start) / .seconds(1)
        return status == 0
            ? .success(seconds) : .failure(CommandFailure(program: command[0], status: status))
    }

    /// What the writers found.
    private final class Results: Sendable {
        private let all = Mutex<[Result<Double, CommandFailure>]>([])

        func add(_ result: Result<Double, CommandFailure>) { all.withLock { $0.append(result) } }

        func taken() -> [Result<Double, CommandFailure>] { all.withLock(\.self) }
    }
}
