import CUnix
import Front
import Glibc
import SyncCore
import Synchronization

/// The thread that accepts fronts, reads their frames and sends what waits for them.
///
/// It never waits for a single front or command: it sleeps in one `poll` over all of them.
final class ControlLoop: Sendable {
    /// Why the loop stops accepting.
    private enum Stop {
        case no
        case requested
    }

    private let listener: ControlListener
    private let limits: ControlLimits
    private let environment: Environment
    private let leaving: IdleLeaving?
    private let waker = Waker()
    private let stop = Mutex(Stop.no)

    init(
        listener: ControlListener, limits: ControlLimits, environment: Environment,
        leaving: IdleLeaving?
    ) {
        self.listener = listener
        self.limits = limits
        self.environment = environment
        self.leaving = leaving
    }

    /// Asks the loop to accept nobody any more and to end with the last session.
    func requestStop() {
        stop.withLock { $0 = .requested }
        waker.wake()
    }

    /// Serves until it is stopped or idle, and hands on each hello that arrives.
    ///
    /// Blocks the thread.
    func run(_ handOn: (ControlSession, Hello) -> Void) {
        var state = LoopState(idleSince: environment.uptime())
        while true {
            poll(&state, handOn)
            let now = environment.uptime()
            for session in state.sessions { session.dropIfOverdue(now: now) }
            state.sessions.removeAll { $0.watch == nil }
            if !state.sessions.isEmpty || state.isDraining { state.idleSince = now }
            if !state.isDraining, isTimeToLeave(&state, now: now) {
                // Nobody finds the name any more; whoever found it before is still answered.
                listener.removeName()
                accept(into: &state)
                listener.close()
                state.isDraining = true
                state.drainingSince = now
            }
            guard state.isDraining else { continue }
            if state.sessions.isEmpty { return }
            if now >= state.drainingSince + limits.shutdownWaitMaximum {
                for session in state.sessions { session.interrupt() }
            }
        }
    }

    private struct LoopState {
        var sessions: [ControlSession] = []
        var idleSince: Duration
        var isDraining = false
        var drainingSince = Duration.zero
    }

    private func isTimeToLeave(_ state: inout LoopState, now: Duration) -> Bool {
        if stop.withLock({ $0 == .requested }) { return true }
        guard let leaving, state.sessions.isEmpty, now >= state.idleSince + leaving.after else {
            return false
        }
        if leaving.mayLeave() { return true }
        state.idleSince = now
        return false
    }

    private func poll(_ state: inout LoopState, _ handOn: (ControlSession, Hello) -> Void) {
        let isAccepting = !state.isDraining && state.sessions.count < limits.sessionsMaximum
        let watches = state.sessions.map(\.watch)
        var polled = [pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0)]
        polled.append(
            pollfd(fd: isAccepting ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0))
        for watch in watches {
            let events = POLLIN | (watch?.wantsRoom == true ? POLLOUT : 0)
            // A negative descriptor is skipped by the kernel.
            polled.append(
                pollfd(fd: watch?.descriptor ?? -1, events: Int16(events), revents: 0))
        }
        let wait = timeout(state, watches.compactMap { $0?.deadline })
        guard Glibc.poll(&polled, nfds_t(polled.count), wait) > 0 else { return }
        if polled[0].revents != 0 { waker.clear() }
        for (session, result) in zip(state.sessions, polled.dropFirst(2)) {
            if result.revents & Int16(POLLOUT) != 0 { session.flush() }
            guard result.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
            if let hello = session.receive() { handOn(session, hello) }
        }
        if polled[1].revents != 0 { accept(into: &state) }
    }

    private func accept(into state: inout LoopState) {
        while state.sessions.count < limits.sessionsMaximum, let accepted = listener.accept() {
            let session = ControlSession(
                descriptor: accepted.descriptor, peer: accepted.peer, limits: limits,
                environment: environment, waker: waker)
            state.sessions.append(session)
            let uid = accepted.peer.uid
            if listener.isOpenToAll,
                state.sessions.count(where: { $0.peer.uid == uid }) > limits.sessionsPerUserMaximum
            {
                session.refuse()
            }
        }
    }

    /// Milliseconds until something must be done although nothing arrives; -1 for never.
    private func timeout(_ state: LoopState, _ deadlines: [Duration]) -> Int32 {
        var deadlines = deadlines
        if let leaving, state.sessions.isEmpty { deadlines.append(state.idleSince + leaving.after) }
        if state.isDraining {
            deadlines.append(state.drainingSince + limits.shutdownWaitMaximum)
        }
        guard let next = deadlines.min() else { return -1 }
        let wait = (next - environment.uptime()).milliseconds + 1
        // After the wait for running commands has ended, they are asked again each second.
        return Int32(max(state.isDraining ? 1000 : 0, min(wait, 3_600_000)))
    }
}

/// When and whether an engine may leave because nobody needs it.
struct IdleLeaving: Sendable {
    /// How long nobody must have been connected.
    let after: Duration
    /// Makes sure that no front starts an engine meanwhile, and tells whether that succeeded.
    let mayLeave: @Sendable () -> Bool
}
