import Glibc
import Outbox
import SyncCore
import Synchronization

/// The thread that talks SMTP with the programs of this machine.
///
/// It never waits for a single one: it sleeps in one `poll` over all of them. Passwords are
/// looked up and mails stored elsewhere; the answers come back through ``post(_:to:)``.
final class SMTPLoop: Sendable {
    /// What is to be done elsewhere.
    enum Work: Sendable {
        /// Say what a program is granted that just connected.
        case open(Int)
        case authenticate(Int, name: String, password: SecretBytes)
        case store(Int, SubmittedMail, MailCaller)
    }

    /// What came of it.
    enum Answer: Sendable {
        case granted(SubmissionDialogue.Limits)
        case login(MailCaller?)
        case mail(SubmissionDialogue.Event)
    }

    private struct Connection {
        let descriptor: Int32
        var dialogue: SubmissionDialogue
        var caller: MailCaller?
        var output: ArraySlice<UInt8> = []
        var isClosing = false
        /// Whether it is known what the program is granted; until then nothing is said.
        var isOpen = false
    }

    private struct Mailbox {
        var answers: [(id: Int, answer: Answer)] = []
        var isStopRequested = false
    }

    private static let connectionsMaximum = 256
    private static let heldByteCountMaximum = 256 << 20
    private static let outputByteCountMaximum = 256 * 1024
    private static let pieceByteCount = 64 * 1024
    private static let pollWaitMaximum: Int64 = 3_600_000

    private let listener: LoopbackListener
    private let environment: Environment
    private let waker = Waker()
    private let mailbox = Mutex(Mailbox())

    init(listener: LoopbackListener, environment: Environment) {
        self.listener = listener
        self.environment = environment
    }

    /// Brings an answer; one for a connection that is gone is forgotten.
    func post(_ answer: Answer, to id: Int) {
        mailbox.withLock { $0.answers.append((id, answer)) }
        waker.wake()
    }

    /// Asks the loop to end when nobody waits for a verdict.
    func requestStop() {
        mailbox.withLock { $0.isStopRequested = true }
        waker.wake()
    }

    /// Talks until it is stopped, and hands on what is to be done.
    ///
    /// Blocks the thread.
    func run(_ handOn: @escaping (Work) -> Void) {
        var state = State(handOn: handOn)
        defer { for connection in state.connections.values { close(connection.descriptor) } }
        while true {
            let isStopping = takeAnswers(&state)
            for id in state.connections.keys.sorted()
            where isStopping || state.connections[id]?.isOpen == true {
                step(id, isStopping ? .stopping : .tick, &state)
            }
            if isStopping, state.connections.isEmpty { return }
            poll(&state, isAccepting: !isStopping)
        }
    }

    private struct State {
        let handOn: (Work) -> Void
        var connections: [Int: Connection] = [:]
        var lastID = 0
        var heldByteCount: Int {
            connections.values.reduce(0) { $0 + $1.dialogue.heldByteCount }
        }
    }

    private func takeAnswers(_ state: inout State) -> Bool {
        let (answers, isStopping) = mailbox.withLock { mailbox in
            defer { mailbox.answers = [] }
            return (mailbox.answers, mailbox.isStopRequested)
        }
        for (id, answer) in answers {
            switch answer {
            case .granted(let limits): open(id, limits, &state)
            case .mail(let event): step(id, event, &state)
            case .login(let caller):
                if let caller { state.connections[id]?.caller = caller }
                step(id, .authenticated(caller != nil), &state)
            }
        }
        return isStopping
    }

    /// Begins a conversation, now that it is known what the program is granted.
    private func open(_ id: Int, _ limits: SubmissionDialogue.Limits, _ state: inout State) {
        guard var connection = state.connections[id], !connection.isOpen else { return }
        connection.dialogue = SubmissionDialogue(hostName: "localhost", limits: limits)
        connection.isOpen = true
        state.connections[id] = connection
        step(id, .opened(isIdentified: connection.caller != nil), &state)
    }

