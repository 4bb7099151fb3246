import Front
import Glibc
import SyncCore

/// What the control loop does with a session.
extension ControlSession {
    /// What the loop has to watch for on a session.
    struct Watch {
        let descriptor: Int32
        let wantsRoom: Bool
        /// When the session must be dropped if nothing happens.
        let deadline: Duration?
    }

    /// The descriptor to watch, or nil when the session has closed.
    var watch: Watch? {
        let limits = limits
        return look { state in
            guard state.phase != .closed else { return nil }
            return Watch(
                descriptor: state.descriptor, wantsRoom: state.output.count > 0,
                deadline: state.deadline(limits))
        }
    }

    /// Reads what arrived, and returns the hello when it is complete.
    func receive() -> Hello? {
        update { state in
            do {
                return try state.receive()
            } catch {
                // Nothing after a broken frame can be trusted, an answer to it least of all.
                state.close()
                return nil
            }
        }
    }

    /// Sends what fits, after `poll` saw room.
    func flush() {
        update { _ in }
    }

    /// Drops the front if it used up its time.
    func dropIfOverdue(now: Duration) {
        guard let deadline = watch?.deadline, now >= deadline else { return }
        update { $0.close() }
    }

    /// Asks the command to stop.
    func interrupt() {
        update { $0.isInterrupted = true }
    }

    /// Queues the exit; the connection closes when the front has taken it.
    func finish(status: UInt8) {
        let now = environment.uptime()
        update { state in
            guard state.phase != .closed else { return }
            state.output.append(.exit(status), now: now)
            state.phase = .ending
        }
    }
}

extension ControlSession.State {
    private static let readBytes = 65_536

    fileprivate func deadline(_ limits: ControlLimits) -> Duration? {
        switch phase {
        case .waitingForHello: since + limits.helloWaitMaximum
        case .running:
            output.count >= limits.outputBytesMaximum ? output.progress + limits.stallMaximum : nil
        case .ending: output.progress + limits.lingerMaximum
        case .closed: nil
        }
    }

    /// Reads until the socket is empty, at most a few chunks so that others get their turn.
    fileprivate mutating func receive() throws(FrameError) -> Hello? {
        guard phase != .closed else { return nil }
        let descriptor = descriptor
        var hasLeft = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.readBytes) { buffer, count in
            let read = recv(
                descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            count = max(read, 0)
            hasLeft = read == 0 || (read < 0 && errno != EAGAIN && errno != EINTR)
        }
        guard !hasLeft else {
            close()
            return nil
        }
        decoder.append(bytes)
        return try takeFrames()
    }

    private mutating func takeFrames() throws(FrameError) -> Hello? {
        var arrived: Hello?
        while let frame = try decoder.next() {
            switch (frame, phase) {
            case (.hello(let hello), .waitingForHello):
                arrived = hello
                phase = .running
            case (.hello, _), (_, .waitingForHello): throw .value
            case (.signal, _): isInterrupted = true
            case (.data, _), (.endOfData, _), (.failure, _), (.secret, _):
                try input.receive(frame)
            }
        }
        return arrived
    }
}
