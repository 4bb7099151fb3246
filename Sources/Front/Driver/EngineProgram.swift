import CUnix
import Glibc

/// The program `syncmail-agent`: where it is, and how it is started.
struct EngineProgram {
    private static let name = "syncmail-agent"

    let path: String

    /// Finds the program beside this one, or else in `PATH`.
    static func find(variables: [String: String]) -> EngineProgram? {
        var folders: [String] = []
        if let own = ownPath(), let slash = own.lastIndex(of: "/") {
            folders.append(String(own[..<slash]))
        }
        folders += (variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map(String.init).filter { $0.hasPrefix("/") }
        for folder in folders where access("\(folder)/\(name)", X_OK) == 0 {
            return EngineProgram(path: "\(folder)/\(name)")
        }
        return nil
    }

    /// Becomes the program; returns only when that failed.
    func replaceThisProcess(arguments: [String]) {
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        withCStrings([path] + arguments) { arguments in
            withCStrings(Self.variables()) { variables in
                _ = execve(path, arguments, variables)
            }
        }
    }

    /// Starts the program in a session of its own, with a pipe as descriptor 3.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments, without its name.
    ///   - pipe: The end of the pipe that it writes.
    ///   - log: The file to which its standard error is appended.
    /// - Throws: What kept the program from starting.
    func start(arguments: [String], pipe: Int32, log: String) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // The pipe first: it may itself stand where the log will be opened.
        posix_spawn_file_actions_adddup2(&actions, pipe, 3)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, 2, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, cunix_spawn_flags())
        var child: pid_t = 0
        let result = withCStrings([path] + arguments) { arguments in
            withCStrings(Self.variables()) { variables in
                posix_spawn(&child, path, &actions, &attributes, arguments, variables)
            }
        }
        guard result == 0 else { throw SystemError(number: result) }
    }

    /// The variables of this process, without Swift's backtraces: they print memory.
    private static func variables() -> [String] {
        var variables = ProcessVariables.read()
        variables["SWIFT_BACKTRACE"] = "enable=no"
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    private static func ownPath() -> String? {
        let path = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = buffer.baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? 0
            count = max(count, 0)
        }
        return String(validating: path, as: UTF8.self)
    }
}

/// Lends strings as the null-terminated array that `execve` and `posix_spawn` take.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
