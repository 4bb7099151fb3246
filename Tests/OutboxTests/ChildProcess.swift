import Dispatch
import Glibc
import Testing

/// A program that a test runs.
///
/// A child inherits the blocked signals of the thread that starts it, and the threads of tasks
/// block nearly all of them: `Process.terminate()` of Foundation then does nothing, and waiting
/// never ends. This one ends its program with a signal that cannot be blocked.
struct ChildProcess: ~Copyable, Sendable {
    private let identifier: pid_t
    private let socket: Int32

    /// Starts a program with a socket for its standard input and output.
    init(_ path: String, _ arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer {
            for word in words { free(word) }
            posix_spawn_file_actions_destroy(&actions)
            close(ends[1])
        }
        var started: pid_t = 0
        let result = posix_spawn(&started, path, &actions, nil, &words, Glibc.environ)
        try #require(result == 0, "\(path) could not be started.")
        socket = ends[0]
        identifier = started
    }

    deinit {
        close(socket)
        // A program that has already been waited for is not there any more; that is fine.
        kill(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }

    /// Reads the first line of what the program writes, which must come in one piece.
    func firstLine() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(socket, &bytes, bytes.count)
        try #require(count > 0, "The program wrote nothing.")
        return String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// Waits until the program writes more.
    ///
    /// - Returns: Whether it did. If it ended, or the task was cancelled, nothing can be read any
    ///   more.
    func writesMore() async throws -> Bool {
        let socket = socket
        return try await withTaskCancellationHandler {
            try await offPool {
                var bytes = [UInt8](repeating: 0, count: 1024)
                return read(socket, &bytes, bytes.count) > 0
            }
        } onCancel: {
            shutdown(socket, Int32(SHUT_RD))
        }
    }

    /// Runs a program that reads all of its input before it writes, and returns its output.
    static func run(
        _ path: String, _ arguments: [String], input bytes: [UInt8] = []
    ) throws -> [UInt8] {
        let child = try ChildProcess(path, arguments)
        return try child.exchange(bytes)
    }

    private consuming func exchange(_ bytes: [UInt8]) throws -> [UInt8] {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(socket, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            try #require(count > 0)
            written += count
        }
        shutdown(socket, Int32(SHUT_WR))
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(socket, &buffer, buffer.count), count > 0 {
            result += buffer[..<count]
        }
        return result
    }
}

/// Runs something that blocks on a thread of its own: the tests' tasks share two.
///
/// The threads of a global queue are those two, so the queue is a new one.
func offPool<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "blocking").async {
            continuation.resume(with: Result(catching: body))
        }
    }
}
