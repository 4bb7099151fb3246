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
                    type, "--entity", "\(type):7", "--contact",
                    uid == CommandHome.juan ? "cliente:C-1" : "empleado:E-1",
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
        ("--entity cotizacion", "juan"), ("--entity factura:7", "maria"),
        ("--entity factura:8", ""), ("--contact cliente", "juan"),
        ("--contact empleado:E-1", "maria"), ("--contact cliente:C-2", ""),
        ("--origin command", "juan maria"), ("--origin smtp", ""),
        ("--branch matriz", "juan maria"), ("--branch norte", ""), ("--account ventas", ""),
        ("--attempts", "juan maria"), ("--attempts --user juan", "juan"),
        ("--attempts --entity factura", "maria"), ("--attempts --limit 1", "maria"),
        ("--attempts --contact cliente:C-1 --type cotizacion --to ana@example.com", "juan"),
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

    @Test func `an export of attempts has the columns of the table of auditors`() async throws {
        try await CommandHome.with { home in
            try await queue(in: home)
            let csv = await lines(home, "log export --attempts --format csv")
            #expect(csv.status == .done, "\(csv.error)")
            let rows = csv.output.split(separator: "\n")
            #expect(rows.first.map(String.init) == CSV.line(AttemptRow.columns))
            #expect(rows.count == 3)
            #expect(rows.last?.contains("\"empleado\",\"E-1\",\"bea@example.com\"") == true)
            let json = await lines(home, "log export --attempts", as: CommandHome.juan)
            #expect(json.output.contains(#""origen_tipo":"manual","origen_id":"juan""#))
            #expect(json.output.contains(#""destinatario_numero":1"#))
            #expect(!json.output.contains("bea@example.com"))
            let table = await lines(home, "log list --attempts")
            #expect(table.output.contains("cotizacion:7"), "\(table.output)")
        }
    }

    @Test func `a mail that nobody spoke of with a server has no dialogue, and says so`()
        async throws
    {
        try await CommandHome.with { home in
            try await queue(in: home)
            let mail = try #require(try await home.mails().first?.mail.message)
            let shown = await lines(home, "log show \(mail.short) --smtp")
            #expect(shown.status == .done && shown.output.contains("no dialogue"))
            let json = await lines(home, "log show \(mail.short) --smtp --json")
            #expect(json.output == "{\"dialogues\":[]}\n", "\(json.output)")
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
        ("log", .usage), ("log list --origin fax", .usage), ("log list --contact perro:1", .usage),
        ("log list --contact cliente:", .usage), ("log list --device nadie", .badData),
        ("log list --attempts --status sent", .usage), ("log list --attempts --kind mail", .usage),
        ("log export --attempts --status sent", .usage),
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
