import Outbox
import SyncCore
import Testing

@testable import Agent

/// The status of a command, not of a test's process.
typealias Status = SyncCore.ExitStatus

struct SendCommandTests {
    private static let body: [TerminalInput: [UInt8]] = [
        .file("cuerpo.txt"): Array("Estimada Ana: adjunto la cotización.\n".utf8),
        .standardInput: Array("Por la entrada estándar.\n".utf8),
        .file("hoja.pdf"): Array("%PDF-1.4".utf8),
        .file("latino.txt"): [0x63, 0x6F, 0xF1, 0x61],
        .file("enorme.bin"): [UInt8](repeating: 7, count: 26 << 20),
        .file("mediano.bin"): [UInt8](repeating: 7, count: 13 << 20),
        .file("mediano2.bin"): [UInt8](repeating: 8, count: 13 << 20),
    ]
    private static let plain = [
        "send", "--to", "ana@example.com", "--subject", "Cotización", "--body-file", "cuerpo.txt",
    ]

    private func send(
        _ home: CommandHome, _ more: [String] = [], as uid: UInt32 = CommandHome.juan,
        submission: UInt8? = nil, language: Language = .english
    ) async -> CommandHome.Ending {
        await home.run(
            Self.plain + more, as: uid, files: Self.body,
            failures: [.file("carpeta"): 21, .file("ajeno.txt"): 13], submission: submission,
            language: language)
    }

