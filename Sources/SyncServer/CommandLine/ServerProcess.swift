import CUnix
import Glibc
import SyncCore

/// The hub as a process: its home, its store and its door.
struct ServerProcess: Sendable {
    private static let listenDefault = "127.0.0.1:8443"
    private static let sweepInterval = Duration.seconds(1)
    private static let pemByteCountMaximum = 256 * 1024

    private let options: ServerOptions
    private let environment: Environment
    private let language: Language
    /// What opens the store.
    private let keys: KeyRing

    /// Prepares a command.
    ///
    /// - Parameters:
    ///   - options: What to do.
    ///   - environment: Time and chance.
    ///   - language: The language to answer in.
    ///   - credentials: What systemd's `$CREDENTIALS_DIRECTORY` says.
    init(
        options: ServerOptions, environment: Environment, language: Language, credentials: String?
    ) {
        keys = KeyRing(
            database: options.home + "/hub.db",
            machineKey: MachineKeySource(home: options.home, credentials: credentials),
            environment: environment)
        self.options = options
        self.environment = environment
        self.language = language
    }

    /// Carries the command out.
    func run() async throws {
        switch options.verb {
        case .initialise:
            guard mkdir(options.home, 0o700) == 0 || errno == EEXIST else {
                throw StorageError(.cannotOpen, path: options.home)
            }
            try await ServerLock.hold(options.home) { try await initialise() }
        case .run: try await ServerLock.hold(options.home) { try await serve() }
        case .verify: try await ServerLock.hold(options.home) { try await verify() }
        // It changes nothing, and so may look at a hub that runs.
        case .key(.list): try await serverKeys.run(.list)
        case .key(let verb):
            try await ServerLock.hold(options.home) { try await serverKeys.run(verb) }
        case .version:
            say(
                options.isJSON
                    ? JSONValue.object(["version": .string(Product.version)]).text
                    : "syncmail-server \(Product.version)")
        case nil: say(options.help?.text(in: language) ?? "")
        }
    }

    /// Makes the hub's keys and prints what an administrator signs into membership.
    private func initialise() async throws {
        let machineKey = try keys.machineKey.readOrCreate(environment: environment)
        let key = try KeyFile.create(
            for: database, machineKey: machineKey, environment: environment)
        let store = try await SQLiteStore(path: database, key: key, environment: environment)
        let token = HubToken(hub: HubCard(url: options.url, card: store.identity.card))
        try await store.close()
        let text = TokenText.write(token, prefix: HubToken.prefix)
        say(options.isJSON ? JSONValue.object(["token": .string(text)]).text : text)
        tell(
            LocalizedText(
                es: "En un equipo administrador ejecute: syncmail hub attach CÓDIGO (la línea "
                    + "anterior).",
                en: "On an administrator's device run: syncmail hub attach TOKEN (the line "
                    + "above)."))
    }

    /// Serves until the process is told to stop.
    private func serve() async throws {
        let store = try await openStore()
        let hub = try await Hub(store: store, environment: environment)
        var limits = HTTPLimits()
        limits.handlerTime = ExchangeRequest.waitMaximum + .seconds(60)
        let server = try HTTPServer(
            listeningOn: options["listen"] ?? Self.listenDefault, tls: try certificate(),
            limits: limits, handler: HubHandler(hub: hub), environment: environment)
        tell(
            LocalizedText(
                es: "Servidor atendiendo en \(server.address).",
                en: "Hub listening on \(server.address)."))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { try await sweep(hub) }
            group.addTask { try await giveRecoverySlot(store) }
            group.addTask { await StopSignal.wait() }
            try await group.next()
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {
                // It was told to stop.
            }
        }
        try await store.close()
    }

    /// Says what the hub holds; it must not be running.
    private func verify() async throws {
        let store = try await openStore()
        let digests = try await store.stateDigests()
        try await store.close()
        if options.isJSON {
            var members: JSONValue.KeyValuePairs = [:]
            for digest in digests {
                members.append(digest.name, .string(digest.digest.description))
            }
            say(JSONValue.object(["digests": .object(members)]).text)
        } else {
            for digest in digests { say("\(digest.digest)  \(digest.name)") }
        }
    }

    private func openStore() async throws -> SQLiteStore {
        try await SQLiteStore(
            path: database, key: try keys.open(), mayCreate: false, environment: environment)
    }

    /// Lets the organisation's recovery key open the store as soon as there is an organisation.
    private func giveRecoverySlot(_ store: SQLiteStore) async throws {
        while try await !store.ensureRecoverySlot(keys) {
            try await environment.sleep(Self.sweepInterval)
        }
        // The group ends when its first task does.
        while !Task.isCancelled { try await environment.sleep(.seconds(3600)) }
    }

    private var serverKeys: ServerKeys {
        ServerKeys(keys: keys, options: options, open: openStore) { text, value in
            say(options.isJSON ? value.text : text.text(in: language))
        }
    }

    private func sweep(_ hub: Hub) async throws {
        while !Task.isCancelled {
            try await environment.sleep(Self.sweepInterval)
            try await hub.sweep()
        }
    }

    private var database: String { keys.database }

    private func certificate() throws -> HTTPServer.TLS? {
        guard let chain = options["tls-cert"], let key = options["tls-key"] else { return nil }
        return HTTPServer.TLS(certificateChain: try read(chain), privateKey: try read(key))
    }

    private func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ServerFileError(path: path, errno: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.pemByteCountMaximum)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0 else { throw ServerFileError(path: path, errno: count < 0 ? errno : 0) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private func tell(_ text: LocalizedText) {
        StandardStream.error.write(text.text(in: language))
    }

    private func say(_ text: String) {
        StandardStream.output.write(text)
    }
}

/// Standard output and error.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes a line; nobody is left to hear of a failure.
    func write(_ line: String) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
