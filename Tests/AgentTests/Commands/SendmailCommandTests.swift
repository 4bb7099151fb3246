import Outbox
import SyncCore
import Testing

@testable import Agent

struct SendmailCommandTests {
    private func sendmail(
        _ home: CommandHome, _ words: [String], _ mail: String = "Subject: x\n\nHola\n",
        as uid: UInt32 = CommandHome.juan, submission: UInt8? = nil, language: Language = .english
    ) async -> CommandHome.Ending {
        await home.run(
            ["sendmail"] + words, as: uid, files: [.standardInput: Array(mail.utf8)],
            submission: submission, language: language)
    }

    /// How programs call sendmail, what they write, and who receives it.
    private static let calls: [([String], String, [String])] = [
        // PHP mail(), with and without -f.
        (["-t", "-i"], "To: a@x.co\nSubject: s\n\nHola\n", ["a@x.co"]),
        (["-t", "-i", "-fjuan@inair.example"], "To: a@x.co\n\nHola\n", ["a@x.co"]),
        // Debian's cron.
        (
            ["-i", "-FCronDaemon", "-B8BITMIME", "-oem", "ana@x.co"],
            "From: root (Cron Daemon)\nTo: ana@x.co\n\nñ\n", ["ana@x.co"]
        ),
        // git send-email.
        (
            ["-i", "a@x.co", "b@x.co"], "From: Juan <j@x.co>\nTo: a@x.co\n\nHola\n",
            ["a@x.co", "b@x.co"]
        ),
        (["-f", "j@x.co", "-i", "a@x.co"], "To: a@x.co\n\nHola\n", ["a@x.co"]),
        // bsd-mailx and s-nail.
        (["-i", "-m", "a@x.co"], "Hola\n", ["a@x.co"]),
        (["-i", "-oi", "--", "a@x.co"], "Hola\n", ["a@x.co"]),
        (["-i", "-r", "j@x.co", "--", "a@x.co"], "Hola\n", ["a@x.co"]),
        // Rails and mutt.
        (["-i", "-t"], "To: a@x.co\n\nHola\n", ["a@x.co"]),
        (
            ["-oem", "-oi", "-f", "j@x.co", "-N", "failure,delay", "-R", "hdrs", "a@x.co"],
            "Hola\n", ["a@x.co"]
        ),
        // Other forms of the same.
        (["-ti"], "To: a@x.co\nBcc: b@x.co\n\nHola\n", ["a@x.co", "b@x.co"]),
        (
            ["-odb", "-bm", "-v", "-O", "DeliveryMode=b", "-V", "id", "Ana <a@x.co>,b@x.co"],
            "Hola\n", ["a@x.co", "b@x.co"]
        ),
    ]

    @Test func `the calls of known programs are stored, in silence`() async throws {
        try await CommandHome.with { home in
            try await home.addFallback()
            for (words, mail, recipients) in Self.calls {
                let ending = await sendmail(home, words, mail)
                #expect(ending.status == .done, "\(words)")
                #expect(ending.output.isEmpty && ending.error.isEmpty, "\(words)")
                let newest = try await home.mails()[0]
                #expect(newest.deliveries.map(\.address) == recipients, "\(words)")
            }
            #expect(try await home.mails().count == Self.calls.count)
        }
    }

    /// What ends in an error, with its status and a word of its text.
    private static let refused: [([String], String, Status, String)] = [
        (["-bs"], "", .usage, "2525"), (["-bd"], "", .usage, "-bd"),
        (["-bp"], "", .usage, "outbox"),
        (["-q"], "", .usage, "-q"), (["-Z", "a@x.co"], "", .usage, "-Z"),
        (["-f"], "", .usage, "-f"),
        ([], "Hola", .usage, "Recipients"), (["-i"], "Hola", .usage, "Recipients"),
        (["--json", "a@x.co"], "Hola", .usage, "--"), (["a@b@c"], "Hola", .badData, "a@b@c"),
        (["a@x.co"], "a: b\nmal\n\n", .badData, "line 2"), (["a@x.co"], "a\u{0}b", .badData, "NUL"),
        (["nadie"], "Hola", .noSuchUser, "nadie"),
        (["-t"], "Subject: x\n\n", .badData, "recipients"),
    ]

    @Test func `a call or a mail that is wrong says so, and nothing is stored`() async throws {
        try await CommandHome.with { home in
            for (words, mail, status, text) in Self.refused {
                let ending = await sendmail(home, words, mail)
                #expect(ending.status == status, "\(words)")
                #expect(ending.error.contains(text), "\(words): \(ending.error)")
                #expect(ending.output.isEmpty)
            }
            let many = (1...1001).map { "p\($0)@x.co" }
            let ending = await sendmail(home, ["-t"], "To: \(many.joined(separator: ",\n "))\n\nx")
            #expect(ending.status == .badData)
            #expect(ending.error.contains("1000"))
            let stored = try await home.mails().count
            #expect(stored == 0)
        }
    }

