import Synchronization

/// Notices that the machine slept: much more time went by between two looks than they lie apart.
///
/// The clock counts while the machine is suspended (`CLOCK_BOOTTIME`). A machine that is so busy
/// that nobody looked for long is taken for one that slept, which costs one poll.
struct WakeWatch: Sendable {
    /// How much time between two looks is too much; they lie half a second apart.
    static let gapMinimum = Duration.seconds(10)

    private var last: Duration?

    /// Looks at the clock.
    ///
    /// - Parameter uptime: How long the machine has been up, suspend included.
    /// - Returns: Whether it slept since the last look.
    mutating func hasSlept(at uptime: Duration) -> Bool {
        defer { last = uptime }
        return last.map { uptime - $0 >= Self.gapMinimum } ?? false
    }
}

/// A ``WakeWatch`` that the tasks of a loop share.
final class WakeClock: Sendable {
    private let watch = Mutex(WakeWatch())

    func withLock(_ body: (inout WakeWatch) -> Bool) -> Bool { watch.withLock { body(&$0) } }
}
