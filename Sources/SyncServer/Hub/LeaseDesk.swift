import SyncCore
import Synchronization

/// The leases of a hub that runs: the book, and the waits it goes by.
///
/// Only the counter of fences is durable. A hub that starts again knows no lease, and grants
/// none until every one it may have granted is over.
final class LeaseDesk: Sendable {
    private struct State {
        var book: LeaseBook
    }

    private let state: Mutex<State>
    private let isRestart: Bool
    private let restartedAt: Duration

    init(lastCounter: UInt64, restartedAt: Duration) {
        isRestart = lastCounter > 0
        self.restartedAt = restartedAt
        state = Mutex(
            State(
                book: LeaseBook(
                    timing: LeaseBook.Timing(), lastCounter: lastCounter, leases: [])))
    }

    /// The leases that are valid now.
    func live(at now: Duration) -> LiveLeases {
        state.withLock { $0.book.live(at: now) }
    }

    /// Answers wishes for leases, and returns the counter of the last fence given out.
    func answer(
        _ requests: [LeaseRequest], from device: DeviceID, timings: Timings,
        nonces: [UInt64], at now: Duration
    ) -> (replies: [LeaseReply], lastCounter: UInt64) {
        state.withLock { state in
            var timing = LeaseBook.Timing()
            timing.length = timings.lease
            timing.drain = timings.drain
            timing.preference = min(timing.preference, timings.drain)
            var book = LeaseBook(
                timing: timing, lastCounter: state.book.lastCounter, leases: state.book.leases)
            if isRestart, now < restartedAt + timing.length + timing.drain,
                state.book.leases.isEmpty
            {
                book.restarted(at: restartedAt)
            }
            let replies = zip(requests, nonces).map { request, nonce in
                book.reply(to: request, from: device, nonce: nonce, at: now)
            }
            state.book = book
            return (replies, book.lastCounter)
        }
    }
}
