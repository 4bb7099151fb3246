import Dispatch
import Front
package import SyncCore
import Synchronization

/// Serves the commands of fronts, each on an executor of its own.
package final class ControlServer: Sendable {
    private let loop: ControlLoop
    private let handler: CommandHandler
    private let results = Mutex(Results())

    private struct Results {
        var table = ResultTable()
        var waiting: [ResultTable.Key: [CheckedContinuation<Void, Never>]] = [:]
    }

    /// Prepares to serve a listening socket.
    ///
    /// - Parameters:
    ///   - listener: Where fronts connect.
    ///   - limits: What callers get at most.
    ///   - environment: Measures waits.
    ///   - idle: After how long without a connection the server ends by itself; nil for never.
    ///   - mayLeave: Asked then; makes sure that no front starts another engine meanwhile.
    ///   - handler: Carries out a command.
    package init(
        listener: ControlListener, limits: ControlLimits = ControlLimits(),
        environment: Environment, idle: Duration? = nil,
        mayLeave: @escaping @Sendable () -> Bool = { true }, handler: @escaping CommandHandler
    ) {
        self.handler = handler
        loop = ControlLoop(
            listener: listener, limits: limits, environment: environment,
            leaving: idle.map { IdleLeaving(after: $0, mayLeave: mayLeave) })
    }

    /// Serves until ``stop()`` was called, or nobody needs it, and all commands have ended.
    package func run() async {
        let (arrivals, door) = AsyncStream.makeStream(of: Arrival.self)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runLoop(door) }
            for await arrival in arrivals {
                group.addTask { await self.serve(arrival.session, arrival.hello) }
            }
        }
    }

    /// Asks the server to take no more commands and to end with the last one.
    package func stop() {
        loop.requestStop()
    }

    private struct Arrival: Sendable {
        let session: ControlSession
        let hello: Hello
    }

    /// Runs the loop on a thread that may block.
    private func runLoop(_ door: AsyncStream<Arrival>.Continuation) async {
        let queue = DispatchQueue(label: "syncmail.control")
        await withCheckedContinuation { continuation in
            queue.async {
                self.loop.run { door.yield(Arrival(session: $0, hello: $1)) }
                door.finish()
                continuation.resume()
            }
        }
    }

    private func serve(_ session: ControlSession, _ hello: Hello) async {
        guard hello.version == FrameLimits.version else {
            session.refuse(
                LocalizedText(
                    es: "El programa syncmail y su motor son de versiones distintas. "
                        + "Detenga el motor y repita la orden.",
                    en: "The syncmail program and its engine have different versions. "
                        + "Stop the engine and repeat the command."),
                .unavailable, in: hello.language.localized)
            return
        }
        let key = ResultTable.Key(uid: session.peer.uid, submission: hello.submission)
        while true {
            switch results.withLock({ $0.table.begin(key) }) {
            case .run:
                let result = await carryOut(hello, session)
                finish(key, with: result)
                return
            case .known(let result):
                await session.answer(with: result, in: hello.language.localized)
                return
            case .wait:
                await waitForEnd(of: key)
            }
        }
    }

    /// Runs the command, and returns what a repetition is told, or nil if it is to run again.
    private func carryOut(_ hello: Hello, _ session: ControlSession) async -> CommandResult? {
        let invocation = Invocation(
            arguments: hello.arguments, language: hello.language.localized, peer: session.peer,
            submission: hello.submission, workingDirectory: hello.workingDirectory,
            terminal: Terminal(
                channel: SessionChannel(session: session), terminals: hello.terminals))
        let (status, isInterrupted) = await runUntilInterrupted(invocation, session)
        let result = session.update { state in
            state.result.status = UInt8(truncatingIfNeeded: status.rawValue)
            return state.result
        }
        session.finish(status: result.status)
        // «Try later» promises that nothing was done, so a repetition must do it.
        return status == .tryLater || (isInterrupted && status != .done) ? nil : result
    }

    /// Runs the handler, and cancels it when the front leaves or is interrupted.
    private func runUntilInterrupted(
        _ invocation: Invocation, _ session: ControlSession
    ) async -> (ExitStatus, isInterrupted: Bool) {
        let handler = handler
        return await withTaskGroup(of: ExitStatus?.self) { group in
            // Only the command runs on an executor of its own: on the same one, a command that
            // never pauses would keep its own interruption from being noticed.
            group.addTask(executorPreference: CommandExecutor()) { await handler(invocation) }
            group.addTask {
                await session.waitForInterruption()
                return nil
            }
            var status: ExitStatus?
            var isInterrupted = false
            for await ending in group {
                if let ending {
                    status = ending
                    session.endInterruptionWait()
                } else if status == nil {
                    isInterrupted = true
                    group.cancelAll()
                }
            }
            return (status ?? .software, isInterrupted)
        }
    }

    private func finish(_ key: ResultTable.Key, with result: CommandResult?) {
        let waiting = results.withLock { results in
            results.table.finish(key, with: result)
            return results.waiting.removeValue(forKey: key) ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    private func waitForEnd(of key: ResultTable.Key) async {
        await withCheckedContinuation { continuation in
            let isRunning = results.withLock { results in
                guard results.table.isRunning(key) else { return false }
                results.waiting[key, default: []].append(continuation)
                return true
            }
            if !isRunning { continuation.resume() }
        }
    }
}

extension FrontLanguage {
    /// The same language among the texts of the engine.
    var localized: Language {
        switch self {
        case .spanish: .spanish
        case .english: .english
        }
    }
}
