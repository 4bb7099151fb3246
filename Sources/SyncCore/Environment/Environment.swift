/// Everything nondeterministic that a device or the hub draws on.
///
/// The program builds one live environment in `main`, a test builds its own. Nothing else in
/// the package asks the system for time or chance. The network has its own doors
/// (``SyncTransport``, and the outbox's connections), which are built beside the environment.
package struct Environment: Sendable {
    /// Tells wall time, for people to read: it may jump, so it measures nothing.
    package var now: @Sendable () -> Timestamp
    /// Tells how long the machine has been up, suspend included (`CLOCK_BOOTTIME`).
    ///
    /// Leases,
    /// waits and retries are measured on it.
    package var uptime: @Sendable () -> Duration
    /// Waits, and stops waiting when the task is cancelled.
    package var sleep: @Sendable (_ duration: Duration) async throws -> Void
    /// Produces unpredictable bytes.
    package var randomBytes: @Sendable (_ count: Int) -> [UInt8]

    /// Measures for how long the database is in use; the product has none.
    package var watch: DatabaseWatch?

    package init(
        now: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (_ duration: Duration) async throws -> Void,
        randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8]
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
        self.randomBytes = randomBytes
    }

    /// Produces an unpredictable 64-bit number.
    package func randomNumber() -> UInt64 {
        randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
