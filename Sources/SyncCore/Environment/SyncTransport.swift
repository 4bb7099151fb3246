/// A way to put one sealed request to the hub.
///
/// This is the only door from sync to the network: `CurlTransport` opens it over HTTPS, and a
/// test over a network that loses, delays, repeats and reorders.
package protocol SyncTransport: Sendable {
    /// Sends a request and waits for its reply.
    ///
    /// A failure does not tell whether the hub acted, so every request must be safe to repeat.
    ///
    /// - Parameters:
    ///   - request: The sealed envelope, at most ``Limits/requestBytesMaximum``.
    ///   - wait: How long to wait for the whole reply.
    /// - Returns: The reply's body.
    /// - Throws: ``TransportError``, or `CancellationError` if the task is cancelled.
    func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8]
}
