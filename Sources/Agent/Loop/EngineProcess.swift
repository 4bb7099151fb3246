import CUnix
import Front
import Glibc
import HTTPService
import SyncCore

/// The life of an engine: it takes the home's lock, opens the home, serves, and closes it.
///
/// ```
///  waiting for the lock ──▶ opening ──▶ serving ──▶ draining ──▶ closed
///          └─ another engine answers: leaves at once, ready
/// ```
struct EngineProcess: Sendable {
    /// How long an engine that is about to leave is waited for.
    private static let lockWaitMaximum = Duration.seconds(25)
    private static let lockRetryInterval = Duration.milliseconds(10)

    let options: EngineOptions
    let environment: Environment
    let table: CommandTable
    /// Where systemd put what it keeps secret for the service.
    let credentials: String?
    /// Writes to the log that a person reads who looks after the service.
    let warn: @Sendable (LocalizedText) async -> Void

    /// Runs the engine to its end.
    ///
    /// - Throws: An ``ExplainedError``.
    func run() async throws {
        let home = options.home
        try makeDirectory()
        guard let lock = try await takeEngineLock() else {
            Readiness(descriptor: options.readyDescriptor).tellReady()
            return
        }
        let engine = try await Engine.open(
            home: home.directory, environment: environment, isShared: options.mode == .system,
            credentials: credentials)
        if let lock = engine.lock { await warn(lock.explanation) }
        let listener = try listen()
        let smtp = try await openSMTP(engine)
        let web = try openHTTP(engine)
        let leaving = LeavingLock(path: home.startLock)
        let runner = CommandRunner(table: table, engine: engine)
        let server = ControlServer(
            listener: listener, environment: environment, idle: options.idle,
            mayLeave: { !engine.isBusy && leaving.take() },
            handler: { await runner.run($0) })
        Readiness(descriptor: options.readyDescriptor).tellReady()
        try await serve(server, engine, smtp, web)
        try await engine.close()
        // Held to here, so that nobody opens the replica before it is closed.
        leaving.release()
        lock.release()
    }

    /// Listens for programs that speak SMTP.
    ///
    /// When nobody asked for it and another program has the port, the engine works without.
    private func openSMTP(_ engine: Engine) async throws -> SMTPServer? {
        guard let address = options.smtp else { return nil }
        do throws(SystemError) {
            return SMTPServer(listener: try LoopbackListener(address), engine: engine)
        } catch {
            let failure = EngineError(code: .wayIn(error), home: address.description)
            guard !options.isSMTPRequired else { throw failure }
            await warn(failure.explanation)
            return nil
        }
    }

    /// Listens for programs that speak HTTP: on a socket in the home, and where it was asked for.
    private func openHTTP(_ engine: Engine) throws -> [HTTPServer] {
        // A personal engine that a front started is gone in a moment.
        guard options.mode != .personal else { return [] }
        let handler = APIHandler(desk: SubmissionDesk(engine: engine))
        let path = "\(options.home.directory)/http"
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try UnixSocket.listen(at: path, isOpenToAll: options.mode == .system)
        } catch {
            throw EngineError(code: .socket(error), home: path)
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        let local = HTTPServer(
            takingOver: descriptor, path: path, limits: Self.httpLimits, handler: handler,
            environment: environment)
        guard let address = options.http else { return [local] }
        let remote = try HTTPServer(
            listeningOn: address.description, limits: Self.httpLimits, handler: handler,
            environment: environment)
        return [local, remote]
    }

    private static var httpLimits: HTTPLimits {
        var limits = HTTPLimits()
        limits.connectionsMaximum = 256
        limits.connectionsPerAddressMaximum = 0
        limits.requestsMaximum = 128
        // Files in base 64 inside JSON, and room for the rest.
        limits.bodyBytesMaximum = 48 << 20
        return limits
    }

    private func serve(
        _ server: ControlServer, _ engine: Engine, _ smtp: SMTPServer?, _ web: [HTTPServer]
    ) async throws {
        let stopper = SignalStopper { server.stop() }
        defer { stopper.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            if let smtp { group.addTask { await smtp.run() } }
            for server in web { group.addTask { try await server.run() } }
            await server.run()
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {
                // The loop was asked to end.
            }
        }
    }

    private func makeDirectory() throws {
        let directory = options.home.directory
        guard mkdir(directory, 0o700) != 0, errno != EEXIST else { return }
        throw EngineError(code: .home(.last), home: directory)
    }

    /// Takes the lock, or returns nil when another engine already answers.
    ///
    /// An engine that a front started is content with another that answers. One that a person
    /// or systemd started is there to stay: it waits until an engine that is only passing
    /// through has left, and does not disturb its idling by asking.
    private func takeEngineLock() async throws -> HeldLock? {
        let home = options.home
        let end = environment.uptime() + Self.lockWaitMaximum
        while true {
            do {
                if let lock = try FileLock.take(home.engineLock) { return HeldLock(lock) }
            } catch {
                throw EngineError(code: .home(error), home: home.directory)
            }
            if options.mode == .personal,
                let connected = try? UnixSocket.connect(to: home.socket)
            {
                close(connected)
                return nil
            }
            guard environment.uptime() < end else {
                throw EngineError(code: .occupied, home: home.directory)
            }
            try await environment.sleep(Self.lockRetryInterval)
        }
    }

    private func listen() throws -> ControlListener {
        if options.mode == .system, let inherited = InheritedSocket.descriptor() {
            return ControlListener(inherited: inherited)
        }
        do {
            return try ControlListener(
                path: options.home.socket, isOpenToAll: options.mode == .system)
        } catch {
            throw EngineError(code: .socket(error), home: options.home.socket)
        }
    }
}

/// The listening socket that systemd hands over (sd_listen_fds(3)).
enum InheritedSocket {
    /// The first descriptor of the protocol, if it was meant for this process.
    static func descriptor(
        variables: [String: String] = ProcessVariables.read(), pid: Int32 = getpid()
    ) -> Int32? {
        guard variables["LISTEN_PID"] == String(pid),
            let count = variables["LISTEN_FDS"].flatMap({ Int($0) }), count >= 1
        else { return nil }
        return 3
    }
}
