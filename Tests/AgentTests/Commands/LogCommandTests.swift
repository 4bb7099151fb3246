import Outbox
import SyncCore
import Testing

@testable import Agent

struct LogCommandTests {
    /// Queues a mail of juan's to Ana and one of maría's to Bea.
    private func queue(in home: CommandHome) async throws {
        for (uid, address, type) in [
            (CommandHome.juan, "ana@example.com", "cotizacion"),
            (CommandHome.maria, "bea@example.com", "factura"),
        ] {
            let ending = await home.run(
                [
                    "send", "--to", address, "--subject", "Hola", "--body-file", "-", "--type",
                    type,
                ], as: uid, files: [.standardInput: Array("Texto.\n".utf8)])
            #expect(ending.status == .done, "\(ending.error)")
        }
    }

    private func lines(
        _ home: CommandHome, _ words: String, as uid: UInt32 = CommandHome.root
    ) async -> CommandHome.Ending {
        await home.run(words.split(separator: " ").map(String.init), as: uid)
    }

    @Test(arguments: [
        ("", "juan maria"), ("--user juan", "juan"), ("--user maria --status queued", "maria"),
        ("--status sent", ""), ("--status sent --status queued", "juan maria"),
        ("--type factura", "maria"), ("--type nada", ""), ("--to ANA@example.com", "juan"),
        ("--since 2020-01-01", "juan maria"), ("--since 2200-01-01", ""),
        ("--until 2020-01-01", ""), ("--until 2200-01-01T10:00Z", "juan maria"),
        ("--since 1h", "juan maria"), ("--limit 1", "maria"),
    ])
    func `the log is filtered`(options: String, users: String) async throws {
        try await CommandHome.with { home in
            try await queue(in: home)
            let ending = await lines(home, "log list --json \(options)")
            #expect(ending.status == .done, "\(ending.error)")
            for user in ["juan", "maria"] {
                let isShown = ending.output.contains(#""usuario":"\#(user)""#)
                #expect(isShown == users.contains(user))
            }
        }
    }

    @Test func `one mail's lines are shown by the beginning of its name`() async throws {
        try await CommandHome.with { home in
            try await queue(in: home)
            let mail = try #require(try await home.mails().first?.mail)
            let shown = await lines(home, "log show \(mail.message.short)")
            #expect(shown.status == .done, "\(shown.error)")
            #expect(shown.output.contains("queued"))
            let listed = await lines(home, "log list --message \(mail.message) --json")
            #expect(listed.output.contains(mail.message.description))
            #expect(listed.output.contains(mail.user.text))
        }
    }

    @Test func `people see their own mails and nobody else's`() async throws {
        try await CommandHome.with { home in
            try await queue(in: home)
            let juan = await lines(home, "log list --json", as: CommandHome.juan)
            #expect(juan.output.contains(#""usuario":"juan""#))
            #expect(!juan.output.contains("maria"))
            let export = await lines(home, "log export", as: CommandHome.juan)
            #expect(export.output.contains("juan") && !export.output.contains("maria"))
            for (words, uid) in [
                ("log list --user maria", CommandHome.juan), ("log list", CommandHome.stranger),
                ("log export", CommandHome.stranger), ("log export --user maria", CommandHome.juan),
            ] {
                #expect(await lines(home, words, as: uid).status == .notPermitted)
            }
            let theirs = try #require(
                try await home.mails().first { $0.mail.user.text == "maria" }?.mail.message)
            #expect(
                await lines(home, "log show \(theirs)", as: CommandHome.juan).status == .badData)
        }
    }

    @Test func `an export has a line for each line of the log`() async throws {
        try await CommandHome.with { home in
            try await queue(in: home)
            let csv = await lines(home, "log export --format csv").output.split(separator: "\n")
            #expect(csv.first?.hasPrefix("\"time\",\"event\"") == true)
            #expect(csv.count == 3)
            let json = await lines(home, "log export --format jsonl").output.split(separator: "\n")
            #expect(json.count == 2)
            #expect(json.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
        }
    }

    @Test func `a stranger's text is no formula and breaks no row`() {
        #expect(
            CSV.line(["a", "", "=1+1", "-2", "x,y", "say \"no\""])
                == "\"a\",\"\",\"'=1+1\",\"'-2\",\"x,y\",\"say \"\"no\"\"\"")
    }

    @Test(arguments: [
        ("log list --status perdido", Status.usage), ("log list --since ayer", .usage),
        ("log list --since 2026-02-30", .usage), ("log list --until 0d", .usage),
        ("log list --until 7w", .usage), ("log list --limit 0", .usage),
        ("log list --limit 0x", .usage), ("log list --to ana", .usage),
        ("log list --user JUAN", .usage), ("log list x", .usage), ("log list --message", .usage),
        ("log list --message zzzz", .badData), ("log show", .usage), ("log show abc", .usage),
        ("log show 00000000000000000000000000", .badData), ("log show a b", .usage),
        ("log export --format xml", .usage), ("log export x", .usage), ("log verify x", .usage),
        ("log", .usage),
    ])
    func `a wrong input is refused`(words: String, status: Status) async throws {
        try await CommandHome.with { home in
            try await queue(in: home)
            let ending = await lines(home, words)
            #expect(ending.status == status, "\(ending.output)\(ending.error)")
            #expect(!ending.error.isEmpty)
        }
    }
}
