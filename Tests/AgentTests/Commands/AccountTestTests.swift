import Front
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// Answers each route from memory.
private struct PlayedTester: AccountTester {
    let causes: [Int: TransportFailure.Cause]
    var mail = TestMailOutcome.accepted(reply: "250 2.0.0 Ok")

    func send(
        _ mail: TestMail, over route: AccountRoute, with secret: SMTPSecret
    ) async -> TestMailOutcome {
        #expect(causes[route.port] == nil, "Only a route that works is used.")
        return self.mail
    }

    func test(_ route: AccountRoute, with secret: SMTPSecret) async -> RouteTest {
        let failure = causes[route.port].map {
            TransportFailure(
                $0, host: secret.settings.host, port: route.port, elapsed: .milliseconds(7))
        }
        return RouteTest(route: route, failure: failure, elapsed: .milliseconds(7))
    }
}

/// What is known of a server before anybody types it.
struct AccountDiscoverTests {
    @Test func `a known provider is found offline, with its ways and what its passwords are`()
        async throws
    {
        let home = try await OperatorHome()
        let gmail = try await home.ok("account discover juan@gmail.com --offline --json")
        #expect(
            gmail.contains(#""host":"smtp.gmail.com","routes":["465/implicit","587/starttls"]"#))
        #expect(gmail.contains(#""sign_in":"app_password""#))
        let key = try await home.ok(
            "account discover ventas@inair.example --provider sendgrid --json")
        #expect(key.contains(#""login":"apikey""#))
        let unknown = try await home.run("account discover ana@inair.example --offline")
        #expect(unknown.status == .unavailable)
        let nobody = try await home.run("account discover ana@x.mx --provider nadie")
        #expect(nobody.status == .usage)
    }

    // Online, the names are looked at, and the first that answers as a mail server is told.
    @Test func `an unknown domain is told by the first of its usual names that answers`()
        async throws
    {
        let found = try await discovered("ana@inair.example", answering: "mail.inair.example")
        #expect(found.contains(#""source":"guess","provider":null,"host":"mail.inair.example""#))
        #expect(found.contains(#""routes":["465/implicit","587/starttls"]"#))
        #expect(found.contains(#""login":"ana@inair.example""#))
        await #expect(throws: UnknownServer.self) {
            _ = try await discovered("ana@inair.example", answering: "otro.inair.example")
        }
        // What the table knows needs no look.
        let known = try await discovered("ana@gmail.com", answering: "nadie.example")
        #expect(known.contains(#""source":"table""#))
    }

    private func discovered(_ address: String, answering host: String) async throws -> String {
        let home = try await OperatorHome()
        let recording = RecordingTerminal()
        let context = CommandContext(
            terminal: Terminal(channel: recording), language: .english,
            peer: Peer(uid: 0, gid: 0, pid: 1),
            submission: try #require(Submission(bytes: Array(0..<16))), workingDirectory: "/",
            isJSON: true, engine: home.engine)
        var arguments = Arguments([address], for: CommandHelp(AccountDiscoverCommand.self))
        let command = try AccountDiscoverCommand(reading: &arguments)
        try await command.run(in: context, with: PlayedExaminer(causes: [:], onlyHost: host))
        return recording.output
    }

    @Test func `an account of a known provider needs no server and no port`() async throws {
        let home = try await OperatorHome()
        _ = try await home.ok(
            "account add juan --address juan@gmail.com --password-stdin", stdin: "clave\n")
        let shown = try await home.ok("account show juan --json")
        #expect(
            shown.contains(#""host":"smtp.gmail.com","routes":["465/implicit","587/starttls"]"#))
        let none = try await home.run("account add x --address x@inair.example --password-stdin")
        #expect(none.status == .usage)
        #expect(none.error.contains("--host"))
        _ = try await home.ok(
            "account add y --address y@inair.example --provider godaddy --password-stdin",
            stdin: "clave\n")
        let other = try await home.ok("account show y --json")
        #expect(other.contains("3535/starttls"))
    }
}

struct AccountTestTests {
    private typealias Cause = TransportFailure.Cause

