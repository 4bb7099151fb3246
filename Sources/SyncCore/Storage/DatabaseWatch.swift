import Synchronization

/// Measures for how long a database was not free for others, and which statement took longest.
///
/// An engine has none. A benchmark or a developer gives one to an ``Environment``, and every
/// replica that is opened with it is watched.
package final class DatabaseWatch: Sendable {
    /// One use of the database, from when it was taken until others could use it again.
    package struct Hold: Hashable, Sendable {
        /// The function of ``Database`` that was called.
        package let use: String
        /// What the caller was about, as ``DatabaseWatch/about(_:)`` said.
        package let subject: String
        package let duration: Duration
        /// The SQL whose single step took longest, without its values.
        package let statement: String
        package let statementTime: Duration
    }

    private struct State {
        var subject = ""
        var use = ""
        var start: Duration?
        var statement = ""
        var statementTime = Duration.zero
        var longest: [String: Hold] = [:]
        var slowest: [String: Hold] = [:]
    }

    private let clock: @Sendable () -> Duration
    private let state = Mutex(State())

    package init(clock: @escaping @Sendable () -> Duration) {
        self.clock = clock
    }

    /// Says what is being done from now on.
    package func about(_ subject: String) {
        state.withLock { $0.subject = subject }
    }

    /// For each subject the longest hold, in the order of the subjects.
    package var longestHolds: [Hold] {
        state.withLock { state in state.longest.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// For each subject the hold with the slowest statement, in the order of the subjects.
    package var slowestStatements: [Hold] {
        state.withLock { state in state.slowest.sorted { $0.key < $1.key }.map(\.value) }
    }

    func begin(_ use: String) {
        let now = clock()
        state.withLock { state in
            (state.use, state.start) = (use, now)
            (state.statement, state.statementTime) = ("", .zero)
        }
    }

    /// Ends a hold; without one, nothing happens.
    func end() {
        let now = clock()
        state.withLock { state in
            guard let start = state.start else { return }
            state.start = nil
            let hold = Hold(
                use: state.use, subject: state.subject, duration: now - start,
                statement: state.statement, statementTime: state.statementTime)
            let subject = state.subject
            if hold.duration > state.longest[subject]?.duration ?? .zero {
                state.longest[subject] = hold
            }
            if hold.statementTime > state.slowest[subject]?.statementTime ?? .zero {
                state.slowest[subject] = hold
            }
        }
    }

    /// Measures one step of a statement.
    func step<Value, Failure: Error>(
        _ sql: () -> String, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = clock()
        let value = try body()
        let time = clock() - start
        state.withLock { state in
            guard time > state.statementTime else { return }
            (state.statement, state.statementTime) = (sql(), time)
        }
        return value
    }
}
