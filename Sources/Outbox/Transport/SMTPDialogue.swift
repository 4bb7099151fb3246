/// Decides what to say on one authenticated connection, and what each answer means.
///
/// The dialogue performs no I/O and reads no clock. The mail itself never passes through it:
/// ``Action/sendBody(_:)`` asks the driver to stream it.
///
/// ```
///        begin           354            bodyEnding, bodyWritten       2xx 4xx 5xx
///  idle ───────▶ envelope ───▶ body ──────────────────────────▶ verdict ─────────▶ idle
///                 │    ▲ dataAllowed                              │ begin: the next envelope
///                 └────┘ (asked for by dataBegin)                 ▼ follows the final dot
/// ```
///
/// DATA is written only after `dataAllowed`, because from then on a crash leaves a doubt that
/// must be in the journal. An interruption before the chunk with the final dot is handed over
/// means *not sent*; from then until the verdict it means *in doubt*. After anything but an
/// orderly answer the connection is closed and never used again.
package struct SMTPDialogue: Sendable {
    /// What the dialogue is told.
    package enum Event: Hashable, Sendable {
        /// The next mail, whose claim is held. Only after ``Action/ready``.
        case begin(SMTPEnvelope)
        /// The journal holds "data begun" for the mail.
        case dataAllowed(Int)
        /// The chunk that holds the final dot is about to be handed over.
        case bodyEnding(Int)
        /// The final dot was handed over.
        case bodyWritten(Int)
        case reply(SMTPReply)
        /// The connection cannot be used any more.
        case interrupted(SMTPInterruption)
        /// Time passed.
        case tick
        /// There is nothing more to send.
        case quit
    }

    /// What the dialogue asks for, to be carried out in order.
    package enum Action: Hashable, Sendable {
        case write([UInt8])
        /// Commit "data begun", then answer with ``Event/dataAllowed(_:)``.
        case dataBegin(Int)
        /// Stream the mail, dot-stuffed, with its final dot.
        case sendBody(Int)
        /// One outcome for each recipient, in their order. Said exactly once for each mail.
        case finished(Int, [SMTPOutcome])
        /// Another mail may begin.
        case ready
        case close
    }

    /// An answer that is awaited.
    struct Expectation: Sendable {
        let stage: SMTPStage
        let transaction: Int?
        var recipient = 0
    }

    let capabilities: SMTPCapabilities
    let timings: SMTPTimings
    // Invariant: at most two, and only the first may be past its envelope.
    var transactions: [Transaction] = []
    // Invariant: in the order in which the commands were written.
    var expected: [Expectation] = []
    /// Since when the first expected answer has been awaited.
    var waitingSince = Duration.zero
    /// Whether the connection was given up.
    package private(set) var isClosed = false
    private var isQuitting = false

    package init(capabilities: SMTPCapabilities, timings: SMTPTimings = SMTPTimings()) {
        self.capabilities = capabilities
        self.timings = timings
    }

    /// When the dialogue wants a ``Event/tick`` at the latest.
    package var deadline: Duration? {
        guard !isClosed, let first = expected.first else { return nil }
        return waitingSince + timings.limit(first.stage)
    }

    /// Whether ``Event/begin(_:)`` would be accepted.
    package var isReady: Bool {
        !isClosed && !isQuitting && !expected.contains { $0.stage == .reset }
            && transactions.allSatisfy { capabilities.hasPipelining && $0.progress == .verdict }
    }

    /// Takes one event into account, at a time measured since the machine started.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        guard !isClosed else { return [] }
        let count = expected.count
        defer { if count == 0 { waitingSince = now } }
        switch event {
        case .begin(let envelope):
            precondition(isReady, "A mail may begin only when the dialogue is ready.")
            return begin(envelope)
        case .dataAllowed(let id): return allowData(id)
        case .bodyEnding(let id):
            update(id) { $0.progress = .ending }
            return []
        case .bodyWritten(let id):
            update(id) { $0.progress = .verdict }
            expected.append(Expectation(stage: .verdict, transaction: id))
            return isReady ? [.ready] : []
        case .reply(let reply):
            waitingSince = now
            return receive(reply)
        case .interrupted(let cause): return fail(cause)
        case .tick:
            guard let first = expected.first, let deadline, now >= deadline else { return [] }
            return first.stage == .quit ? close() : fail(.timedOut(first.stage))
        case .quit:
            precondition(transactions.isEmpty, "A connection is left between mails.")
            isQuitting = true
            return write("QUIT", expecting: [Expectation(stage: .quit, transaction: nil)])
        }
    }

    /// Ends the connection and everything on it, by an event that is not an orderly answer.
    mutating func fail(_ cause: SMTPInterruption) -> [Action] {
        let finished = transactions.map { Action.finished($0.envelope.id, $0.outcomes(cause)) }
        transactions = []
        return finished + close()
    }

    mutating func close() -> [Action] {
        isClosed = true
        expected = []
        return [.close]
    }

    mutating func update(_ id: Int, _ change: (inout Transaction) -> Void) {
        guard let index = transactions.firstIndex(where: { $0.envelope.id == id }) else {
            preconditionFailure("The transaction \(id) is not open on this connection.")
        }
        change(&transactions[index])
    }

    mutating func write(_ line: String, expecting answers: [Expectation]) -> [Action] {
        expected += answers
        return [.write(Array((line + "\r\n").utf8))]
    }
}
