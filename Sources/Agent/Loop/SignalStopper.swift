import CUnix
import Dispatch
import Glibc

/// Turns SIGTERM and SIGINT into a call.
///
/// ``block()`` must have been called before the process had a second thread.
struct SignalStopper {
    private let source: any DispatchSourceRead

    private static var signals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        return signals
    }

    /// Keeps the signals from ending the process, in every thread that comes.
    static func block() {
        var signals = signals
        sigprocmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls the action for each signal, on a queue of its own.
    init(_ action: @escaping @Sendable () -> Void) {
        var signals = Self.signals
        let descriptor = cunix_signalfd(&signals)
        let queue = DispatchQueue(label: "syncmail.signals")
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { @Sendable in
            while cunix_read_signal(descriptor) != 0 { action() }
        }
        source.setCancelHandler { @Sendable in close(descriptor) }
        source.activate()
    }

    /// Stops listening.
    func cancel() {
        source.cancel()
    }
}
