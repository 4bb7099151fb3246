import SyncCore

/// Decides which routes to a server are tried, and when.
///
/// Routes are tried in order, the remembered one first. The next one starts when the newest has
/// not shown a valid SMTP greeting within the head start (an open port proves nothing: a
/// firewall may answer for a server that it hides), or as soon as nothing is left to wait for.
/// The first route that is greeted *and* signed in wins; the others are cancelled. A verdict
/// about the account ends the race, because every port would repeat it, and servers lock
/// accounts that fail too often.
package struct RouteRace: Sendable {
    /// What the race is told.
    ///
    /// Routes are named by their place in the order.
    package enum Event: Hashable, Sendable {
        case start
        case tick
        /// The server greeted as one that takes mail.
        case greeted(Int)
        /// The route is signed in.
        case connected(Int)
        case failed(Int, TransportFailure)
        /// The caller gave up.
        case cancel
    }

    /// What the race asks for, to be carried out in order.
    package enum Action: Hashable, Sendable {
        case open(Int)
        case cancel(Int)
        /// The route is to be used.
        case win(Int)
        /// No route is left.
        case lose
    }

    /// The durations that shape a race.
    package struct Timing: Hashable, Sendable {
        /// How long a route may be without a greeting before the next one starts.
        package var headStart = Duration.milliseconds(300)
        /// How long a greeted route may take to sign in before the next one starts.
        package var signInAllowance = Duration.seconds(3)

        package init() {}
    }

    private enum Runner: Hashable {
        case waiting
        case running(since: Duration)
        case greeted(since: Duration)
        case ended
    }

    private let timing: Timing
    private var runners: [Runner]
    /// What went wrong so far, in the order in which it did.
    package private(set) var failures: [TransportFailure] = []
    private var isOver = false

    /// Prepares a race between some number of routes.
    package init(routeCount: Int, timing: Timing = Timing()) {
        runners = Array(repeating: .waiting, count: routeCount)
        self.timing = timing
    }

    /// When the race wants a ``Event/tick`` at the latest.
    package var deadline: Duration? {
        guard !isOver, runners.contains(.waiting) else { return nil }
        switch runners.last(where: { $0 != .waiting && $0 != .ended }) {
        case .running(let start): return start + timing.headStart
        case .greeted(let start): return start + timing.signInAllowance
        case .waiting, .ended, nil: return nil
        }
    }

    /// Takes one event into account, at a time measured since the machine started.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        guard !isOver else { return [] }
        switch event {
        case .start: return openNext(at: now)
        case .tick:
            guard let deadline, now >= deadline else { return [] }
            return openNext(at: now)
        case .greeted(let index):
            guard case .running = runners[index] else { return [] }
            runners[index] = .greeted(since: now)
            return []
        case .connected(let index):
            runners[index] = .ended
            return [.win(index)] + end()
        case .failed(let index, let failure):
            failures.append(failure)
            runners[index] = .ended
            if failure.isAboutAccount { return end() + [.lose] }
            // A failure frees the place of the route that failed.
            return openNext(at: now)
        case .cancel: return end() + [.lose]
        }
    }

    private mutating func openNext(at now: Duration) -> [Action] {
        if let next = runners.firstIndex(of: .waiting) {
            runners[next] = .running(since: now)
            return [.open(next)]
        }
        guard runners.allSatisfy({ $0 == .ended }) else { return [] }
        isOver = true
        return [.lose]
    }

    private mutating func end() -> [Action] {
        isOver = true
        let running = runners.indices.filter { runners[$0] != .waiting && runners[$0] != .ended }
        return running.map { .cancel($0) }
    }
}
