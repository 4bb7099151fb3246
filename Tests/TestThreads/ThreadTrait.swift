package import Testing

/// Says that a test, or each test of a suite, runs beside the threads that all tasks share.
package struct ThreadTrait: TestTrait, SuiteTrait, TestScoping {
    fileprivate let threads: TestThreads

    /// Each test of a suite has a turn of its own.
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await threads.run(function)
    }
}

extension Trait where Self == ThreadTrait {
    /// The test uses sockets, processes or real time.
    ///
    /// It has a thread for itself, and few tests like it run at one time, so that what it waits
    /// for comes soon even on a busy machine.
    package static var realWorld: Self { ThreadTrait(threads: realWorldThreads) }

    /// The test computes for a second or more.
    ///
    /// Tests like it run one after another.
    package static var longComputation: Self { ThreadTrait(threads: computationThreads) }
}

private let realWorldThreads = TestThreads(count: 4)
private let computationThreads = TestThreads(count: 1)
