import Dispatch
import Glibc

/// The signals by which a process is told to stop.
enum StopSignal {
    private static let numbers = [SIGTERM, SIGINT]

    /// Keeps the signals from ending the process at once.
    static func hold() {
        for number in numbers { signal(number, SIG_IGN) }
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for one of the signals, or for the task to be cancelled.
    static func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let queue = DispatchQueue(label: "syncmail.signals")
        let sources = numbers.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        for await _ in stream { break }
        for source in sources { source.cancel() }
    }
}
