import SyncCore
import Synchronization

/// The leases of a hub that runs: the book, and the waits it goes by.
///
/// Only the counter of fences is durable. A hub that starts again knows no lease, and grants
/// none until every one it may have granted is over.
final class LeaseDesk: Sendable {
    private struct State {
        var timings: Timings?
        /// When the hub forgot something last, if it did.
        var forgottenAt: Duration?
        var book: LeaseBook
    }

    private let state: Mutex<State>
    private let isRestart: Bool
    private let startedAt: Duration

    /// Opens the desk of a hub that starts.
    ///
    /// - Parameters:
    ///   - lastCounter: The counter of the last fence that was ever given out.
    ///   - isReborn: Whether the hub forgot something: it may have granted leases it knows not of.
    ///   - startedAt: When the hub started.
    init(lastCounter: UInt64, isReborn: Bool = false, startedAt: Duration) {
        isRestart = lastCounter > 0 || isReborn
        self.startedAt = startedAt
        let book = LeaseBook(timing: LeaseBook.Timing(), lastCounter: lastCounter, leases: [])
        state = Mutex(State(book: book))
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
            if state.timings != timings { renew(&state, timings) }
            let replies = zip(requests, nonces).map { request, nonce in
                state.book.reply(to: request, from: device, nonce: nonce, at: now)
            }
            return (replies, state.book.lastCounter)
        }
    }

    /// Forgets every lease, because the hub may have granted some that it does not remember.
    func forget(at now: Duration) {
        state.withLock { state in
            state.forgottenAt = now
            if state.timings != nil { state.book.restarted(at: now) }
        }
    }

    /// Goes by other waits from now on; the leases that are held stay held.
    private func renew(_ state: inout State, _ timings: Timings) {
        let isFirst = state.timings == nil
        state.timings = timings
        state.book = LeaseBook(
            timing: LeaseBook.Timing(timings), lastCounter: state.book.lastCounter,
            leases: state.book.leases)
        // Only now is it known how long a lease of the hub's former life may last.
        let start = state.forgottenAt ?? (isRestart ? startedAt : nil)
        if isFirst, let start { state.book.restarted(at: start) }
    }
}
