import SyncCore
import Synchronization

/// Counts what passes through another transport: envelopes as they travel, without the few
/// hundred bytes of HTTP header around each.
final class CountingTransport: SyncTransport {
    private struct Count {
        var requests = 0
        var sentBytes = 0
        var receivedBytes = 0
    }

    private let transport: any SyncTransport
    private let count = Mutex(Count())

    init(_ transport: any SyncTransport) {
        self.transport = transport
    }

    func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8] {
        let reply = try await transport.exchange(request, within: wait)
        count.withLock { count in
            count.requests += 1
            count.sentBytes += request.count
            count.receivedBytes += reply.count
        }
        return reply
    }

    /// Adds what was counted to a measurement.
    func report(to measurement: inout Measurement) {
        let count = count.withLock(\.self)
        measurement.add("requests", count.requests)
        measurement.add("sent_bytes", count.sentBytes)
        measurement.add("received_bytes", count.receivedBytes)
    }
}
