import CUnix
import Glibc

/// The time since the machine started, on which the front measures its waits.
enum MonotonicTime {
    static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// A wait as `poll` takes it: whole milliseconds, rounded up, never negative.
    static func pollTimeout(_ wait: Duration) -> Int32 {
        guard wait > .zero else { return 0 }
        let parts = wait.components
        return Int32(
            min(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000 + 1, 60_000))
    }
}

/// The signals that a front forwards instead of dying of them.
struct SignalQueue: ~Copyable {
    /// Becomes readable when a signal arrived.
    let descriptor: Int32

    /// Blocks the signals and begins to collect them.
    init(_ numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP]) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        sigprocmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        descriptor = cunix_signalfd(&signals)
    }

    deinit {
        close(descriptor)
    }

    /// Takes the next signal, or nil if none waits.
    func next() -> Int32? {
        let number = cunix_read_signal(descriptor)
        return number == 0 ? nil : number
    }

    /// Waits for a while; returns early when a signal arrives.
    func wait(_ duration: Duration) -> Int32? {
        var polled = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        _ = poll(&polled, 1, MonotonicTime.pollTimeout(duration))
        return next()
    }
}