    /// Who calls, the From of the mail, what becomes of it, and whose mail it is.
    private static let callers: [(UInt32, String, Status, String)] = [
        (CommandHome.juan, "", .done, "juan"),
        (CommandHome.juan, "From: juan@inair.ec\n", .done, "juan"),
        (CommandHome.juan, "From: otro@cliente.com\n", .done, "juan"),
        (CommandHome.juan, "From: Maria <MARIA@inair.ec>\n", .notPermitted, ""),
        (CommandHome.service, "From: juan@inair.ec\n", .done, "juan"),
        (CommandHome.service, "From: maria@inair.ec\n", .notPermitted, ""),
        (CommandHome.service, "", .notPermitted, ""), (CommandHome.stranger, "", .notPermitted, ""),
        (CommandHome.stranger, "From: juan@inair.ec\n", .notPermitted, ""),
        (SendAuthority.nobody, "", .notPermitted, ""),
    ]

    @Test func `nobody sends as somebody else, whatever From says`() async throws {
        try await CommandHome.with { home in
            try await addAddresses(to: home)
            for (uid, from, status, user) in Self.callers {
                let before = try await home.mails().count
                let ending = await sendmail(
                    home, ["-i", "ana@x.co"], from + "Subject: x\n\nHola\n", as: uid)
                #expect(ending.status == status, "\(uid) \(from)")
                let mails = try await home.mails()
                #expect(mails.count - before == (status == .done ? 1 : 0))
                if status == .done { #expect(mails[0].mail.user.text == user) }
            }
            // The envelope's sender says as much as From, where From says nothing.
            let ending = await sendmail(
                home, ["-f", "juan@inair.ec", "a@x.co"], as: CommandHome.service)
            #expect(ending.status == .done)
            let lines = try await home.engine.workspace().replica.read {
                try $0.outbox.log(LogFilter(), limit: 1)
            }
            #expect(lines[0].line.actor == "juan uid:1002")
        }
    }

    @Test func `answers go to an author who is not the sender`() async throws {
        try await CommandHome.with { home in
            try await addAddresses(to: home)
            let froms: [(String, String?)] = [
                ("Visita <visita@cliente.com>", "visita@cliente.com"), ("juan@inair.ec", nil),
                ("webmaster@localhost", nil), ("www-data", nil),
                ("visita@cliente.com\nReply-To: x@y.co", "x@y.co"),
            ]
            for (from, answers) in froms {
                _ = await sendmail(home, ["a@x.co"], "From: \(from)\n\nHola\n")
                #expect(try await newest(home).replyAddress == answers, "\(from)")
            }
        }
    }

    @Test func `a name without a domain is the person of that name, and root the one bound to it`()
        async throws
    {
        try await CommandHome.with { home in
            try await addAddresses(to: home)
            #expect(await sendmail(home, ["root"]).status == .noSuchUser)
            let device = try home.engine.workspace().replica.identity.id
            try await home.configure([
                LocalLogin(device: device, uid: 0).bindingPath: .text("maria")
            ])
            #expect(await sendmail(home, ["-i", "root", "juan"]).status == .done)
            #expect(
                try await home.mails()[0].deliveries.map(\.address)
                    == ["maria@inair.ec", "juan@inair.ec"])
        }
    }

    @Test func `a repeated call is one mail, and so is a repeated key`() async throws {
        try await CommandHome.with { home in
            #expect(await sendmail(home, ["a@x.co"], submission: 7).status == .done)
            #expect(await sendmail(home, ["a@x.co"], submission: 7).status == .done)
            #expect(try await home.mails().count == 1)
            let keyed =
                "Idempotency-Key: pedido-1\nX-Syncmail-Type: pedido\n"
                + "X-Syncmail-Entity: pedido:1\n\nHola\n"
            #expect(await sendmail(home, ["a@x.co"], keyed).status == .done)
            #expect(await sendmail(home, ["a@x.co"], keyed).status == .done)
            let mails = try await home.mails()
            #expect(mails.count == 2)
            #expect(mails[0].mail.type == "pedido")
            #expect(mails[0].mail.entity == "pedido:1")
        }
    }

    @Test func `a mail that is larger than the organisation allows is refused`() async throws {
        try await CommandHome.with { home in
            try await home.configure([Directory.sizePath: .integer(1000)])
            let body = String(repeating: "0123456789\n", count: 100_000)
            let ending = await sendmail(home, ["a@x.co"], "Subject: x\n\n" + body)
            #expect(ending.status == .badData)
            let stored = try await home.mails().count
            #expect(stored == 0)
        }
    }

    private func addAddresses(to home: CommandHome) async throws {
        try await home.configure([
            DirectoryUser.path(UserID(validated: "juan"), "email"): .text("juan@inair.ec"),
            DirectoryUser.path(UserID(validated: "maria"), "email"): .text("maria@inair.ec"),
        ])
    }

    private func newest(_ home: CommandHome) async throws -> OutboxStore.OwnMail {
        let mail = try await home.engine.workspace().replica.read { transaction in
            try transaction.outbox.ownMail(
                transaction.outbox.list(MailFilter(), limit: 1)[0].mail.message)
        }
        return try #require(mail)
    }
}
