import Front
import Glibc
import SyncCore
import Synchronization

/// One connection: a front on one side, the task of its command on the other.
///
/// The control loop's thread reads and flushes; the command's task writes and waits. Whatever
/// either does happens under one mutex, and no call under it blocks.
///
/// ```
///  waiting for hello ──▶ running ──▶ ending (exit queued) ──▶ closed
///          └───────────────┴─ front left, broke a rule or stalled ─▲
/// ```
final class ControlSession: Sendable {
    /// The parts of a session's life.
    enum Phase: Sendable {
        case waitingForHello
        case running
        case ending
        case closed
    }

    /// What the mutex guards.
    struct State: Sendable {
        // Invariant: the descriptor is open until the phase is `closed`.
        let descriptor: Int32
        let since: Duration
        var phase = Phase.waitingForHello
        var decoder = FrameDecoder<FrontFrame>()
        var input = SessionInput()
        var output: SessionOutput
        /// What a repetition of the command will be told.
        var result = CommandResult()
        /// Whether the person, the system or the engine wants the command to stop.
        var isInterrupted = false
        /// Whether the command returned.
        var hasEnded = false

        // Grows with every change, so that nobody falls asleep over one.
        fileprivate var version = 0
        fileprivate var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Who connected.
    let peer: Peer
    let limits: ControlLimits
    let environment: Environment
    private let waker: Waker
    private let state: Mutex<State>

    /// Takes over a connected descriptor that does not block.
    init(
        descriptor: Int32, peer: Peer, limits: ControlLimits, environment: Environment,
        waker: Waker
    ) {
        self.peer = peer
        self.limits = limits
        self.environment = environment
        self.waker = waker
        let now = environment.uptime()
        state = Mutex(
            State(descriptor: descriptor, since: now, output: SessionOutput(now: now)))
    }

    deinit {
        state.withLock { state in
            if state.phase != .closed { Glibc.close(state.descriptor) }
        }
    }

    /// Looks at the state without changing it.
    func look<Result: Sendable>(_ body: (State) -> Result) -> Result {
        state.withLock { body($0) }
    }

    /// Changes the state, sends what the socket takes, and resumes whoever waits for a change.
    func update<Result: Sendable>(_ body: (inout State) throws -> Result) rethrows -> Result {
        let now = environment.uptime()
        let (result, waiting, isStuck) = try state.withLock { state in
            let wasOpen = state.phase != .closed
            let result = try body(&state)
            state.flush(now: now)
            state.version += 1
            let waiting = state.waiting
            state.waiting = []
            let isStuck = state.phase == .closed ? wasOpen : state.output.count > 0
            return (result, waiting, isStuck)
        }
        for continuation in waiting { continuation.resume() }
        // The loop must begin to watch for room, or notice that the session has closed.
        if isStuck { waker.wake() }
        return result
    }

    /// Queues a frame; it is dropped if the front has left.
    func send(_ frame: EngineFrame) {
        assert(frame.fits, "Frames are made within their limits.")
        let now = environment.uptime()
        update { state in
            guard state.phase != .closed else { return }
            state.output.append(frame, now: now)
        }
    }

    /// Waits until a look at the state brings a result; it looks again after each change.
    func wait<Result: Sendable>(
        _ look: @Sendable (inout State) throws -> Result?
    ) async throws -> Result {
        while true {
            let (result, version) = try state.withLock { state in
                (try look(&state), state.version)
            }
            if let result { return result }
            await withCheckedContinuation { continuation in
                let hasChanged = state.withLock { state in
                    guard state.version == version else { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if hasChanged { continuation.resume() }
            }
        }
    }
}

extension ControlSession.State {
    /// Sends what the socket takes now, and closes it when nothing more will come.
    fileprivate mutating func flush(now: Duration) {
        guard phase != .closed else { return }
        let descriptor = descriptor
        var hasFailed = false
        let isSent = output.drain(now: now) { bytes in
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
            hasFailed = count < 0 && errno != EAGAIN && errno != EINTR
            return max(count, 0)
        }
        if hasFailed || (isSent && phase == .ending) { close() }
    }

    /// Closes the connection, now.
    ///
    /// What was not sent or read is lost.
    mutating func close() {
        guard phase != .closed else { return }
        phase = .closed
        isInterrupted = true
        Glibc.close(descriptor)
    }
}
