/// How syncing goes, for people to see.
package struct SyncStatus: Sendable {
    /// When the hub last answered.
    package var lastSuccess: Timestamp?
    /// Why it did not, if it has not answered since.
    package var lastFailure: LocalizedText?
    /// How many failures in a row there were.
    package var failures = 0
    /// What the hub held when it last had no more to give, as far as this device may receive it.
    package var hubDigests: [StateDigest] = []

    /// How polls are held, once one was made.
    package var poll: PollPlan?

    package init() {}

    /// Whether the hub answered the last time it was asked.
    package var isOnline: Bool { lastSuccess != nil && failures == 0 }
}

/// How long to wait before the next try: doubling from one second to a minute, with half of it
/// left to chance, so that a hundred branches do not come back in the same instant.
package struct Backoff: Sendable {
    private static let first = Duration.milliseconds(500)
    private static let longest = Duration.seconds(60)
    private static let doublingsMaximum = 10

    /// The wait after so many failures in a row.
    ///
    /// - Parameters:
    ///   - failures: How many there were, at least one.
    ///   - chance: A random number.
    /// - Returns: Between half and the whole of the doubled wait.
    package static func wait(after failures: Int, chance: UInt64) -> Duration {
        let doublings = min(max(failures - 1, 0), doublingsMaximum)
        let whole = min(first * (1 << doublings), longest)
        return whole / 2 + whole / 2 * Int(chance % 1024) / 1024
    }
}
