/// Whether a wall clock can be believed that a long time has passed.
///
/// Nothing but the wall clock tells how long a machine was off, so it is believed within limits:
/// while a process runs, it must agree with the time the machine has been up; and it must not
/// leap, from one process to the next, farther than a machine is usually off.
package struct ClockTrust: Hashable, Sendable {
    /// By how much the clock may be set while the process runs.
    package static let leapMaximum = Duration.seconds(3600)
    /// How long a machine may have been off.
    package static let silenceMaximum = Duration.seconds(30 * 86_400)

    private let wall: Timestamp
    private let uptime: Duration

    /// Begins to watch the clock.
    package init(wall: Timestamp, uptime: Duration) {
        self.wall = wall
        self.uptime = uptime
    }

    /// Whether the clock is believed.
    ///
    /// - Parameters:
    ///   - now: What it shows.
    ///   - uptime: How long the machine has been up.
    ///   - last: What it showed when it was looked at last, in this process or one before; nil if
    ///     that is not known.
    /// - Returns: Whether what it shows can be true.
    package func isTrusted(at now: Timestamp, uptime: Duration, last: Timestamp?) -> Bool {
        let shown = Duration.milliseconds(now.milliseconds - wall.milliseconds)
        let leap = shown - (uptime - self.uptime)
        guard (.zero - Self.leapMaximum...Self.leapMaximum).contains(leap) else { return false }
        guard let last else { return true }
        let silence = Duration.milliseconds(now.milliseconds - last.milliseconds)
        return (.zero - Self.leapMaximum...Self.silenceMaximum).contains(silence)
    }
}
