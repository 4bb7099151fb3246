import Synchronization

/// Lets callers that write at the same time share one commit.
///
/// Who finds nobody writing writes at once; who comes meanwhile waits, and the first of them then
/// writes for all. So a lone caller waits for nobody, and many wait for at most two commits.
///
/// ```
///   A  ──write──▶ done
///   B     ····waits····▶──write B, C──▶ done
///   C        ···············waits······▶ done
/// ```
final class SharedCommit<Entry: Sendable>: Sendable {
    /// How a caller's wait ends.
    private enum Turn: Sendable {
        /// It writes now, also for those who wait.
        case lead
        /// Somebody wrote for it.
        case done(Result<Void, any Error>)
    }

    private struct Waiting: Sendable {
        let entry: Entry
        let caller: CheckedContinuation<Turn, Never>
    }

    private struct State: Sendable {
        var isWriting = false
        var waiting: [Waiting] = []
    }

    private let state = Mutex(State())
    private let commit: @Sendable ([Entry]) async throws -> Void

    /// Creates it.
    ///
    /// - Parameter commit: Stores entries in the order in which they came, all or none.
    init(_ commit: @escaping @Sendable ([Entry]) async throws -> Void) {
        self.commit = commit
    }

    /// How many callers wait for the next commit.
    var waitingCount: Int { state.withLock(\.waiting.count) }

    /// Returns when the entry is stored.
    ///
    /// - Throws: What the commit threw, to everybody who shared it: then nothing is stored.
    func write(_ entry: Entry) async throws {
        let turn = await withCheckedContinuation { caller in
            let isFirst = state.withLock { state in
                guard state.isWriting else {
                    state.isWriting = true
                    return true
                }
                state.waiting.append(Waiting(entry: entry, caller: caller))
                return false
            }
            if isFirst { caller.resume(returning: .lead) }
        }
        switch turn {
        case .done(let result): try result.get()
        case .lead: try await lead(entry)
        }
    }

    private func lead(_ own: Entry) async throws {
        let others = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let result: Result<Void, any Error>
        do {
            try await commit([own] + others.map(\.entry))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        let next = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil as Waiting?
            }
            return state.waiting.removeFirst()
        }
        next?.caller.resume(returning: .lead)
        for other in others { other.caller.resume(returning: .done(result)) }
        try result.get()
    }
}
