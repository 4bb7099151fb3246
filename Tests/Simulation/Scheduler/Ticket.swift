import Synchronization

/// One wait for a value: whoever takes its continuation first ends it.
final class Ticket<Value: Sendable>: Sendable {
    private struct State {
        var continuation: UnsafeContinuation<Value, any Error>?
        var timer: UInt64?
    }

    private let state = Mutex(State())
    private let scheduler: Scheduler

    init(_ scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    /// Waits until somebody ends it.
    ///
    /// - Parameter begin: Called when the wait has begun; it returns the timer that belongs to it.
    /// - Returns: The value.
    /// - Throws: What the wait ended with, or `CancellationError`.
    func wait(_ begin: (Ticket) -> UInt64) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                state.withLock { $0.continuation = continuation }
                let timer = begin(self)
                state.withLock { $0.timer = timer }
                if Task.isCancelled { end(.failure(CancellationError())) }
            }
        } onCancel: {
            end(.failure(CancellationError()))
        }
    }

    /// Ends the wait, unless it has ended.
    func end(_ result: Result<Value, any Error>) {
        let (continuation, timer) = state.withLock { state in
            defer { state.continuation = nil }
            return (state.continuation, state.timer)
        }
        guard let continuation else { return }
        if let timer { _ = scheduler.cancel(timer) }
        continuation.resume(with: result)
    }
}
