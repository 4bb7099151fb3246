import CUnix
import Glibc

/// Connects to the engine of a home, and starts it where the caller may.
struct EngineConnector: ~Copyable {
    /// What came of it.
    enum Outcome {
        /// A connected descriptor, which the receiver owns.
        case connected(Int32)
        case failed(FrontFailure)
        case signal(Int32)
    }

    /// How long an engine may take until it answers.
    private static let waitMaximum = Duration.seconds(30)
    private static let retryInterval = Duration.milliseconds(1)
    private static let retryIntervalMaximum = Duration.milliseconds(20)
    private static let logBytesMaximum = 1 << 20

    let home: EngineHome
    let language: FrontLanguage
    let variables: [String: String]

    /// Connects, waiting as long as an engine starts or leaves.
    func connect(_ signals: borrowing SignalQueue) -> Outcome {
        let end = MonotonicTime.now + Self.waitMaximum
        var interval = Self.retryInterval
        while MonotonicTime.now < end {
            do throws(SystemError) {
                return .connected(try UnixSocket.connect(to: home.socket))
            } catch {
                if let failure = failure(of: error) { return .failed(failure) }
            }
            if home.kind == .personal, let outcome = startUnlessSomebodyDoes(signals, end) {
                return outcome
            }
            if let signal = signals.wait(interval) { return .signal(signal) }
            interval = min(interval * 2, Self.retryIntervalMaximum)
        }
        return .failed(.noAnswer(home.directory))
    }

    /// The failure that waiting does not mend, or nil if nobody listens yet.
    private func failure(of error: SystemError) -> FrontFailure? {
        switch (error.number, home.kind) {
        // The queue of connections is full.
        case (EAGAIN, _): nil
        case (ENOENT, .personal), (ECONNREFUSED, .personal): nil
        case (ENOENT, .system), (ECONNREFUSED, .system): .notRunning(home.directory)
        default: .home(home.directory, error.number)
        }
    }

    /// Starts an engine under the start lock; nil means that one should try to connect again.
    private func startUnlessSomebodyDoes(
        _ signals: borrowing SignalQueue, _ end: Duration
    ) -> Outcome? {
        do throws(SystemError) {
            try makeDirectory(home.directory)
            guard let lock = try FileLock.take(home.startLock) else { return nil }
            return try startHolding(lock, signals, end)
        } catch {
            return .failed(.home(home.directory, error.number))
        }
    }

    /// Connects or starts; the lock is lent so that it is held to the end.
    private func startHolding(
        _ lock: borrowing FileLock, _ signals: borrowing SignalQueue, _ end: Duration
    ) throws(SystemError) -> Outcome? {
        // Whoever held the lock before may have started one.
        if let connected = try? UnixSocket.connect(to: home.socket) {
            return .connected(connected)
        }
        return try start(signals, end)
    }

    private func start(
        _ signals: borrowing SignalQueue, _ end: Duration
    ) throws(SystemError) -> Outcome? {
        guard let program = EngineProgram.find(variables: variables) else {
            return .failed(.noProgram)
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .last }
        defer { close(ends[0]) }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        limitLog()
        let lang = language.pick(es: "es", en: "en")
        do throws(SystemError) {
            try program.start(
                arguments: [
                    "--home", home.directory, "--personal", "--ready-descriptor", "3",
                    "--lang", lang,
                ], pipe: ends[1], log: home.log)
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        return waitUntilReady(ends[0], signals, end)
    }

    private func waitUntilReady(
        _ pipe: Int32, _ signals: borrowing SignalQueue, _ end: Duration
    ) -> Outcome? {
        var said: [UInt8] = []
        while true {
            let wait = end - MonotonicTime.now
            guard wait > .zero else { return .failed(.noAnswer(home.directory)) }
            var polled = [
                pollfd(fd: pipe, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&polled, 2, MonotonicTime.pollTimeout(wait))
            if let signal = signals.next() { return .signal(signal) }
            guard polled[0].revents != 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(pipe, &buffer, buffer.count)
            if count > 0 { said += buffer[..<count] }
            if said.first == 0x01 { return nil }
            guard count > 0 else { return .failed(reason(said)) }
        }
    }

    private func reason(_ said: [UInt8]) -> FrontFailure {
        guard said.first == 0x02, said.count > 2 else { return .noAnswer(home.directory) }
        return .refused(String(decoding: said[2...], as: UTF8.self), status: Int32(said[1]))
    }

    /// Keeps what engines write to standard error from filling the disk.
    private func limitLog() {
        var status = stat()
        if stat(home.log, &status) == 0, status.st_size > Self.logBytesMaximum {
            truncate(home.log, 0)
        }
    }

    /// Makes the directory and those above it, for the owner alone.
    private func makeDirectory(_ path: String) throws(SystemError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .last
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last }
    }
}
