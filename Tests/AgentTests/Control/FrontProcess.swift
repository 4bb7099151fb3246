import Glibc
import Synchronization

/// The real program `syncmail`, built beside the tests.
///
/// It is started by posix_spawn: Foundation's `Process` reads past the end of its list of open
/// descriptors when a few hundred programs run at once, and crashes.
struct FrontProcess: Sendable {
    /// How a run of it ended.
    struct Ending: Sendable {
        let status: Int32
        let output: String
        let error: String
    }

    /// What kept the program from starting.
    struct NotStarted: Error {
        let number: Int32
    }

    private let process: pid_t
    private let output: Int32
    private let error: Int32

    /// Starts the program in a home, with what its standard input will bring.
    init(_ arguments: [String], home: String, input: String = "", in directory: String) throws {
        let words = ["/usr/bin/env", "-C", directory, Self.program] + arguments
        let variables = ["SYNCMAIL_HOME=\(home)", "LANG=en_US.UTF-8", "PATH=/usr/bin"]
        // One start at a time: a pipe's ends must not pass to a program that starts meanwhile.
        let start = try Self.starting.withLock { _ in try Self.start(words, variables) }
        (process, output, error) = (start.process, start.output, start.error)
        let bytes = Array(input.utf8)
        _ = write(start.input, bytes, bytes.count)
        close(start.input)
    }

    private struct Start {
        let process: pid_t
        let input: Int32
        let output: Int32
        let error: Int32
    }

    private static let starting = Mutex(())

    private static func start(_ words: [String], _ variables: [String]) throws -> Start {
        let input = try pipe()
        let output = try pipe()
        let error = try pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reading, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, error.writing, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A thread of the tests may block signals; the program must not inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        let result = withStrings(words) { words in
            withStrings(variables) { variables in
                posix_spawn(&process, "/usr/bin/env", &actions, &attributes, words, variables)
            }
        }
        for descriptor in [input.reading, output.writing, error.writing] { close(descriptor) }
        guard result == 0 else { throw NotStarted(number: result) }
        return Start(
            process: process, input: input.writing, output: output.reading,
            error: error.reading)
    }

    /// Sends the program a signal.
    func signal(_ number: Int32) { kill(process, number) }

    /// Waits for its end, and blocks until then.
    func end() -> Ending {
        let text = Self.readAll(output)
        let errorText = Self.readAll(error)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        // As a shell tells it: the status, or 128 and the signal.
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        return Ending(
            status: code, output: String(decoding: text, as: UTF8.self),
            error: String(decoding: errorText, as: UTF8.self))
    }

    private static let program: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let tests = String(
            decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let end = tests.lastIndex(of: "/") ?? tests.startIndex
        return tests[..<end] + "/syncmail"
    }()

    /// A pipe that no other program inherits.
    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw NotStarted(number: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        defer { close(descriptor) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { all += buffer[..<count] }
            if count == 0 || (count < 0 && errno != EINTR) { return all }
        }
    }
}
