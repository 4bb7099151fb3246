import HTTPService
import Front
import Outbox
import SyncCore
import SyncServer
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// An organisation in real time: a hub that listens on loopback, and the engines of its devices.
///
/// The first engine made the organisation; every one has all capabilities.
final class LiveOrganisation: Sendable {
    /// How long something that must happen is waited for.
    static let patience = Duration.seconds(30)

    let engines: [Engine]
    let store: SQLiteStore
    let environment = Environment.live()
    private let door: HubDoor
    private let submissions = Mutex<UInt8>(0)
    private let shownPaper = Mutex("")

    /// The recovery key, as `init` showed it.
    var paper: String { shownPaper.withLock(\.self) }

    private init(engines: [Engine], store: SQLiteStore, door: HubDoor) {
        self.engines = engines
        self.store = store
        self.door = door
    }

    /// Runs a body while a hub and some engines run, and closes everything.
    ///
    /// The strangers come after the others, and belong to no organisation yet.
    static func with(
        engines count: Int, strangers: Int = 0, _ body: (LiveOrganisation) async throws -> Void
    ) async throws {
        let directory = TemporaryDirectory()
        let environment = Environment.live()
        let store = try await SQLiteStore(
            path: directory.file("hub.db"),
            key: SecretBytes(randomCount: 32, from: environment), environment: environment)
        let hub = try await Hub(store: store, environment: environment)
        let door = HubDoor(handler: HubHandler(hub: hub))
        let server = try HTTPServer(
            listeningOn: "127.0.0.1:0", handler: door, environment: environment)
        let homes = (0..<count + strangers).map { _ in TemporaryDirectory() }
        var engines: [Engine] = []
        for home in homes {
            engines.append(try await Engine.open(home: home.path, environment: environment))
        }
        let organisation = LiveOrganisation(engines: engines, store: store, door: door)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            for engine in engines { group.addTask { try await engine.run() } }
            defer { group.cancelAll() }
            try await organisation.begin(at: "http://127.0.0.1:\(server.port)", with: count)
            try await body(organisation)
        }
        for engine in engines { try await engine.close() }
        try await store.close()
        withExtendedLifetime(homes) {}
    }

    /// Puts a hub of another version in the place of the present one, on the same store.
    func update(hubTo versions: ProtocolVersions) async throws {
        door.open(
            HubHandler(
                hub: try await Hub(store: store, environment: environment, versions: versions)))
    }

    /// Runs a command as root or another login, and returns its output.
    @discardableResult
    func run(
        _ words: [String], on index: Int, input: String = "", as uid: UInt32 = 0
    ) async throws -> String {
        let ending = try await ending(words, on: index, input: input, as: uid)
        #expect(ending.status == .done, "\(words): \(ending.error)")
        return ending.output
    }

    /// Runs a command, which may fail.
    func ending(
        _ words: [String], on index: Int, input: String = "", as uid: UInt32 = 0
    ) async throws -> CommandHome.Ending {
        let number = submissions.withLock { last in
            last += 1
            return last
        }
        let terminal = RecordingTerminal(files: [.standardInput: Array(input.utf8)], failures: [:])
        let status = await CommandRunner(table: .all, engine: engines[index]).run(
            Invocation(
                arguments: words, language: .english, peer: Peer(uid: uid, gid: uid, pid: 1),
                submission: try #require(
                    Front.Submission(bytes: [UInt8](repeating: number, count: 16))),
                workingDirectory: "/", terminal: Terminal(channel: terminal)))
        return CommandHome.Ending(status: status, terminal: terminal)
    }

    /// Invites one more device, with all capabilities, and returns the token.
    func invite() async throws -> String {
        let invitation = try await run(
            ["device", "invite", "--branch", "matriz"]
                + Capability.allCases.flatMap { ["--capability", $0.name] }, on: 0)
        let word = try #require(invitation.split(separator: " ").last)
        return word.filter { !$0.isWhitespace }
    }

    /// Queues a mail of juan's on a device, and returns its name.
    func queue(_ number: UInt8, on index: Int, notBefore: Timestamp) async throws -> MessageID {
        let message = MessageID(validated: [UInt8](repeating: number, count: 16))
        let to = try MailAddress("ana@example.com", in: .to)
        var draft = MessageDraft(
            messageID: MessageIDHeader(message, at: try #require(MailDomain("inair.com.mx"))),
            date: Timestamp(milliseconds: 1_790_000_000_000))
        draft.to = [try Mailbox(name: nil, address: to, in: .to)]
        draft.subject = "Hola"
        draft.text = "Texto."
        var mail = MailSubmission(
            message: message, submission: SubmissionID(validated: message.bytes),
            rendered: try MessageRenderer().render(draft), user: UserID(validated: "juan"),
            actor: "juan", recipients: [to])
        mail.terms.notBefore = notBefore
        _ = try await engines[index].workspace().submission.enqueue(mail)
        return message
    }

    func replica(_ index: Int) throws -> Replica { try engines[index].workspace().replica }

    /// Waits until something holds, and records an issue if it does not in time.
    ///
    /// It is looked at whenever a device asks the hub something: then it has done what the reply
    /// before said. So what is looked at may not ask the hub itself.
    func wait(
        for event: Comment, until holds: () async throws -> Bool
    ) async throws {
        let end = environment.uptime() + Self.patience
        while try await !holds() {
            guard try await isAsked(before: end) else {
                Issue.record(event)
                return
            }
        }
    }

    /// Waits for the next request to the hub; false if none comes in time.
    private func isAsked(before end: Duration) async throws -> Bool {
        let (environment, asked) = (environment, door.asked)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await asked.wait()
                return true
            }
            group.addTask {
                try await environment.sleep(max(end - environment.uptime(), .zero))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private func begin(at url: String, with count: Int) async throws {
        let begun = try await run(
            ["init", "--org", "INAIR", "--branch", "matriz", "--name", "n0", "--json"], on: 0)
        let paper = begun.split(separator: "\"").first { word in
            word.count { $0 == "-" } == 13
        }
        shownPaper.withLock { $0 = paper.map(String.init) ?? "" }
        let token = HubToken(hub: HubCard(url: url, card: store.identity.card))
        try await run(
            ["hub", "attach", TokenText.write(token, prefix: HubToken.prefix)], on: 0)
        for index in engines.indices[1..<count] {
            try await run(["join", try await invite(), "--name", "n\(index)"], on: index)
            let id = try replica(index).identity.id
            try await run(["device", "approve", id.description], on: 0)
            try await wait(for: "The device learns that it was approved.") {
                try await replica(index).read { $0.membership.may(id, .admin) }
            }
        }
    }
}

/// The hub's way in, which rings for each request; the hub behind it may be replaced.
private final class HubDoor: HTTPHandler {
    private let handler: Mutex<HubHandler>
    let asked = Bell()

    init(handler: HubHandler) {
        self.handler = Mutex(handler)
    }

    func open(_ handler: HubHandler) {
        self.handler.withLock { $0 = handler }
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        asked.ring()
        return await handler.withLock(\.self).respond(to: request)
    }
}
