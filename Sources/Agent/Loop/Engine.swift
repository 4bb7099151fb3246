package import SyncCore

/// What all commands of one home work on, from the start of the process to its end.
///
/// Whoever adds a part (the replica, the dispatcher, the sync loop) opens it in ``open``, runs
/// it in ``run()`` and closes it in ``close()``.
package struct Engine: Sendable {
    /// Where the replica lives.
    package let home: String
    /// Time and chance.
    package let environment: Environment

    package init(home: String, environment: Environment) {
        self.home = home
        self.environment = environment
    }

    /// Opens the home, whose lock is already held.
    ///
    /// - Throws: An ``ExplainedError``; the front shows it.
    package static func open(home: String, environment: Environment) async throws -> Engine {
        Engine(home: home, environment: environment)
    }

    /// Works until the task is cancelled.
    package func run() async throws {}

    /// Whether leaving now would interrupt work that nobody waits for, such as a delivery.
    package var isBusy: Bool { false }

    /// Closes what was opened, when no command runs any more.
    package func close() async throws {}
}
