package import SyncCore
import Synchronization

/// Runs a race between routes over real connections.
package struct RaceDriver: Sendable {
    /// How a race ended.
    package struct Result: Sendable {
        /// The connection that won, signed in and ready, or `nil` when every route failed.
        package let connection: SMTPConnection?
        /// What the winner's server offers.
        package let capabilities: SMTPCapabilities
        /// Every route that was tried and did not win, with its cause and time.
        ///
        /// All are to be logged.
        package let failures: [TransportFailure]
    }

    private let settings: ConnectionSettings
    private let timing: RouteRace.Timing
    private let environment: Environment

    package init(
        settings: ConnectionSettings, timing: RouteRace.Timing = RouteRace.Timing(),
        environment: Environment
    ) {
        self.settings = settings
        self.timing = timing
        self.environment = environment
    }

    /// Tries routes until one is signed in or all have failed.
    ///
    /// When the task is cancelled, every attempt is, and the result has no connection.
    ///
    /// - Parameters:
    ///   - routes: The allowed routes, the preferred one first.
    ///   - credentials: What to sign in with.
    /// - Returns: The winner, and why the others did not win.
    package func run(_ routes: [Route], credentials: SMTPCredentials?) async -> Result {
        let connections = routes.map {
            SMTPConnection(route: $0, settings: settings, environment: environment)
        }
        let greetings = Greetings(environment: environment)
        return await withTaskCancellationHandler {
            await withTaskGroup(of: Signal.self) { group in
                var state = RaceState(RouteRace(routeCount: routes.count, timing: timing))
                var actions = state.race.handle(.start, at: environment.uptime())
                while true {
                    for action in actions {
                        state.apply(action, to: connections)
                        guard case .open(let index) = action else { continue }
                        let connection = connections[index]
                        group.addTask {
                            await Self.open(connection, index, credentials, greetings)
                        }
                    }
                    if state.isOver { break }
                    if let wait = state.wait(at: environment.uptime()) {
                        group.addTask { await self.tick(after: wait) }
                    }
                    guard let signal = await group.next() else { break }
                    actions = state.take(
                        signal, greetings.take(), isCancelled: Task.isCancelled,
                        at: environment.uptime())
                }
                // What is left are waits.
                group.cancelAll()
                return state.result(connections)
            }
        } onCancel: {
            for connection in connections { connection.cancel() }
        }
    }

    private func tick(after wait: Duration) async -> Signal {
        do {
            if wait > .zero { try await environment.sleep(wait) }
        } catch {
            // Cancelled: whoever did it has more to say than a tick.
            return .tick
        }
        return .tick
    }

    private static func open(
        _ connection: SMTPConnection, _ index: Int, _ credentials: SMTPCredentials?,
        _ greetings: Greetings
    ) async -> Signal {
        do {
            let offered = try await connection.open(credentials: credentials) {
                greetings.note(index)
            }
            return .connected(index, offered)
        } catch {
            return .failed(index, error)
        }
    }
}

/// What the tasks of a race tell its loop.
private enum Signal: Sendable {
    case tick
    case connected(Int, SMTPCapabilities)
    case failed(Int, TransportFailure)
}

/// The greetings that arrived, noted on the connections' own threads.
private final class Greetings: Sendable {
    private let environment: Environment
    private let noted = Mutex<[(index: Int, time: Duration)]>([])

    init(environment: Environment) {
        self.environment = environment
    }

    func note(_ index: Int) {
        let now = environment.uptime()
        noted.withLock { $0.append((index, now)) }
    }

    func take() -> [(index: Int, time: Duration)] {
        noted.withLock { list in
            defer { list = [] }
            return list
        }
    }
}

/// The race and what its driver knows beside it.
private struct RaceState {
    var race: RouteRace
    private var runningCount = 0
    private var isDecided = false
    /// The moment for which a wait is under way, so that there is one wait for each.
    private var awaited: Duration?
    private var winner: Int?
    private var offers: [Int: SMTPCapabilities] = [:]
    /// Failures of routes that ended after the race was decided.
    private var late: [TransportFailure] = []

    init(_ race: RouteRace) {
        self.race = race
    }

    /// Whether the race is decided and no route is still on its way.
    var isOver: Bool { isDecided && runningCount == 0 }

    /// How long to wait until the next tick, if that wait is not under way yet.
    mutating func wait(at now: Duration) -> Duration? {
        guard let deadline = race.deadline, deadline != awaited else { return nil }
        awaited = deadline
        return deadline - now
    }

    mutating func apply(_ action: RouteRace.Action, to connections: [SMTPConnection]) {
        switch action {
        case .open: runningCount += 1
        case .cancel(let index): connections[index].cancel()
        case .win(let index):
            winner = index
            isDecided = true
        case .lose: isDecided = true
        }
    }

    mutating func take(
        _ signal: Signal, _ greetings: [(index: Int, time: Duration)], isCancelled: Bool,
        at now: Duration
    ) -> [RouteRace.Action] {
        var actions: [RouteRace.Action] = []
        for greeting in greetings {
            actions += race.handle(.greeted(greeting.index), at: greeting.time)
        }
        if isCancelled {
            actions += race.handle(.cancel, at: now)
            isDecided = true
        }
        switch signal {
        case .tick:
            actions += race.handle(.tick, at: now)
        case .connected(let index, let offered):
            runningCount -= 1
            offers[index] = offered
            actions += race.handle(.connected(index), at: now)
        case .failed(let index, let failure):
            runningCount -= 1
            if isDecided {
                let isOvertaken = winner != nil && failure.cause == .cancelled
                late.append(isOvertaken ? failure.overtaken() : failure)
            }
            actions += race.handle(.failed(index, failure), at: now)
        }
        return actions
    }

    func result(_ connections: [SMTPConnection]) -> RaceDriver.Result {
        let won = winner.map { connections[$0] }
        return RaceDriver.Result(
            connection: won, capabilities: winner.flatMap { offers[$0] } ?? SMTPCapabilities(),
            failures: race.failures + late)
    }
}

extension TransportFailure {
    /// The same failure of a route that was given up because another one won.
    fileprivate func overtaken() -> TransportFailure {
        TransportFailure(.overtaken, host: host, port: port, elapsed: elapsed)
    }
}
