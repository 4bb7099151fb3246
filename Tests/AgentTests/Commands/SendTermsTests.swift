import HTTPService
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// Time, urgency and end of a mail, through every way in.
struct SendTermsTests {
    private static let plain = ["send", "--to", "ana@x.co", "--subject", "s", "--body-file", "-"]
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)

    private func send(
        _ home: CommandHome, _ more: [String], language: Language = .english
    ) async -> CommandHome.Ending {
        await home.run(
            Self.plain + more, as: CommandHome.juan, files: [.standardInput: Array("Hola".utf8)],
            language: language)
    }

    private func terms(_ home: CommandHome) async throws -> MailTerms {
        try await home.mails()[0].mail.terms
    }

    @Test func `a mail is given a time, an urgency and an end, and shows them`() async throws {
        try await CommandHome.with { home in
            let sent = await send(
                home, ["--at", "2026-09-22T09:30Z", "--priority", "high", "--expire", "12h"],
                language: .spanish)
            #expect(sent.output.contains("Saldrá desde 2026-09-22 09:30:00 UTC"))
            let time = try #require(Timestamp("2026-09-22T09:30Z"))
            let terms = try await terms(home)
            #expect(
                terms
                    == MailTerms(
                        notBefore: time, priority: .high,
                        expires: time.advanced(by: .seconds(43_200))))
            let list = await home.run(["outbox", "list"], as: CommandHome.juan)
            #expect(list.output.contains("queued"))
            let id = try await home.mails()[0].mail.message.short
            let shown = await home.run(["outbox", "show", id], as: CommandHome.juan)
            #expect(shown.output.contains("from 2026-09-22 09:30:00 UTC on"))
            #expect(shown.output.contains("Tried until: 2026-09-22 21:30:00 UTC. Priority: high"))
            let json = await home.run(["outbox", "show", id, "--json"], as: CommandHome.juan)
            #expect(json.output.contains(#""next_attempt":"2026-09-22T09:30:00.000Z""#))
            #expect(
                json.output.contains(
                    #""priority":"high","expires":"2026-09-22T21:30:00.000Z""#))
        }
    }

    @Test func `within the time to undo a cancellation is always in time`() async throws {
        try await CommandHome.with { home in
            try await home.configure([Directory.undoPath: .integer(20)])
            let sent = await send(home, ["--json"])
            #expect(sent.output.contains(#""not_before":"2026-09-21"#))
            let mail = try await home.mails()[0].mail.message
            let cancelled = await home.run(
                ["outbox", "cancel", mail.short], as: CommandHome.juan)
            #expect(cancelled.status == .done)
            let states = try await home.mails()[0].deliveries.map(\.record.state)
            #expect(states == [.cancelled])
            // Who is in a hurry says so.
            _ = await send(home, ["--undo", "0s"])
            let notBefore = try await terms(home).notBefore
            #expect(notBefore.milliseconds == 0)
        }
    }

    @Test(arguments: [
        ["--at", "mañana"], ["--undo", "2d"], ["--priority", "urgente"], ["--expire", "0d"],
    ])
    func `what cannot be understood is refused, with examples`(words: [String]) async throws {
        try await CommandHome.with { home in
            let sent = await send(home, words)
            #expect(sent.status == .usage)
            #expect(sent.error.contains("is written like one of these"))
            let isEmpty = try await home.mails().isEmpty
            #expect(isEmpty)
        }
    }

    @Test func `sendmail takes them from the header, where nobody else reads them`() async throws {
        try await CommandHome.with { home in
            let mail =
                "X-Syncmail-At: 2h\nX-Syncmail-Priority: low\nX-Syncmail-Expire: 1d\n"
                + "Subject: s\n\nHola\n"
            let ending = await home.run(
                ["sendmail", "ana@x.co"], as: CommandHome.juan,
                files: [.standardInput: Array(mail.utf8)])
            #expect(ending.status == .done)
            let time = Self.start.advanced(by: .seconds(7200))
            let terms = try await terms(home)
            #expect(
                terms
                    == MailTerms(
                        notBefore: time, priority: .low,
                        expires: time.advanced(by: .seconds(86_400))))
            let stored = try await home.engine.workspace().replica.read { transaction in
                let own = try transaction.outbox.ownMail(
                    transaction.outbox.list(MailFilter(), limit: 1)[0].mail.message)
                return try own.map { try transaction.outbox.content($0.content) } ?? []
            }
            #expect(!String(decoding: stored, as: UTF8.self).lowercased().contains("syncmail-"))
            let bad = await home.run(
                ["sendmail", "ana@x.co"], as: CommandHome.juan,
                files: [.standardInput: Array("X-Syncmail-Expire: soon\n\nHola\n".utf8)])
            #expect(bad.status == .badData)
            #expect(bad.error.contains("x-syncmail-expire"))
        }
    }

    @Test func `a program gives them over HTTP`() async throws {
        try await CommandHome.with { home in
            func post(_ members: String) async -> Int {
                await APIHandler(desk: SubmissionDesk(engine: home.engine)).respond(
                    to: HTTPRequest(
                        method: .post, path: "/v1/messages", query: "",
                        fields: [HTTPRequest.Field("content-type", "application/json")],
                        body: Array(#"{"to":"a@x.co","text":"x",\#(members)}"#.utf8),
                        peer: CommandHome.juan)
                ).status
            }
            #expect(await post(#""undo":"30s","priority":"high","expire":"2d""#) == 202)
            let time = Self.start.advanced(by: .seconds(30))
            let terms = try await terms(home)
            #expect(
                terms
                    == MailTerms(
                        notBefore: time, priority: .high,
                        expires: time.advanced(by: .seconds(172_800))))
            for bad in [#""at":"x""#, #""undo":5"#, #""priority":"x""#, #""expire":"0s""#] {
                #expect(await post(bad) == 422)
            }
        }
    }
}
