import Glibc
import SyncCore
import TestSupport

/// Kills real processes that store messages, at random instants, and looks for every message that
/// they had acknowledged.
func killTorture(_ job: TortureJob) -> TortureSummary {
    var summary = TortureSummary(name: "kill", seeds: job.all)
    var home = KillHome()
    for (index, seed) in job.seeds.enumerated() {
        if index % KillHome.livesMaximum == 0 { home = KillHome() }
        do {
            let life = try home.live(seed, without: job.missing)
            summary.count("acknowledged", life.acknowledged)
            summary.count("inFlightSurvived", life.isInFlightThere ? 1 : 0)
            guard let problem = life.problem else { continue }
            summary.note(["seed \(seed): \(problem)"])
        } catch {
            summary.note(["seed \(seed): \(error)"])
        }
        // What was broken must not be counted again.
        home = KillHome()
    }
    return summary
}

/// A database that one process after the other works on.
private struct KillHome {
    struct Life {
        let acknowledged: Int
        let isInFlightThere: Bool
        let problem: String?
    }

    /// After so many lives a new file is begun.
    static let livesMaximum = 25
    private static let answersMaximum = 25
    private static let delayMaximum = 2_000_000

    private let folder = TemporaryDirectory()
    private var stored = 0

    private var path: String { folder.file("messages.db") }

    /// Starts a process, kills it after some messages, and compares.
    mutating func live(_ seed: UInt64, without missing: Safety?) throws -> Life {
        var chance = SeededGenerator(seed: seed)
        let writer = try KilledProcess(
            arguments: ["kill-writer", path, String(stored + 1), missing?.rawValue ?? ""])
        var answers = 0
        let wanted = chance.number(below: Self.answersMaximum)
        while answers < wanted, writer.readAnswer() { answers += 1 }
        // Between two messages, or anywhere within one.
        let end = ContinuousClock.now + .nanoseconds(chance.number(below: Self.delayMaximum))
        while ContinuousClock.now < end {}
        writer.kill()
        while writer.readAnswer() { answers += 1 }

        let connection = try Connection(
            path: path, key: KillWriter.key, options: MessageWorkload.options(spillsCache: false))
        try connection.update(to: [MessageWorkload.tables])
        let acknowledged = stored + answers
        let found = try MessageWorkload.verify(acknowledged, on: connection)
        let hole = connection.logHole.map { "an alarm without cause: \($0)" }
        try connection.close()
        stored = found.count
        return Life(
            acknowledged: answers, isInFlightThere: found.count > acknowledged,
            problem: found.problem ?? hole)
    }
}

/// This program once more, in a process of its own.
private final class KilledProcess {
    private let identifier: pid_t
    private let answers: Int32

    init(arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw ProcessError() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        let program = "/proc/self/exe"
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer {
            for word in words { free(word) }
            posix_spawn_file_actions_destroy(&actions)
            close(ends[1])
        }
        var started: pid_t = 0
        let result = posix_spawn(&started, program, &actions, nil, &words, Glibc.environ)
        guard result == 0 else { throw ProcessError() }
        identifier = started
        answers = ends[0]
    }

    deinit {
        kill()
        close(answers)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }

    /// Waits for an answer, and returns false when there will be none any more.
    func readAnswer() -> Bool {
        var answer: UInt8 = 0
        return read(answers, &answer, 1) == 1
    }

    func kill() {
        Glibc.kill(identifier, SIGKILL)
    }
}

private struct ProcessError: Error {}
