import HTTPService
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// Whoever's mail failed is told, until he says that he knows.
struct AlertCommandTests {
    private static let text: [TerminalInput: [UInt8]] = [.standardInput: Array("Hola.\n".utf8)]

    private func send(
        _ home: CommandHome, as uid: UInt32 = CommandHome.juan
    ) async throws
        -> MessageID
    {
        let ending = await home.run(
            ["send", "--to", "ana@example.com", "--subject", "Hola", "--body-file", "-"], as: uid,
            files: Self.text)
        #expect(ending.status == .done, "\(ending.error)")
        return try #require(ending.output.split(separator: " ").first.flatMap { MessageID($0) })
    }

    /// Makes an attempt, whose end is what is given.
    private func attempt(
        _ home: CommandHome, at message: MessageID, _ number: Int, _ outcome: AttemptOutcome
    ) async throws {
        try await home.engine.workspace().replica.write { transaction in
            let attempt = AttemptID(
                number: number,
                grant: LeaseGrant(
                    account: AccountID(validated: "ventas"), device: transaction.identity.id,
                    fence: FencingToken(counter: 1, nonce: 1)))
            var detail = AttemptDetail()
            detail.reply = "550 5.1.1 No such user"
            _ = try transaction.append(
                DeliveryReport(
                    delivery: DeliveryID(message: message, recipient: 0),
                    fact: .concluded(attempt, outcome), detail: detail),
                kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "agent")
        }
    }

    private func run(
        _ home: CommandHome, _ line: String, as uid: UInt32 = CommandHome.juan
    ) async -> CommandHome.Ending {
        await home.run(line.split(separator: " ").map(String.init), as: uid)
    }

    @Test(arguments: [(AttemptOutcome.refusedPermanently, "failed"), (.inDoubt, "in_doubt")])
    func `who sent a mail that failed is told by every command until he acknowledges it`(
        outcome: AttemptOutcome, reason: String
    ) async throws {
        try await CommandHome.with { home in
            let mail = try await send(home)
            #expect(await run(home, "outbox list").error.isEmpty)
            try await attempt(home, at: mail, 1, outcome)
            let told = await run(home, "outbox list")
            #expect(told.status == .done)
            #expect(told.error.contains("1 of your deliveries failed or are in doubt"))
            #expect(await run(home, "outbox list --json").error.contains(#"{"warning""#))
            let list = await run(home, "alert list --json")
            #expect(list.output.contains(#""id":"\#(mail)","number":1,"reason":"\#(reason)""#))
            #expect(list.error.isEmpty)
            let table = await run(home, "alert list").output
            #expect(table.contains("550 5.1.1 No such user") && table.contains("Hola"))
            // It is his, and nobody else's.
            #expect(await run(home, "outbox list", as: CommandHome.maria).error.isEmpty)
            let others = await run(home, "alert list --json", as: CommandHome.maria)
            #expect(others.output == "{\"alerts\":[]}\n")
            let refused = await run(
                home, "alert acknowledge \(mail.short)", as: CommandHome.maria)
            #expect(refused.status == .badData)
            let seen = await run(home, "alert acknowledge \(mail.short)")
            #expect(seen.status == .done && seen.error.isEmpty, "\(seen.error)")
            #expect(await run(home, "outbox list").error.isEmpty)
            let log = await run(home, "log list --status acknowledged --json")
            #expect(log.output.contains(#""event":"acknowledged""#))
            #expect(log.output.contains(#""actor":"juan""#))
        }
    }

    @Test func `a mail that fails again after it was acknowledged is told of again`() async throws {
        try await CommandHome.with { home in
            let mail = try await send(home)
            try await attempt(home, at: mail, 1, .refusedPermanently)
            _ = await run(home, "alert acknowledge --all")
            #expect(await run(home, "outbox list").error.isEmpty)
            #expect(await run(home, "outbox retry \(mail.short)").status == .done)
            #expect(await run(home, "outbox list").error.isEmpty)
            try await attempt(home, at: mail, 2, .refusedPermanently)
            #expect(await run(home, "outbox list").error.contains("1 of your deliveries"))
        }
    }

    @Test func `a mail that is sent after all is told of no more`() async throws {
        try await CommandHome.with { home in
            let mail = try await send(home)
            try await attempt(home, at: mail, 1, .inDoubt)
            #expect(await run(home, "outbox list").error.contains("in doubt"))
            #expect(await run(home, "outbox resolve \(mail.short) --sent").error.isEmpty)
            #expect(await run(home, "outbox list").error.isEmpty)
        }
    }

    @Test func `a mail that waits for more than ten minutes is told of, and not before`()
        async throws
    {
        let manual = ManualEnvironment()
        try await CommandHome.with(manual) { home in
            let mail = try await send(home)
            manual.advance(by: .seconds(590))
            #expect(await run(home, "outbox list").error.isEmpty)
            manual.advance(by: .seconds(20))
            let told = await run(home, "outbox list")
            #expect(told.error.contains("1 wait for more than 10 minutes"), "\(told.error)")
            #expect(await run(home, "alert list --json").output.contains(#""reason":"waiting""#))
            _ = await run(home, "alert acknowledge \(mail.short)")
            #expect(await run(home, "outbox list").error.isEmpty)
            // Programs that take any word for a complaint hear none.
            _ = try await send(home)
            manual.advance(by: .seconds(700))
            let quiet = await home.run(
                ["sendmail", "beto@example.com"], as: CommandHome.juan, files: Self.text)
            #expect(quiet.status == .done && quiet.error.isEmpty, "\(quiet.error)")
        }
    }

    @Test func `programs ask for the alerts of their user over HTTP`() async throws {
        try await CommandHome.with { home in
            let mail = try await send(home)
            try await attempt(home, at: mail, 1, .refusedPermanently)
            func ask(
                _ uid: UInt32, query: String = "", _ method: HTTPMethod = .get
            ) async
                -> HTTPResponse
            {
                await APIHandler(desk: SubmissionDesk(engine: home.engine)).respond(
                    to: HTTPRequest(method: method, path: "/v1/alerts", query: query, peer: uid))
            }
            let own = await ask(CommandHome.juan)
            #expect(own.status == 200)
            #expect(String(decoding: own.body, as: UTF8.self).contains("\"id\":\"\(mail)\""))
            let other = await ask(CommandHome.maria)
            #expect(String(decoding: other.body, as: UTF8.self) == "{\"alerts\":[]}\n")
            #expect(await ask(CommandHome.stranger).status == 403)
            #expect(await ask(CommandHome.juan, query: "x=1").status == 400)
            #expect(await ask(CommandHome.juan, .post).status == 405)
        }
    }
}
