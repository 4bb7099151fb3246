import Synchronization

/// A number of threads for tests, of which each serves one test at a time.
///
/// A test that finds none free waits for its turn, in the order of arrival.
final class TestThreads: Sendable {
    private struct State {
        var free: [TestThread]
        var waiting: [CheckedContinuation<TestThread, Never>] = []
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(free: (0..<count).map { _ in TestThread() }))
    }

    /// Runs a test on a thread that is free.
    ///
    /// The tasks that the test begins stay on that thread too.
    func run(_ test: @concurrent @Sendable () async throws -> Void) async throws {
        let thread = await take()
        defer { giveBack(thread) }
        try await withTaskExecutorPreference(thread) { try await test() }
    }

    private func take() async -> TestThread {
        await withCheckedContinuation { turn in
            let thread = state.withLock { state in
                let thread = state.free.popLast()
                if thread == nil { state.waiting.append(turn) }
                return thread
            }
            if let thread { turn.resume(returning: thread) }
        }
    }

    private func giveBack(_ thread: TestThread) {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.free.append(thread)
                return nil as CheckedContinuation<TestThread, Never>?
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: thread)
    }
}