    /// Tells one conversation what happened, and carries out what it wants.
    private func step(_ id: Int, _ event: SubmissionDialogue.Event, _ state: inout State) {
        guard var connection = state.connections.removeValue(forKey: id) else { return }
        for action in connection.dialogue.handle(event, at: environment.uptime()) {
            switch action {
            case .reply(let reply): connection.output += reply.bytes
            case .close: connection.isClosing = true
            case .authenticate(let name, let password):
                state.handOn(.authenticate(id, name: name, password: password))
            case .store(let mail):
                guard let caller = connection.caller else {
                    preconditionFailure("A mail is taken only from somebody who is known.")
                }
                state.handOn(.store(id, mail, caller))
            }
        }
        if flush(&connection) {
            state.connections[id] = connection
        } else {
            close(connection.descriptor)
        }
    }

    /// Writes what fits, and tells whether the connection goes on.
    private func flush(_ connection: inout Connection) -> Bool {
        while !connection.output.isEmpty {
            let count = connection.output.withUnsafeBytes {
                send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                guard errno == EAGAIN || errno == EINTR else { return false }
                // Whoever reads no replies gets no more of them.
                return connection.output.count <= Self.outputByteCountMaximum
            }
            connection.output = connection.output.dropFirst(count)
        }
        return !connection.isClosing
    }

    private func poll(_ state: inout State, isAccepting: Bool) {
        let ids = state.connections.keys.sorted()
        var polled = [
            pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(
                fd: isAccepting ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0),
        ]
        for id in ids {
            guard let connection = state.connections[id] else { continue }
            let wantsInput =
                connection.isOpen && connection.dialogue.wantsInput && connection.output.isEmpty
            let events = (wantsInput ? POLLIN : 0) | (connection.output.isEmpty ? 0 : POLLOUT)
            // One that wants nothing is left out: its hang-up would wake the thread for ever.
            polled.append(
                pollfd(
                    fd: events == 0 ? -1 : connection.descriptor, events: Int16(events),
                    revents: 0))
        }
        guard Glibc.poll(&polled, nfds_t(polled.count), timeout(state)) > 0 else { return }
        if polled[0].revents != 0 { waker.clear() }
        for (id, result) in zip(ids, polled.dropFirst(2)) where result.revents != 0 {
            if result.events & Int16(POLLIN) != 0 {
                receive(id, &state)
            } else {
                step(id, .tick, &state)
            }
        }
        if polled[1].revents != 0 { accept(into: &state) }
    }

    private func timeout(_ state: State) -> Int32 {
        let open = state.connections.values.filter(\.isOpen)
        guard let next = open.compactMap(\.dialogue.deadline).min() else {
            return -1
        }
        let wait = (next - environment.uptime()).milliseconds + 1
        return Int32(max(0, min(wait, Self.pollWaitMaximum)))
    }

    private func receive(_ id: Int, _ state: inout State) {
        guard let descriptor = state.connections[id]?.descriptor else { return }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceByteCount) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            failure = received < 0 ? errno : 0
            count = max(received, 0)
        }
        if failure == EAGAIN || failure == EINTR { return }
        // A reset is an end, too: nobody is there to be told.
        step(id, bytes.isEmpty ? .inputEnded : .received(bytes), &state)
        if state.heldByteCount > Self.heldByteCountMaximum { step(id, .memoryExhausted, &state) }
    }

    private func accept(into state: inout State) {
        while let descriptor = listener.accept() {
            guard state.connections.count < Self.connectionsMaximum else {
                let reply = SubmissionReply(421, "4.3.2", "too many connections").bytes
                _ = send(descriptor, reply, reply.count, Int32(MSG_NOSIGNAL))
                close(descriptor)
                continue
            }
            state.lastID += 1
            let caller = LoopbackPeer.uid(of: descriptor).map { MailCaller.login($0) }
            state.connections[state.lastID] = Connection(
                descriptor: descriptor, dialogue: SubmissionDialogue(hostName: "localhost"),
                caller: caller)
            state.handOn(.open(state.lastID))
        }
    }
}