    @Test(
        arguments: [
            ([:], "ok", SyncCore.ExitStatus.done), ([465: .dropped], "ok", .done),
            ([465: .badPassword], "ok", .done),
            ([465: .dropped, 587: .nameNotFound], "untested", .unavailable),
            ([465: .intercepted, 587: .certificateUntrusted], "untested", .unavailable),
            ([465: .dropped, 587: .badPassword], "failing", .configuration),
            ([465: .appPassword, 587: .officeAuthOff], "failing", .configuration),
            ([465: .authNotOffered, 587: .wrongSecurity], "failing", .configuration),
            ([465: .authNotOffered, 587: .dropped], "untested", .unavailable),
        ] as [([Int: TransportFailure.Cause], String, SyncCore.ExitStatus)])
    func `what the routes say together is shown and recorded`(
        causes: [Int: TransportFailure.Cause], condition: String, status: SyncCore.ExitStatus
    ) async throws {
        let home = try await OperatorHome()
        try await home.addAccount(password: "kanarienvogel")
        let (output, ended) = try await test("ventas", on: home, PlayedTester(causes: causes))
        #expect(ended == status)
        for cause in causes.values { #expect(output.contains(cause.rawValue)) }
        #expect(output.contains("465/implicit"))
        #expect(output.contains("587/starttls"))
        #expect(!output.contains("kanarienvogel"))
        let list = try await home.ok("account list --json")
        #expect(list.contains(#""condition":"\#(condition)""#))
        let history = try await home.ok("config list account/ventas/tested")
        #expect(history.contains("uid:0"))
        // Every device says that it tested, also one that may not write the configuration.
        let log = try await home.ok("log list --status account_tested --account ventas --json")
        #expect(log.contains(#""event":"account_tested""#) && log.contains(#""actor":"uid:0""#))
        #expect(log.contains("465/implicit") && log.contains("587/starttls"), "\(log)")
        #expect(!log.contains("kanarienvogel"))
    }

    private typealias Mail = TestMailOutcome

    @Test(
        arguments: [
            (.accepted(reply: "250 2.0.0 Ok"), "accepted", "ok", SyncCore.ExitStatus.done),
            (
                .senderRefused(reply: "553 5.7.1 Sender address rejected"), "refused", "failing",
                .configuration
            ),
            (.refused(isPermanent: true, reply: "550 5.1.1 No"), "refused", "ok", .badData),
            (
                .refused(isPermanent: false, reply: "451 4.7.1 Later"), "refused_for_now", "ok",
                .tryLater
            ),
            (.inDoubt(cause: "CONNECTION_LOST"), "in_doubt", "ok", .tryLater),
            (.notSent(cause: "CONNECTION_LOST"), "not_sent", "ok", .tryLater),
        ] as [(TestMailOutcome, String, String, SyncCore.ExitStatus)])
    func `a test mail says what it proved, and what it did not`(
        mail: TestMailOutcome, state: String, condition: String, status: SyncCore.ExitStatus
    ) async throws {
        let home = try await OperatorHome()
        try await home.addAccount()
        let tester = PlayedTester(causes: [465: .dropped], mail: mail)
        let (output, ended) = try await test(
            "ventas --to ana@example.com", on: home, tester, isJSON: true)
        #expect(ended == status)
        #expect(output.contains(#""to":"ana@example.com","state":"\#(state)""#))
        #expect(output.contains(#""stages":[{"stage":"name","ok":true},{"stage":"connection""#))
        #expect(output.contains(#""proven":"\#(state == "accepted" ? state : "sign_in")""#))
        let list = try await home.ok("account list --json")
        #expect(list.contains(#""condition":"\#(condition)""#))
        let log = try await home.ok("log list --json --status account_tested")
        #expect(log.contains("ana@example.com"))
    }

    // A password that is accepted does not prove that the server lets the account send.
    @Test func `a refused sender stands until a mail was accepted, as an alarm`() async throws {
        let home = try await OperatorHome()
        try await home.addAccount()
        let refusing = PlayedTester(
            causes: [:], mail: .senderRefused(reply: "553 5.7.1 Sender address rejected"))
        _ = try await test("ventas --to ana@example.com", on: home, refusing)
        #expect(try await home.ok("status").contains("ALARM: an account cannot be used"))
        #expect(try await home.ok("status --json").contains(#""FROM_NOT_ALLOWED""#))
        home.environment.advance(by: .seconds(1))
        _ = try await test("ventas", on: home, PlayedTester(causes: [:]))
        #expect(try await home.ok("account list").contains("FAILING (sender not allowed)"))
        home.environment.advance(by: .seconds(1))
        let text = try await test(
            "ventas --to ana@example.com", on: home, PlayedTester(causes: [:]))
        #expect(text.output.contains("Accepted is not delivered"))
        #expect(try await home.ok("account list --json").contains(#""condition":"ok""#))
        #expect(!(try await home.ok("status").contains("ALARM")))
    }

    /// Runs the command with a tester that answers from memory.
    private func test(
        _ words: String, on home: OperatorHome, _ tester: PlayedTester, isJSON: Bool = false
    ) async throws -> (output: String, status: SyncCore.ExitStatus) {
        let recording = RecordingTerminal()
        let context = CommandContext(
            terminal: Terminal(channel: recording), language: .english,
            peer: Peer(uid: 0, gid: 0, pid: 1),
            submission: try #require(Submission(bytes: Array(0..<16))), workingDirectory: "/",
            isJSON: isJSON, engine: home.engine)
        var arguments = Arguments(
            words.split(separator: " ").map(String.init), for: CommandHelp(AccountTestCommand.self))
        let command = try AccountTestCommand(reading: &arguments)
        do {
            try await command.run(in: context) { _, _ in tester }
            return (recording.output, .done)
        } catch let error as any ExplainedError {
            return (recording.output, error.exitStatus)
        }
    }
}