    @Test func `twenty mails are queued under names of their own`() async throws {
        try await CommandHome.with { home in
            for number in 1...20 {
                let ending = await home.run(
                    [
                        "send", "--to", "Ana Núñez <ana@example.com>", "--cc", "b@example.com",
                        "--bcc", "c@example.com", "--subject", "Cotización \(number)",
                        "--body-file", "-", "--attach", "hoja.pdf", "--type", "cotizacion",
                        "--entity", "cotizacion:\(number)",
                    ], as: CommandHome.juan, files: Self.body)
                #expect(ending.status == .done)
            }
            let mails = try await home.mails()
            #expect(Set(mails.map(\.mail.message)).count == 20)
            #expect(mails.allSatisfy { $0.mail.user.text == "juan" })
            #expect(mails.allSatisfy { $0.mail.type == "cotizacion" })
            #expect(mails[0].subject == "Cotización 20")
            #expect(mails[0].mail.entity == "cotizacion:20")
            #expect(
                mails[0].deliveries.map(\.address) == [
                    "ana@example.com", "b@example.com", "c@example.com",
                ])
        }
    }

    @Test func `the stored mail holds text, attachment and no blind recipient`() async throws {
        try await CommandHome.with { home in
            try await home.configure([Directory.domainPath: .text("inair.ec")])
            let ending = await home.run(
                [
                    "send", "--json", "--to", "ana@example.com", "--bcc", "oculto@example.com",
                    "--subject", "Hola", "--body-file=-", "--attach=hoja.pdf",
                ], as: CommandHome.juan, files: Self.body)
            let bytes = try await home.engine.workspace().replica.read { transaction in
                let mail = try transaction.outbox.list(MailFilter(), limit: 1)[0].mail
                let own = try transaction.outbox.ownMail(mail.message)
                return try own.map { try transaction.outbox.content($0.content) } ?? []
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("To: ana@example.com"))
            #expect(text.contains("hoja.pdf"))
            #expect(!text.contains("oculto"))
            #expect(text.contains("@inair.ec>"))
            #expect(ending.output.contains(#""state":"queued","duplicate":false"#))
            #expect(ending.output.contains("@inair.ec>"))
        }
    }

    @Test func `a repeated submission is one mail, even after the engine was restarted`()
        async throws
    {
        try await CommandHome.withReopened { home in
            let first = await send(home, ["--json"], submission: 7)
            let again = await send(home, ["--json"], submission: 7)
            let changed = first.output.replacing(
                #""duplicate":false"#, with: #""duplicate":true"#)
            #expect(first.status == .done)
            #expect(again.output == changed)
            #expect(first.output != changed)
        } _: { home in
            let before = try await home.mails().map(\.mail.message)
            let again = await send(home, ["--json"], submission: 7)
            let after = try await home.mails()
            #expect(after.count == 1)
            #expect(again.output.contains(before[0].description))
            #expect(again.output.contains(#""duplicate":true"#))
            #expect(before.count == 1)
        }
    }

    @Test func `a key is one mail for its user, and says so to people`() async throws {
        try await CommandHome.with { home in
            _ = await send(home, ["--key", "pedido-1"])
            let again = await send(home, ["--key", "pedido-1"], language: .spanish)
            #expect(again.output.contains("no se duplica; estado: en_cola"))
            _ = await send(home, ["--key", "pedido-1"], as: CommandHome.maria)
            let mails = try await home.mails()
            #expect(mails.count == 2)
        }
    }

    @Test func `a mail without any account waits, and whoever sends it is warned`() async throws {
        try await CommandHome.with { home in
            let warned = await send(home, language: .spanish)
            #expect(warned.status == .done)
            #expect(warned.output.contains("en cola"))
            #expect(warned.error.contains("no hay ninguna cuenta"))
            let json = await send(home, ["--json"])
            #expect(json.error.hasPrefix(#"{"warning":{"message":"#))
        }
    }

    /// A login, the name it gives with `--as`, and what becomes of it.
    private static let logins: [(UInt32, String?, Status)] = [
        (CommandHome.juan, nil, .done), (CommandHome.juan, "juan", .done),
        (CommandHome.juan, "maria", .notPermitted), (CommandHome.juan, "pedro", .noSuchUser),
        (CommandHome.service, "juan", .done), (CommandHome.service, "maria", .notPermitted),
        (CommandHome.service, nil, .notPermitted), (CommandHome.stranger, nil, .notPermitted),
        (CommandHome.root, nil, .notPermitted), (CommandHome.root, "juan", .notPermitted),
        (SendAuthority.nobody, nil, .notPermitted),
    ]

    @Test func `who may send in whose name is decided by the login`() async throws {
        try await CommandHome.with { home in
            for (uid, name, status) in Self.logins {
                let before = try await home.mails().count
                let ending = await send(home, name.map { ["--as", $0] } ?? [], as: uid)
                #expect(ending.status == status, "\(uid) \(name ?? "")")
                let added = try await home.mails().count - before
                #expect(added == (status == .done ? 1 : 0))
                if uid == CommandHome.service, status == .done {
                    let lines = try await home.engine.workspace().replica.read {
                        try $0.outbox.log(LogFilter(), limit: 1)
                    }
                    #expect(lines[0].line.actor == "juan uid:1002")
                }
            }
        }
    }

    /// What is given beyond a correct command, the status, and what the error must name.
    private static let badInputs: [([String], Status, String)] = [
        (["--to", "ana"], .badData, "ana"), (["--to", "a@b@c.com"], .badData, "a@b@c.com"),
        (["--to", "a@x.com, b@x.com"], .badData, "recipient"),
        (["--cc", "x@"], .badData, "copy"), (["--bcc", "@x.com"], .badData, "blind copy"),
        (["--to", "a@x.com\r\nBcc: otro@x.com"], .badData, "line break"),
        (["--cc", "a@x.com\nX: y"], .badData, "line break"),
        (["--bcc", "a@x.com\u{0}"], .badData, "control"),
        (["--to", "Ana\r\n <a@x.com>"], .badData, "line break"),
        (["--type", "a\r\nb"], .badData, "control"), (["--type="], .badData, "type"),
        (["--entity", "factura:1\n2"], .badData, "control"),
        (["--key", "a\u{7}b"], .badData, "control"),
        (["--key", String(repeating: "k", count: 201)], .badData, "200"),
        (["--entity", "factura"], .usage, "--entity"), (["--entity", ":1"], .usage, "--entity"),
        (["--key="], .usage, "--key"), (["--as", "Juan Pérez"], .usage, "as"),
        (["--attach", "-"], .usage, "--attach"), (["--html-file"], .usage, "--html-file"),
        (["--subject", "dos"], .usage, "--subject"), (["--at", "mañana"], .usage, "--at"),
        (["sobra"], .usage, "sobra"),
        (["--attach", "no-existe.pdf"], .badData, "no-existe.pdf"),
        (["--attach", "carpeta"], .badData, "directory"),
        (["--attach", "ajeno.txt"], .badData, "may not read"),
        (["--html-file", "latino.txt"], .badData, "UTF-8"),
        (["--attach", "enorme.bin"], .badData, "25 MiB"),
        (["--attach", "mediano.bin", "--attach", "mediano2.bin"], .badData, "25 MiB"),
    ]

    @Test func `bad input ends with a clear error, and nothing is stored`() async throws {
        try await CommandHome.with { home in
            for (words, status, named) in Self.badInputs {
                let ending = await send(home, words)
                #expect(ending.status == status, "\(words)")
                #expect(ending.error.contains(named), "\(words): \(ending.error)")
                #expect(ending.output.isEmpty)
                let spanish = await send(home, words, language: .spanish)
                #expect(spanish.error != ending.error, "\(words)")
            }
            let mails = try await home.mails()
            #expect(mails.isEmpty)
        }
    }

    @Test(arguments: [
        (["--to", "a@x.com", "--body-file", "-"], Status.usage, "--subject"),
        (["--subject", "s", "--body-file", "-"], .usage, "--to"),
        (["--to", "a@x.com", "--subject", "s"], .usage, "--body-file"),
        (
            ["--to", "a@x.com", "--subject", "s", "--body-file", "-", "--html-file", "-"],
            .usage, "\"-\""
        ),
        (
            ["--to", "a@x.com", "--subject", "s\r\nBcc: otro@x.com", "--body-file", "-"],
            .badData, "subject"
        ),
        (["--to", "a@x.com", "--subject", "s\u{0}", "--body-file", "-"], .badData, "subject"),
    ])
    func `a command that lacks something says what`(
        words: [String], status: Status, named: String
    ) async throws {
        try await CommandHome.with { home in
            let ending = await home.run(
                ["send"] + words, as: CommandHome.juan, files: Self.body)
            #expect(ending.status == status)
            #expect(ending.error.contains(named))
            let mails = try await home.mails()
            #expect(mails.isEmpty)
        }
    }

    @Test func `a file over the limit is not read to its end, and the limit can be set`()
        async throws
    {
        try await CommandHome.with { home in
            let ending = await send(home, ["--attach", "enorme.bin"])
            #expect(ending.terminal.byteCount < 25 << 20 + 1 << 17)
            try await home.configure([Directory.sizePath: .integer(1000)])
            let refused = await send(home, ["--attach", "mediano.bin"])
            #expect(refused.status == .badData)
            #expect(refused.error.contains("1000 B"))
            #expect(await send(home, ["--attach", "hoja.pdf"]).status == .done)
            try await home.configure([Directory.sizePath: .integer(27 << 20)])
            #expect(await send(home, ["--attach", "enorme.bin"]).status == .done)
        }
    }

    @Test func `a home without an organisation queues nothing`() async throws {
        try await CommandHome.withoutOrganisation { home in
            let ending = await send(home)
            #expect(ending.status == .configuration)
            #expect(ending.error.contains("syncmail join"))
        }
    }
}
