/// What the HTTP server grants its clients.
///
/// Everything a stranger may make the server hold, count or wait for has a limit here. The
/// defaults suit a hub that devices and browsers reach directly; behind a reverse proxy, which
/// is one address for all, raise ``connectionsPerAddressMaximum`` or set it to 0 (no limit).
package struct HTTPLimits: Sendable {
    /// How many connections may be open.
    package var connectionsMaximum = 4096
    /// How many connections one address may hold open.
    ///
    /// 0 means as many as it likes.
    package var connectionsPerAddressMaximum = 32
    /// How many requests may be in the handler's hands, parked ones included.
    package var requestsMaximum = 3072
    /// The memory the library may spend on one connection's headers.
    package var connectionMemoryBytes = 32 * 1024

    /// How long a path may be.
    package var pathBytesMaximum = 1024
    /// How long a query may be.
    package var queryBytesMaximum = 2048
    /// How many header fields a request may have.
    package var fieldsMaximum = 64
    /// How long the names and values of all header fields may be together.
    package var fieldBytesMaximum = 12 * 1024
    /// How long a body may be.
    package var bodyBytesMaximum = 32 * 1024 * 1024
    /// How long all bodies held at one time may be together.
    package var bodyBytesTotalMaximum = 256 * 1024 * 1024
    /// How much of a refused body is read and forgotten, so that the client sees the refusal
    /// instead of a connection that breaks while it still writes.
    package var discardedBytesMaximum = 64 * 1024

    /// How long a connection may take from its start, or a request from its first line, to the end
    /// of the header.
    ///
    /// A TLS handshake counts.
    package var headerTime = Duration.seconds(10)
    /// How long a connection may rest between two requests.
    package var idleTime = Duration.seconds(60)
    /// How long a body, or the sending of a reply, may take before the slowest rate counts.
    package var bodyTime = Duration.seconds(30)
    /// The slowest rate that is waited for after ``bodyTime``.
    package var bytesPerSecondMinimum = 1024
    /// How long a request may stay in the handler's hands.
    package var handlerTime = Duration.seconds(90)
    /// How often the deadlines are looked at.
    package var reaperInterval = Duration.seconds(1)
    /// How long a server that stops waits for replies to be taken.
    package var farewellTime = Duration.seconds(2)
    /// What a client is told to wait when the server is full.
    package var retryAfter = Duration.seconds(5)

    package init() {}

    /// How long a number of bytes may take.
    package func transferTime(bytes: Int) -> Duration {
        bodyTime + .milliseconds(bytes * 1000 / max(bytesPerSecondMinimum, 1))
    }
}
