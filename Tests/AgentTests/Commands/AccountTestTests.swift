import Front
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// Answers each route from memory.
private struct PlayedTester: AccountTester {
    let causes: [Int: TransportFailure.Cause]

    func test(_ route: AccountRoute, with secret: SMTPSecret) async -> RouteTest {
        let failure = causes[route.port].map {
            TransportFailure(
                $0, host: secret.settings.host, port: route.port, elapsed: .milliseconds(7))
        }
        return RouteTest(route: route, failure: failure, elapsed: .milliseconds(7))
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
        let recording = RecordingTerminal()
        let context = CommandContext(
            terminal: Terminal(channel: recording), language: .english,
            peer: Peer(uid: 0, gid: 0, pid: 1),
            submission: try #require(Submission(bytes: Array(0..<16))), workingDirectory: "/",
            isJSON: false,
            engine: home.engine)
        var arguments = Arguments(["ventas"], for: CommandHelp(AccountTestCommand.self))
        let command = try AccountTestCommand(reading: &arguments)
        var ended = SyncCore.ExitStatus.done
        do {
            try await command.run(in: context) { _, _ in PlayedTester(causes: causes) }
        } catch let error as AccountTestFailure {
            ended = error.exitStatus
        }
        #expect(ended == status)
        for cause in causes.values { #expect(recording.output.contains(cause.rawValue)) }
        #expect(recording.output.contains("465/implicit"))
        #expect(recording.output.contains("587/starttls"))
        #expect(!recording.output.contains("kanarienvogel"))
        let list = try await home.ok("account list --json")
        #expect(list.contains(#""condition":"\#(condition)""#))
        let history = try await home.ok("config list account/ventas/tested")
        #expect(history.contains("uid:0"))
    }
}
