import Outbox
import SyncCore

/// Erases what was kept long enough, or is not for this device any more, and gives the room back to
/// the disk, in steps between which everybody else has the database.
struct RetentionLoop: Sendable {
    /// How long after the engine's start the first pass begins, so that nobody waits for it.
    private static let firstWait = Duration.seconds(2)
    /// How long between two passes.
    private static let interval = Duration.seconds(3600)
    /// How long others have the database for themselves after each step that wrote.
    private static let pause = Duration.milliseconds(20)

    let replica: Replica
    /// Rings when what this device is to have may have changed.
    let news: Bell

    /// Called when there is a cut for the hub.
    let hasSigned: @Sendable () -> Void

    init(
        replica: Replica, news: Bell = Bell(), hasSigned: @escaping @Sendable () -> Void = {}
    ) {
        self.replica = replica
        self.news = news
        self.hasSigned = hasSigned
    }

    /// Works until the task is cancelled.
    func run() async throws {
        try await replica.environment.sleep(Self.firstWait)
        while !Task.isCancelled {
            try await pass()
            try await rest()
        }
    }

    /// Waits for the next pass, or for news.
    private func rest() async throws {
        let (environment, news) = (replica.environment, news)
        try await withThrowingTaskGroup { group in
            group.addTask { try await environment.sleep(Self.interval) }
            group.addTask { await news.wait() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Erases everything whose time is over, and returns the pages.
    ///
    /// - Returns: How many bytes of contents were erased.
    @discardableResult
    func pass() async throws -> Int {
        var erased = 0
        var hasForgotten = false
        while try await replica.write({ try $0.forgetOutOfScope() }) {
            try Task.checkCancellation()
            hasForgotten = true
            try await replica.environment.sleep(Self.pause)
        }
        erased += try await retire()
        let (policy, start) = try await replica.read { transaction in
            (try RetentionPolicy(transaction.config), try transaction.erasureStart())
        }
        var step = ErasureStep(next: start)
        while !step.isFinished {
            try Task.checkCancellation()
            let next = step.next
            step = try await replica.write { try $0.eraseContents(by: policy, after: next) }
            erased += step.erasedByteCount
            if step.erasedByteCount > 0 { try await replica.environment.sleep(Self.pause) }
        }
        var place: Int? = 0
        while let after = place {
            try Task.checkCancellation()
            place = try await replica.write { transaction in
                try transaction.outbox.eraseDialogues(
                    by: policy, after: after, at: transaction.environment.now())
            }
        }
        while try await replica.returnFreePages() {
            try await replica.environment.sleep(Self.pause)
        }
        // The file gets shorter when the log is moved into it.
        if erased > 0 || hasForgotten { try await replica.checkpoint() }
        return erased
    }

    /// Signs what the organisation's rules retire, if this is an administrator's device, and
    /// erases what has been signed.
    private func retire() async throws -> Int {
        let isDue = try await replica.read { transaction in
            try transaction.membership.may(transaction.identity.id, .admin)
                && transaction.dueCut() != nil
        }
        if isDue {
            try await replica.write { transaction in
                if let cut = try transaction.dueCut() {
                    try transaction.sign(cut, actor: "agent")
                }
            }
            hasSigned()
        }
        return try await replica.retireAll(pausing: Self.pause)
    }
}
