import Glibc

/// This program once more, in a process of its own.
package enum ShareProcess {
    /// Runs it, and returns what it wrote.
    ///
    /// - Parameters:
    ///   - arguments: The command line.
    ///   - program: The program, if not the one that runs.
    /// - Returns: Its standard output.
    /// - Throws: ``SimulationFailure`` if it could not be run or ended with a status.
    package static func output(
        of arguments: [String], program: String = "/proc/self/exe"
    ) throws -> String {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SimulationFailure("no pipe") }
        defer { close(ends[0]) }
        let child = try start(program, arguments, writingTo: ends[1])
        close(ends[1])
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(ends[0], &buffer, buffer.count), count > 0 {
            text += buffer[..<count]
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        guard status == 0 else {
            throw SimulationFailure(
                "wait status \(status): \(String(decoding: text.suffix(2000), as: UTF8.self))")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func start(
        _ program: String, _ arguments: [String], writingTo end: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer {
            for word in words { free(word) }
            posix_spawn_file_actions_destroy(&actions)
        }
        var started: pid_t = 0
        let result = posix_spawn(&started, program, &actions, nil, &words, Glibc.environ)
        guard result == 0 else { throw SimulationFailure("no process") }
        return started
    }
}
