/// Decides what the front does about each thing that happens to it.
///
/// The machine performs no I/O and reads no clock; ``FrontDriver`` tells it what happened and
/// carries its actions out, in order.
///
/// ```
///            connected             exit(n)
///  connecting ────────▶ talking ──────────────▶ finished(n)
///    │   ▲                 │
///    │   └─────────────────┤ broken, attempts left
///    ▼ cannot connect      ▼ broken, no attempt left; second signal; 5 s after the first
///  finished(75 or 69)    finished(75)
/// ```
package struct FrontMachine: Sendable {
    /// What happens to a front.
    package enum Event: Hashable, Sendable {
        case started
        case connected
        /// No engine can be reached, and trying again would not help.
        case unreachable(FrontFailure)
        /// A connection that stood has ended.
        case broken
        case received(EngineFrame)
        /// What the input that is being read brought.
        case input(Input)
        case secretTyped([UInt8])
        /// Nobody can type a secret; the number is an errno.
        case secretFailed(Int32)
        case signal(Int32)
        /// Standard output was closed by whoever read it.
        case outputClosed
        case tick
    }

    /// A piece of a file or of standard input.
    package enum Input: Hashable, Sendable {
        case bytes([UInt8])
        case end
        case failure(Int32)
    }

    /// What the driver is to do.
    package enum Action: Hashable, Sendable {
        /// Connects, and starts an engine if the home allows it.
        case connect(after: Duration)
        case send(FrontFrame)
        case openFile(String)
        case openStandardInput
        /// Reads at most so many bytes of what is open, and tells ``Event/input(_:)``.
        case read(maximum: Int)
        case askSecret(String)
        case write(OutputStream, [UInt8])
        case explain(FrontFailure)
        /// Ends with a status when what was to be written is written.
        case finish(Int32)
    }

    /// The two outputs.
    package enum OutputStream: Hashable, Sendable {
        case standard
        case error
    }

    /// How long a front waits after the first signal for the engine to stop the command.
    package static let signalWaitMaximum = Duration.seconds(5)
    /// How long it waits before each new connection.
    package static let reconnectWaits: [Duration] = [
        .zero, .milliseconds(100), .milliseconds(400), .milliseconds(1600),
    ]
    private static let brokenPipe: UInt8 = 13

    private enum Phase {
        case connecting
        case talking
        case finished
    }

    private let hello: Hello
    private var phase = Phase.connecting
    private var reading = InputForwarding()
    private var reconnectCount = 0
    // Whether an engine may have begun the command.
    private var wasSent = false
    private var signalTime: Duration?
    private var written = OutputReplay()

    /// Prepares to bring one command to its end.
    package init(hello: Hello) {
        self.hello = hello
    }

    /// When the machine wants a tick although nothing happens.
    package var deadline: Duration? { signalTime.map { $0 + Self.signalWaitMaximum } }

    /// Takes one event into account, at a time measured from anywhere.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        switch (phase, event) {
        case (.finished, _): return []
        case (.connecting, .started): return [.connect(after: .zero)]
        case (.connecting, .connected):
            phase = .talking
            wasSent = true
            return [.send(.hello(hello))]
        case (.connecting, .unreachable(let failure)):
            // An engine that was there may come back: systemd restarts it.
            return wasSent ? reconnect() : finish(failure)
        case (.talking, .broken): return reconnect()
        case (.talking, .received(let frame)): return receive(frame)
        case (.talking, .input(let input)): return reading.take(input)
        case (.talking, .secretTyped(let bytes)): return reading.takeSecret(bytes)
        case (.talking, .secretFailed(let number)): return reading.take(.failure(number))
        case (.talking, .outputClosed): return [.send(.signal(Self.brokenPipe))]
        case (_, .signal(let number)): return interrupt(number, at: now)
        case (_, .tick):
            guard let deadline, now >= deadline else { return [] }
            return finish(wasSent ? .unknown : .interrupted)
        case (.connecting, _), (.talking, .started), (.talking, .connected),
            (.talking, .unreachable):
            // What an earlier connection or reading left behind.
            return []
        }
    }

    private mutating func receive(_ frame: EngineFrame) -> [Action] {
        switch frame {
        case .readStandardInput(let stream, let credit):
            return reading.beginStandardInput(stream, credit: credit)
        case .readFile(let stream, let credit, let path):
            guard PathRule.allows(path, in: hello.arguments) else {
                return [.send(.failure(stream, FrontErrno.notPermitted))]
            }
            return reading.beginFile(stream, credit: credit, path: path)
        case .more(let stream, let credit): return reading.grant(stream, credit: credit)
        case .askSecret(let stream, let prompt):
            return reading.beginSecret(stream, prompt: prompt)
        case .output(let bytes): return written.pass(bytes, to: .standard)
        case .errorOutput(let bytes): return written.pass(bytes, to: .error)
        case .exit(let status):
            phase = .finished
            return [.finish(Int32(status))]
        }
    }

    /// Connects again and repeats the command under the same submission id.
    private mutating func reconnect() -> [Action] {
        guard signalTime == nil, reconnectCount < Self.reconnectWaits.count else {
            return finish(.unknown)
        }
        let wait = Self.reconnectWaits[reconnectCount]
        reconnectCount += 1
        phase = .connecting
        reading.connectionEnded()
        written.connectionEnded()
        return [.connect(after: wait)]
    }

    private mutating func interrupt(_ number: Int32, at now: Duration) -> [Action] {
        guard signalTime == nil, phase == .talking else {
            return finish(wasSent ? .unknown : .interrupted)
        }
        signalTime = now
        return [.send(.signal(UInt8(truncatingIfNeeded: number)))]
    }

    private mutating func finish(_ failure: FrontFailure) -> [Action] {
        phase = .finished
        return [.explain(failure), .finish(failure.status)]
    }
}
