import Synchronization

/// Wakes waiting tasks; ringing many times before anybody waits wakes the next one once.
///
/// A wait ends by a ring or by the cancellation of its task, and neither spoils the bell for
/// those that wait later. A ring that reaches a cancelled task is left to the next wait,
/// because nobody acts on it there.
package final class Bell: Sendable {
    private struct State {
        /// Whether it rang while nobody waited.
        var isRung = false
        var nextTicket: UInt64 = 0
        // Invariant: nobody is in here while `isRung` is true.
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]

        /// Begins a wait, or tells at once how it ended: by a ring (true) or by cancellation.
        ///
        /// A task is marked as cancelled before its handler runs. So either this sees the mark, or
        /// the handler finds the continuation.
        mutating func enter(
            _ continuation: CheckedContinuation<Bool, Never>, ticket: UInt64
        ) -> Bool? {
            if Task.isCancelled { return false }
            if isRung {
                isRung = false
                return true
            }
            waiting[ticket] = continuation
            return nil
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes the task that has waited longest, or the next one that waits.
    package func ring() {
        let woken = state.withLock { state in
            guard let first = state.waiting.keys.min() else {
                state.isRung = true
                return nil as CheckedContinuation<Bool, Never>?
            }
            return state.waiting.removeValue(forKey: first)
        }
        woken?.resume(returning: true)
    }

    /// Waits for the bell, or for the task to be cancelled.
    package func wait() async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        let isRung = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { $0.enter(continuation, ticket: ticket) }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: false)
        }
        if isRung, Task.isCancelled { ring() }
    }
}
