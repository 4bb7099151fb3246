package import SyncCore

/// A mail to be sent on a connection.
package struct SMTPMail: Sendable {
    /// Who it is from and for.
    package let envelope: SMTPEnvelope
    /// The mail in pieces: the sender's headers, then the bytes fixed when it was queued.
    package let pieces: [[UInt8]]

    /// Joins an envelope with its mail; the size is counted here.
    package init(
        id: Int, sender: MailAddress, recipients: [MailAddress], pieces: [[UInt8]],
        hasInternationalHeader: Bool = false
    ) {
        envelope = SMTPEnvelope(
            id: id, sender: sender, recipients: recipients,
            byteCount: pieces.reduce(0) { $0 + $1.count },
            isEightBit: pieces.contains { $0.contains { $0 >= 0x80 } },
            hasInternationalHeader: hasInternationalHeader)
        self.pieces = pieces
    }
}

/// One connection to a mail server, from the first packet to QUIT.
///
/// Its calls block, so the actor runs on a queue of its own; ``cancel()`` interrupts them from
/// anywhere. A connection is opened once, used until it is closed, and never reused after a
/// failure. ``deliver(next:dataBegins:finished:)`` is the usual way to use it.
package actor SMTPConnection {
    /// What the caller has to do or know.
    package enum Report: Hashable, Sendable {
        /// Another mail may begin.
        case ready
        /// Commit "data begun" for the mail, then call ``allowData(_:)``.
        case dataBegin(Int)
        /// A mail's outcomes, one for each recipient in order.
        case finished(Int, [SMTPOutcome])
        /// The connection is closed.
        case closed
    }

    /// The way this connection takes.
    package nonisolated let route: Route

    private let executor = SerialQueue(label: "syncmail.smtp")
    private let settings: ConnectionSettings
    private let environment: Environment
    private nonisolated let wakeup = Wakeup()
    private var channel: CurlChannel?
    private var dialogue = SMTPDialogue(capabilities: SMTPCapabilities())
    private var parser = SMTPReplyParser()
    private var mails: [Int: SMTPMail] = [:]
    private var outgoing: [UInt8] = []
    private var reports: [Report] = []
    private var transcript = SMTPTranscript()

    /// How much is handed to the system at once.
    private static let chunkBytes = 65_536

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(route: Route, settings: ConnectionSettings, environment: Environment) {
        self.route = route
        self.settings = settings
        self.environment = environment
    }

    /// Interrupts whatever the connection waits for, and makes it unusable.
    package nonisolated func cancel() {
        wakeup.signal()
    }

    /// Connects, verifies the server's certificate, and signs in.
    ///
    /// - Parameters:
    ///   - credentials: What to sign in with; then AUTH must end with 235. Without them, none.
    ///   - greeted: Called once, when the server has greeted as one that takes mail.
    /// - Returns: What the server offers.
    /// - Throws: ``TransportFailure``. The connection is closed then.
    package func open(
        credentials: SMTPCredentials?, greeted: @Sendable () -> Void = {}
    ) throws(TransportFailure) -> SMTPCapabilities {
        precondition(channel == nil, "A connection is opened once.")
        let start = environment.uptime()
        let observer = SMTPObserver()
        let opening = CurlChannel(wakeup: wakeup, observer: observer)
        opening.configure(route, settings, credentials)
        var hasGreeted = false
        let result = opening.connect {
            guard !hasGreeted, observer.hasValidGreeting else { return }
            hasGreeted = true
            greeted()
        }
        opening.dropCredentials()
        transcript.opened(observer.lines)
        guard opening.hasSucceeded(result, needsAuthentication: credentials != nil) else {
            throw failure(opening, result, credentials != nil, since: start)
        }
        let capabilities = observer.capabilities ?? SMTPCapabilities()
        channel = opening
        dialogue = SMTPDialogue(capabilities: capabilities, timings: settings.timings)
        reports = [.ready]
        return capabilities
    }

    /// Begins a mail, after the report that the connection is ready.
    package func begin(_ mail: SMTPMail) {
        mails[mail.envelope.id] = mail
        perform(.begin(mail.envelope))
        flush()
    }

    /// Lets DATA be written: the journal holds "data begun".
    package func allowData(_ id: Int) {
        perform(.dataAllowed(id))
        flush()
    }

    /// Waits until there is something to report, and returns it.
    ///
    /// With nothing under way it returns at once, without a report.
    package func wait() -> [Report] {
        flush()
        while reports.isEmpty, let deadline = dialogue.deadline {
            receive(until: deadline)
        }
        if reports.isEmpty, dialogue.isClosed { reports = [.closed] }
        defer { reports = [] }
        return reports
    }

    /// Says goodbye and closes.
    ///
    /// Only between mails; the second time does nothing.
    package func quit() {
        guard channel != nil, !dialogue.isClosed else { return }
        perform(.quit)
        flush()
        while let deadline = dialogue.deadline { receive(until: deadline) }
        channel = nil
    }

    /// Gives the connection up at once.
    ///
    /// Open mails end without a verdict.
    ///
    /// - Returns: Their outcomes, as reports.
    package func abandon() -> [Report] {
        perform(.interrupted(.cancelled))
        defer { reports = [] }
        return reports
    }

    /// Takes the dialogue about a mail that ended, for the record of its attempt.
    ///
    /// It begins with the connection's opening and holds neither credentials nor the mail. Only the
    /// last few mails are kept; the second time it is empty.
    package func takeTranscript(of id: Int) -> [String] {
        transcript.take(id)
    }

    private func perform(_ event: SMTPDialogue.Event) {
        let mail = self.mail(of: event)
        for action in dialogue.handle(event, at: environment.uptime()) {
            switch action {
            case .write(let bytes):
                transcript.sent(bytes, of: mail)
                outgoing += bytes
            case .dataBegin(let id): reports.append(.dataBegin(id))
            case .sendBody(let id): sendBody(id)
            case .finished(let id, let outcomes):
                mails[id] = nil
                transcript.ended(id)
                reports.append(.finished(id, outcomes))
            case .ready: reports.append(.ready)
            case .close:
                channel = nil
                outgoing = []
            }
        }
    }

    /// Which mail the lines that an event leads to are about.
    private func mail(of event: SMTPDialogue.Event) -> Int? {
        switch event {
        case .begin(let envelope):
            transcript.began(envelope.id)
            return envelope.id
        case .dataAllowed(let id), .bodyEnding(let id), .bodyWritten(let id): return id
        case .reply: return dialogue.expected.first?.transaction
        case .interrupted, .tick, .quit: return nil
        }
    }

    /// Streams a mail.
    ///
    /// Its last chunk stays in `outgoing`, so that the next envelope can leave with it; whoever is
    /// told `ready` calls ``begin(_:)`` or ``wait()``, and both flush.
    private func sendBody(_ id: Int) {
        guard let mail = mails[id] else {
            preconditionFailure("The dialogue sends only mails that were begun.")
        }
        transcript.sentBody(byteCount: mail.envelope.byteCount, of: id)
        var stuffer = DotStuffer()
        for piece in mail.pieces {
            for start in stride(from: 0, to: piece.count, by: Self.chunkBytes) {
                guard !dialogue.isClosed else { return }
                let end = min(start + Self.chunkBytes, piece.count)
                stuffer.append(piece[start..<end], to: &outgoing)
                if outgoing.count >= Self.chunkBytes { flush() }
            }
        }
        guard !dialogue.isClosed else { return }
        stuffer.finish(to: &outgoing)
        perform(.bodyEnding(id))
        perform(.bodyWritten(id))
    }

    /// Hands over everything that is to be written.
    private func flush() {
        var sent = 0
        var stalledUntil = environment.uptime() + settings.timings.block
        while sent < outgoing.count, let channel {
            switch outgoing.withUnsafeBytes({ channel.send(.init(rebasing: $0[sent...])) }) {
            case .moved(let count):
                sent += count
                stalledUntil = environment.uptime() + settings.timings.block
            case .closed:
                // The server may have said why before it hung up.
                outgoing = []
                readWhatIsLeft(channel)
                return perform(.interrupted(.connectionLost))
            case .blocked:
                let left = stalledUntil - environment.uptime()
                guard left > .zero else { return perform(.interrupted(.timedOut(.body))) }
                switch channel.wait(forWriting: true, atMost: left) {
                case .woken: return perform(.interrupted(.cancelled))
                case .readable, .writable, .timedOut: continue
                }
            }
        }
        outgoing = []
    }

    private func receive(until deadline: Duration) {
        guard let channel else { return }
        if readOnce(channel) { return flush() }
        guard self.channel != nil else { return }
        switch channel.wait(forWriting: false, atMost: deadline - environment.uptime()) {
        case .woken: perform(.interrupted(.cancelled))
        case .timedOut: perform(.tick)
        case .readable, .writable: return
        }
    }

    private func readWhatIsLeft(_ channel: CurlChannel) {
        let readsMaximum = 4
        for _ in 0..<readsMaximum where self.channel != nil {
            if !readOnce(channel) { return }
        }
    }

    /// Reads once without waiting, and returns whether there was something.
    private func readOnce(_ channel: CurlChannel) -> Bool {
        var isClosed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 8192) { buffer, count in
            switch channel.receive(into: UnsafeMutableRawBufferPointer(buffer)) {
            case .moved(let received): count = received
            case .blocked: count = 0
            case .closed:
                count = 0
                isClosed = true
            }
        }
        if isClosed { perform(.interrupted(.connectionLost)) }
        guard !bytes.isEmpty else { return false }
        do {
            for reply in try parser.consume(bytes) {
                transcript.received(reply, of: dialogue.expected.first?.transaction)
                perform(.reply(reply))
            }
        } catch {
            perform(.interrupted(.protocolViolation(.idle)))
        }
        return true
    }

    private func failure(
        _ channel: CurlChannel, _ result: CURLResult, _ wantsAuthentication: Bool,
        since start: Duration
    ) -> TransportFailure {
        let evidence = channel.evidence(result, route.security, wantsAuthentication)
        var cause = evidence.cause
        var issuer: String?
        if cause == .certificateUntrusted || cause == .certificateName {
            issuer = readIssuer()
            let suspect = TransportFailure.Cause.untrusted(issuer: issuer ?? "")
            if suspect == .intercepted { cause = .intercepted }
        }
        return TransportFailure(
            cause, host: route.host.text, port: route.port,
            elapsed: environment.uptime() - start, issuer: issuer, reply: evidence.replies.last,
            foreignCode: evidence.number)
    }

    /// Asks who signed the certificate that was refused, on a connection that is closed at once.
    private func readIssuer() -> String? {
        let probe = CurlChannel(wakeup: wakeup, observer: SMTPObserver())
        probe.configureProbe(route, settings)
        _ = probe.connect {}
        return probe.issuer()
    }
}
