import HTTPService
import CUnix
import Glibc
import SyncCore

/// The hub as a process: its home, its store and its door.
struct ServerProcess: Sendable {
    private static let listenDefault = "127.0.0.1:8443"
    private static let sweepInterval = Duration.seconds(1)
    /// How long between two passes that erase what was retired.
    private static let retirementInterval = Duration.seconds(3600)
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
        case .refusals: try tellRefusals()
        case .importing: try await importFile()
        case .verify: try await ServerLock.hold(options.home) { try await verify() }
        // It changes nothing, and so may look at a hub that runs.
        case .key(.list): try await serverKeys.run(.list)
        case .key(let verb):
            try await ServerLock.hold(options.home) { try await serverKeys.run(verb) }
        case .backup(let verb): try await serverBackup.run(verb)
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
        if let former = options["former"] { try await takeKeys(of: former, into: store) }
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

    /// Takes over the keys of a hub on this machine whose place the new one takes.
    private func takeKeys(of former: String, into store: SQLiteStore) async throws {
        try await ServerLock.hold(former) {
            let path = former + "/hub.db"
            let ring = KeyRing(
                database: path, machineKey: MachineKeySource(home: former, credentials: nil),
                environment: environment)
            let other = try await SQLiteStore(
                path: path, key: try ring.open(), mayCreate: false, environment: environment)
            try await store.takeKeys(of: other)
            try await other.close()
        }
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
        let backup = backup
        let files = files
        let control = try ControlSocket(in: options.home)
        tell(
            LocalizedText(
                es: "Servidor atendiendo en \(server.address).",
                en: "Hub listening on \(server.address)."))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { try await sweep(hub) }
            group.addTask { try await retire(store) }
            group.addTask { try await giveRecoverySlot(store) }
            group.addTask { await StopSignal.wait() }
            if let control {
                group.addTask {
                    try await control.run(
                        environment, refusals: hub.refusals,
                        importer: { try await files.take($0, named: $1, into: hub) }
                    ) { path, replaces, progress in
                        try await backup.save(
                            store, in: path, replacing: replaces, progress: progress)
                    }
                }
            }
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

    private var files: HubImport { HubImport(home: options.home, environment: environment) }

    /// Takes in a file of records, whether the hub runs or not.
    private func importFile() async throws {
        let copy = try files.copy(options.file)
        defer { unlink(copy) }
        if let imported = try ControlSocket.ask(
            options.home, toImport: copy, named: options.file)
        {
            say(options.isJSON ? imported.json : imported.text.text(in: language))
            if imported.hasForks { throw ImportedFork() }
            return
        }
        try await ServerLock.hold(options.home) {
            let store = try await openStore()
            let hub = try await Hub(store: store, environment: environment)
            let outcome: HubImport.Outcome
            do {
                outcome = try await files.take(copy, named: options.file, into: hub)
            } catch {
                try await store.close()
                throw error
            }
            try await store.close()
            say(options.isJSON ? outcome.json.text : outcome.text.text(in: language))
            if let fork = outcome.fork { throw fork }
        }
    }

    /// Says how often a hub that runs refused what.
    private func tellRefusals() throws {
        guard let json = try ControlSocket.refusals(of: options.home) else {
            throw HubNotRunning(home: options.home)
        }
        say(json)
    }

    /// Says what the hub holds; it must not be running.
    private func verify() async throws {
        let store = try await openStore()
        let digests = try await store.stateDigests()
        let lives = try await store.formerLives()
        let alarms =
            options.dismissesAlarms
            ? try await store.dismissAlarms() : try await store.alarms()
        try await store.close()
        if options.isJSON {
            var members: JSONValue.KeyValuePairs = [:]
            for digest in digests {
                members.append(digest.name, .string(digest.digest.description))
            }
            let value: JSONValue = [
                "digests": .object(members), "former_lives": .integer(Int64(lives.count)),
                "alarms": .array(alarms.map(Self.json)),
            ]
            return say(value.text)
        }
        for digest in digests { say("\(digest.digest)  \(digest.name)") }
        if let life = lives.last { say(Self.text(of: life).text(in: language)) }
        for alarm in alarms {
            let word = LocalizedText(es: "ALARMA", en: "ALARM").text(in: language)
            say("\(word) \(alarm.kind.rawValue): \(alarm.subject) \(alarm.detail)")
        }
    }

    private static func json(_ alarm: Alarm) -> JSONValue {
        [
            "kind": .string(alarm.kind.rawValue), "subject": .string(alarm.subject),
            "since": .string(alarm.time.description), "detail": .string(alarm.detail),
        ]
    }

    private static func text(of life: FormerLife) -> LocalizedText {
        LocalizedText(
            es: "Este servidor empezó otra vida el \(life.end): \(life.reason.text.es). Lo que "
                + "esperaba entonces está en duda hasta que alguien decida.",
            en: "This hub began another life on \(life.end): \(life.reason.text.en). What waited "
                + "then is in doubt until somebody decides.")
    }

    private var backup: HubBackup {
        HubBackup(home: options.home, keys: keys, environment: environment)
    }

    private var serverBackup: ServerBackup {
        ServerBackup(backup: backup, options: options) { text, value in
            say(options.isJSON ? value.text : text.text(in: language))
        }
    }

    private func openStore() async throws -> SQLiteStore {
        let wasMended = try keys.needsMending()
        let store = try await SQLiteStore(
            path: database, key: try keys.open(), mayCreate: false, environment: environment)
        if wasMended { try await store.noteMendedKeys(keys) }
        return store
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

    /// Erases what was retired, now and then.
    private func retire(_ store: SQLiteStore) async throws {
        while !Task.isCancelled {
            try await environment.sleep(Self.retirementInterval)
            try await store.retire()
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
        write(bytes: Array((line + "\n").utf8))
    }

    /// Writes bytes; nobody is left to hear of a failure.
    func write(bytes all: [UInt8]) {
        var bytes = all[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// No hub runs in a home.
private struct HubNotRunning: ExplainedError {
    let home: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "En \(home) no hay un servidor en marcha. Inícielo con «syncmail-server run».",
            en: "No hub runs in \(home). Start it with 'syncmail-server run'.")
    }
    var exitStatus: ExitStatus { .unavailable }
}
