import CUnix
import Glibc

/// Carries out what ``FrontMachine`` decides, on one thread, with one `poll`.
struct FrontDriver: ~Copyable {
    private var machine: FrontMachine
    private let connector: EngineConnector
    private let language: FrontLanguage
    private let signals: SignalQueue

    private var connection: FrontConnection?
    private var prompt: SecretPrompt?
    private var output = PendingOutput()
    private var input = OpenInput()
    // What happened while actions were carried out, in order.
    private var events: ArraySlice<FrontMachine.Event> = [.started]
    private var status: Int32?

    init(hello: Hello, connector: consuming EngineConnector) {
        machine = FrontMachine(hello: hello)
        language = hello.language
        self.connector = connector
        signals = SignalQueue()
    }

    /// Runs the command to its end and returns the exit status.
    mutating func run() -> Int32 {
        while true {
            while let event = events.popFirst() {
                for action in machine.handle(event, at: MonotonicTime.now) { carryOut(action) }
            }
            if let status, output.isEmpty { return status }
            waitForSomething()
        }
    }

    private mutating func carryOut(_ action: FrontMachine.Action) {
        switch action {
        case .connect(let wait): connect(after: wait)
        case .send(let frame): send(frame)
        case .openFile(let path): input.open(path)
        case .openStandardInput: input.useStandardInput()
        case .read(let maximum): input.want(maximum)
        case .askSecret(let text): ask(text)
        case .write(let stream, let bytes): output.append(bytes, to: stream)
        case .explain(let failure):
            output.append(Array("syncmail: \(failure.text(in: language))\n".utf8), to: .error)
        case .finish(let status):
            self.status = status
            prompt = nil
            connection = nil
        }
    }

    private mutating func connect(after wait: Duration) {
        connection = nil
        prompt = nil
        input.close()
        if wait > .zero, let signal = signals.wait(wait) {
            events.append(.signal(signal))
            return
        }
        switch connector.connect(signals) {
        case .connected(let descriptor):
            connection = FrontConnection(descriptor: descriptor)
            events.append(.connected)
        case .failed(let failure): events.append(.unreachable(failure))
        case .signal(let number): events.append(.signal(number))
        }
    }

    private mutating func send(_ frame: FrontFrame) {
        guard connection != nil else { return }
        if connection?.send(frame) == false { break_() }
    }

    private mutating func break_() {
        connection = nil
        events.append(.broken)
    }

    private mutating func ask(_ text: String) {
        do throws(SystemError) {
            prompt = try SecretPrompt(text)
        } catch {
            events.append(.secretFailed(error.number))
        }
    }

    /// Waits until a descriptor is ready, a signal arrives or the machine wants a tick.
    private mutating func waitForSomething() {
        // An input that failed to open is not polled: its failure is known.
        if let failure = input.failure() {
            events.append(.input(failure))
            return
        }
        let none: Int32 = -1
        let promptDescriptor = prompt == nil ? none : (prompt?.descriptor ?? none)
        let socket = connection == nil ? none : (connection?.descriptor ?? none)
        // With output to write, no more is taken from the engine.
        let isSending = connection == nil ? false : (connection?.hasPending ?? false)
        let socketEvents = (output.isEmpty ? POLLIN : 0) | (isSending ? POLLOUT : 0)
        var polled = [
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(socketEvents), revents: 0),
            pollfd(fd: isSending ? none : input.wanted, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output.descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: promptDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = machine.deadline.map { MonotonicTime.pollTimeout($0 - MonotonicTime.now) }
        _ = poll(&polled, nfds_t(polled.count), timeout ?? -1)
        if let signal = signals.next() {
            // Somebody who interrupts does not wait for output that nobody takes.
            if status != nil { output = PendingOutput() }
            events.append(.signal(signal))
        }
        if polled[1].revents != 0 { serveSocket(polled[1].revents) }
        if polled[2].revents != 0, let arrived = input.read() { events.append(.input(arrived)) }
        if polled[3].revents != 0, output.write() == .closed { events.append(.outputClosed) }
        if polled[4].revents != 0 { readPrompt() }
        if let deadline = machine.deadline, MonotonicTime.now >= deadline { events.append(.tick) }
    }

    private mutating func serveSocket(_ ready: Int16) {
        if ready & Int16(POLLOUT) != 0, connection?.flush() == false {
            break_()
            return
        }
        guard ready & Int16(POLLIN | POLLHUP | POLLERR) != 0, output.isEmpty else { return }
        var frames: [EngineFrame] = []
        let isOpen = connection?.receive(into: &frames) ?? false
        for frame in frames { events.append(.received(frame)) }
        if !isOpen { break_() }
    }

    private mutating func readPrompt() {
        do throws(SystemError) {
            guard let line = try prompt?.read() else { return }
            prompt = nil
            events.append(.secretTyped(line))
        } catch {
            prompt = nil
            events.append(.secretFailed(error.number))
        }
    }
}
