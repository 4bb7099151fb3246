import Synchronization
import SyncCore

/// Where polls wait for news.
///
/// Whoever waits takes a ticket before it looks whether there is news, so that none that
/// comes in between is missed.
final class NewsBoard: Sendable {
    private struct State {
        var edition: UInt64 = 0
        var nextTicket: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// The number of the last news.
    var edition: UInt64 { state.withLock(\.edition) }

    /// Tells everybody who waits that there is news.
    func post() {
        let waiting = state.withLock { state in
            state.edition += 1
            defer { state.waiting = [:] }
            return state.waiting
        }
        for ticket in waiting.keys.sorted() { waiting[ticket]?.resume() }
    }

    /// Waits until there is news after an edition, or the time is over, or the task is
    /// cancelled.
    func wait(after edition: UInt64, atMost time: Duration, in environment: Environment) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForNews(after: edition) }
            group.addTask {
                do {
                    try await environment.sleep(time)
                } catch {
                    return  // There was news first, or the server stops.
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForNews(after edition: UInt64) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.edition == edition, !Task.isCancelled else { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }
}
