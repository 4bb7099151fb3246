import Outbox
import SyncCore

/// Erases what was kept long enough, and gives the room back to the disk, in steps between which
/// everybody else has the database.
struct RetentionLoop: Sendable {
    /// How long after the engine's start the first pass begins, so that nobody waits for it.
    private static let firstWait = Duration.seconds(2)
    /// How long between two passes.
    private static let interval = Duration.seconds(3600)
    /// How long others have the database for themselves after each step that wrote.
    private static let pause = Duration.milliseconds(20)

    let replica: Replica

    /// Works until the task is cancelled.
    func run() async throws {
        try await replica.environment.sleep(Self.firstWait)
        while !Task.isCancelled {
            try await pass()
            try await replica.environment.sleep(Self.interval)
        }
    }

    /// Erases everything whose time is over, and returns the pages.
    ///
    /// - Returns: How many bytes of contents were erased.
    @discardableResult
    func pass() async throws -> Int {
        let (policy, start) = try await replica.read { transaction in
            (try RetentionPolicy(transaction.config), try transaction.erasureStart())
        }
        var step = ErasureStep(next: start)
        var erased = 0
        while !step.isFinished {
            try Task.checkCancellation()
            let next = step.next
            step = try await replica.write { try $0.eraseContents(by: policy, after: next) }
            erased += step.erasedByteCount
            if step.erasedByteCount > 0 { try await replica.environment.sleep(Self.pause) }
        }
        while try await replica.returnFreePages() {
            try await replica.environment.sleep(Self.pause)
        }
        // The file gets shorter when the log is moved into it.
        if erased > 0 { try await replica.checkpoint() }
        return erased
    }
}
