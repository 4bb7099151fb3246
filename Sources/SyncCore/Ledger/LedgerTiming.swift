/// The durations after which a ledger stops waiting for news of a claimed delivery.
package struct LedgerTiming: Sendable {
    /// How long after the end of the lease a transaction may still run: the final reply alone
    /// may take 10 minutes (RFC 5321 §4.5.3.2.6), and a shorter wait makes duplicates.
    package var afterLease = Duration.seconds(15 * 60)
    /// The slowest line on which a body is still expected to arrive.
    package var slowestBytesPerSecond = 8 * 1024

    /// Takes the defaults.
    package init() {}

    /// Takes what the organisation configured.
    package init(_ timings: Timings) {
        afterLease = timings.doubt
    }

    /// How long a claim may stay without news.
    ///
    /// - Parameters:
    ///   - byteCount: The size of the rendered mail.
    ///   - remaining: How long the lease still lasts.
    /// - Returns: The time from the claim until it comes in doubt.
    package func patience(forBytes byteCount: Int, leaseLasting remaining: Duration) -> Duration {
        precondition(slowestBytesPerSecond > 0, "A line that carries nothing never ends.")
        let seconds = (byteCount + slowestBytesPerSecond - 1) / slowestBytesPerSecond
        return max(remaining, .zero) + afterLease + .seconds(seconds)
    }
}
