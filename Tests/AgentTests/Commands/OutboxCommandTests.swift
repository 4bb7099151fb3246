import Outbox
import SyncCore
import Testing

@testable import Agent

struct OutboxCommandTests {
    private static let account = AccountID(validated: "ventas")

    /// Queues a mail, and returns its name.
    private func send(
        _ home: CommandHome, to addresses: [String] = ["ana@example.com"],
        as uid: UInt32 = CommandHome.juan, subject: String = "Cotización"
    ) async throws -> MessageID {
        let ending = await home.run(
            ["send", "--subject", subject, "--body-file", "-"]
                + addresses.flatMap { ["--to", $0] }, as: uid,
            files: [.standardInput: Array("Hola.".utf8)])
        #expect(ending.status == .done)
        let id = ending.output.split(separator: " ").first.flatMap { MessageID($0) }
        return try #require(id)
    }

    /// Makes an attempt at one delivery, whose end is what is given.
    private func attempt(
        _ home: CommandHome, at message: MessageID, recipient: Int = 0,
        ended outcome: AttemptOutcome
    ) async throws {
        try await home.engine.workspace().replica.write { transaction in
            let grant = LeaseGrant(
                account: Self.account, device: transaction.identity.id,
                fence: FencingToken(counter: 1, nonce: 1))
            let id = AttemptID(number: 1, grant: grant)
            let delivery = DeliveryID(message: message, recipient: recipient)
            var detail = AttemptDetail()
            detail.account = Self.account
            detail.host = "smtp.inair.example"
            detail.port = 587
            detail.cause = "TCP_DROP"
            detail.reply = "550 5.1.1 no existe"
            for fact in [
                DeliveryFact.claimed(id, doubtAt: Timestamp(milliseconds: 0)),
                .concluded(id, outcome),
            ] {
                try transaction.append(
                    DeliveryReport(delivery: delivery, fact: fact, detail: detail),
                    kind: DeliveryReport.recordKind, topic: .audit,
                    scope: .branch(BranchID(validated: "matriz")), actor: "agent")
            }
        }
    }

    private func states(_ home: CommandHome, _ message: MessageID) async throws -> [String] {
        try await home.engine.workspace().replica.read {
            try $0.outbox.deliveries(of: message).map(\.state.word)
        }
    }

    @Test func `a list shows newest mails first, page after page`() async throws {
        try await CommandHome.with { home in
            var ids: [MessageID] = []
            for number in 1...3 { ids.append(try await send(home, subject: "Mail \(number)")) }
            let first = await home.run(["outbox", "list", "--limit", "2"])
            #expect(first.status == .done)
            #expect(first.output.contains("Mail 3") && first.output.contains("Mail 2"))
            #expect(!first.output.contains("Mail 1"))
            #expect(first.output.contains("--after \(ids[1].short)"))
            let rest = await home.run(
                ["outbox", "list", "--after", ids[1].short], language: .spanish)
            #expect(rest.output.contains("Mail 1") && !rest.output.contains("Mail 2"))
            #expect(rest.output.contains("en_cola"))
            let json = await home.run(["outbox", "list", "--json", "--user", "juan"])
            #expect(json.output.contains(#""subject":"Mail 1""#))
            #expect(
                json.output.contains(
                    #""recipient":"ana@example.com","subject":"Mail 1","state":"en_cola""#))
        }
    }

    @Test func `a state is found by its Spanish and its English word`() async throws {
        try await CommandHome.with { home in
            let doubt = try await send(home, subject: "Duda")
            try await attempt(home, at: doubt, ended: .inDoubt)
            let later = try await send(home, subject: "Luego")
            try await attempt(
                home, at: later, ended: .notSent(until: Timestamp(milliseconds: 0)))
            _ = try await send(home, subject: "Nuevo")
            for (word, shown) in [
                ("incierto", "Duda"), ("in_doubt", "Duda"), ("reintento", "Luego"),
                ("en_cola", "Nuevo"), ("QUEUED", "Nuevo"),
            ] {
                let output = await home.run(["outbox", "list", "--state", word]).output
                for subject in ["Duda", "Luego", "Nuevo"] {
                    #expect(output.contains(subject) == (subject == shown), "\(word)")
                }
            }
        }
    }

    @Test func `a time limits the list`() async throws {
        try await CommandHome.with { home in
            _ = try await send(home)
            for (since, isShown) in [
                ("2h", true), ("2026-09-21", true), ("2026-09-22", false),
                ("2026-09-21T14:00Z", true), ("2026-09-21T16:00Z", false),
            ] {
                let output = await home.run(["outbox", "list", "--since", since]).output
                #expect(output.contains("ana@example.com") == isShown, "\(since): \(output)")
            }
        }
    }

    @Test func `a mail is shown with its attempts, host, port, cause and reply`() async throws {
        try await CommandHome.with { home in
            let id = try await send(home, to: ["ana@example.com", "beto@example.com"])
            try await attempt(home, at: id, recipient: 1, ended: .refusedPermanently)
            let shown = await home.run(["outbox", "show", String(id.description.prefix(4))])
            for part in [
                id.description, "Cotización", "smtp.inair.example:587", "port dropped", "550 5.1.1",
                "beto@example.com", "partial: 1 queued, 1 failed",
            ] {
                #expect(shown.output.contains(part), "\(part)")
            }
            let json = await home.run(["outbox", "show", "--json", id.description])
            #expect(json.output.contains(#""host":"smtp.inair.example","port":587"#))
        }
    }

    @Test func `a mail that is tried again tells when, and why the last attempt failed`()
        async throws
    {
        try await CommandHome.with { home in
            let id = try await send(home, to: ["ana@example.com", "beto@example.com"])
            let until = Timestamp(milliseconds: 1_790_000_600_000)
            try await attempt(home, at: id, recipient: 1, ended: .notSent(until: until))
            let shown = await home.run(["outbox", "show", id.description], language: .spanish)
            #expect(
                shown.output.contains(
                    "reintento, próximo intento \(OutboxView.time(until)) UTC; puerto bloqueado"))
            #expect(shown.output.contains("en_cola"))
            let json = await home.run(["outbox", "list", "--json"])
            #expect(json.output.contains(#""next_attempt":"\#(until)","last_cause":"TCP_DROP""#))
            #expect(json.output.contains(#""next_attempt":null,"last_cause":null"#))
        }
    }

    @Test func `others neither see nor touch a mail that is not theirs`() async throws {
        try await CommandHome.with { home in
            let id = try await send(home)
            let mine = try await send(home, as: CommandHome.maria)
            let commands = [
                ["show", id.short], ["cancel", id.short], ["retry", id.short],
                ["resolve", id.short, "--sent"],
            ]
            for words in commands {
                let ending = await home.run(["outbox"] + words, as: CommandHome.maria)
                #expect(ending.status == .badData, "\(words)")
                #expect(!ending.error.contains("Cotización"))
            }
            let list = await home.run(["outbox", "list", "--json"], as: CommandHome.maria).output
            #expect(list.contains(mine.description) && !list.contains(id.description))
            let asked = await home.run(
                ["outbox", "list", "--user", "juan"], as: CommandHome.maria)
            #expect(asked.status == .notPermitted)
            let stranger = await home.run(["outbox", "list"], as: CommandHome.stranger)
            #expect(stranger.status == .notPermitted)
            let own = await home.run(["outbox", "show", id.short], as: CommandHome.juan)
            #expect(own.output.contains("Cotización"))
            #expect(try await states(home, id) == ["queued"])
        }
    }

    @Test func `cancelling spares the recipients who have the mail`() async throws {
        try await CommandHome.with { home in
            let id = try await send(home, to: ["ana@example.com", "beto@example.com"])
            try await attempt(home, at: id, ended: .accepted)
            let ending = await home.run(["outbox", "cancel", id.short], as: CommandHome.juan)
            #expect(ending.status == .done)
            #expect(try await states(home, id) == ["sent", "cancelled"])
            let again = await home.run(["outbox", "cancel", id.short, "--json"])
            #expect(again.status == .done)
            #expect(again.output.contains(#""result":"refused","reason":"sent""#))
            #expect(try await states(home, id) == ["sent", "cancelled"])
            let sent = try await send(home)
            try await attempt(home, at: sent, ended: .accepted)
            #expect(await home.run(["outbox", "cancel", sent.short]).status == .badData)
        }
    }

    @Test func `a refused mail is tried again alone or with all others`() async throws {
        try await CommandHome.with { home in
            var ids: [MessageID] = []
            for _ in 0..<3 {
                ids.append(try await send(home))
                try await attempt(home, at: ids[ids.count - 1], ended: .refusedPermanently)
            }
            let one = await home.run(["outbox", "retry", ids[0].short])
            #expect(one.status == .done)
            #expect(try await states(home, ids[0]) == ["queued"])
            #expect(try await states(home, ids[1]) == ["failed"])
            let all = await home.run(["outbox", "retry", "--failed", "--json"])
            #expect(all.output.contains(ids[2].description))
            #expect(!all.output.contains(ids[0].description))
            for id in ids { #expect(try await states(home, id) == ["queued"]) }
            let none = await home.run(["outbox", "retry", "--failed"])
            #expect(none.output.contains("Nothing to do"))
        }
    }

    @Test func `a mail in doubt is sent again only by a person's decision`() async throws {
        try await CommandHome.with { home in
            let id = try await send(home, to: ["ana@example.com", "beto@example.com"])
            try await attempt(home, at: id, recipient: 0, ended: .inDoubt)
            try await attempt(home, at: id, recipient: 1, ended: .inDoubt)
            #expect(await home.run(["outbox", "retry", id.short]).status == .badData)
            let resend = await home.run([
                "outbox", "resolve", id.short, "--resend", "--recipient", "2", "--note", "llamó",
            ])
            #expect(resend.status == .done)
            #expect(try await states(home, id) == ["in_doubt", "queued"])
            #expect(await home.run(["outbox", "resolve", id.short, "--sent"]).status == .done)
            #expect(try await states(home, id) == ["sent", "queued"])
            let nothing = await home.run(["outbox", "resolve", id.short, "--resend"])
            #expect(nothing.status == .badData)
            let shown = await home.run(["outbox", "show", id.short]).output
            #expect(shown.contains("llamó"))
        }
    }

    @Test func `what is asked of the hub is shown as requested`() async throws {
        try await CommandHome.with { home in
            let id = try await send(home)
            try await home.engine.workspace().replica.write { transaction in
                let delivery = DeliveryID(message: id, recipient: 0)
                guard var record = try transaction.outbox.delivery(delivery) else { return }
                record.insert(.custody(turn: 1))
                try transaction.outbox.save(record)
            }
            let ending = await home.run(["outbox", "cancel", id.short], language: .spanish)
            #expect(ending.output.contains("solicitada"))
            #expect(try await states(home, id) == ["queued"])
            let shown = await home.run(["outbox", "show", id.short], language: .spanish)
            #expect(shown.output.contains("en_cola (solicitada: cancelación)"))
            let listed = await home.run(["outbox", "list"])
            #expect(listed.output.contains("(requested)"))
        }
    }

    @Test func `a mail is taken back from the hub by force only, and is in doubt then`()
        async throws
    {
        try await CommandHome.with { home in
            let id = try await send(home)
            try await home.engine.workspace().replica.write { transaction in
                let delivery = DeliveryID(message: id, recipient: 0)
                guard var record = try transaction.outbox.delivery(delivery) else { return }
                record.insert(.custody(turn: 1))
                try transaction.outbox.save(record)
            }
            let unforced = await home.run(["outbox", "recall", id.short])
            #expect(unforced.status == .usage && unforced.error.contains("--force"))
            let ending = await home.run(["outbox", "recall", id.short, "--force", "--json"])
            #expect(ending.output.contains(#""result":"done","state":"incierto""#))
            #expect(try await states(home, id) == ["in_doubt"])
            let shown = await home.run(["outbox", "list", "--json", "--state", "incierto"])
            #expect(shown.output.contains(#""custody":"origin""#))
        }
    }

    @Test(arguments: [
        (["list", "--state", "perdido"], Status.usage, "--state"),
        (["list", "--limit", "0"], .usage, "--limit"),
        (["list", "--since", "ayer"], .usage, "--since"),
        (["list", "--since", "2026-02-30"], .usage, "--since"),
        (["list", "--user", "Juan"], .usage, "user"),
        (["list", "--after", "zzzz"], .badData, "zzzz"), (["list", "x"], .usage, "x"),
        (["show"], .usage, "ID"), (["show", "abc"], .usage, "ID"),
        (["show", "a/../b"], .usage, "ID"), (["show", "zzzzzz"], .badData, "zzzzzz"),
        (["retry"], .usage, "--failed"), (["retry", "zzzz", "--failed"], .usage, "--failed"),
        (["retry", "zzzz"], .badData, "zzzz"), (["cancel"], .usage, "ID"),
        (["cancel", "zzzz"], .badData, "zzzz"), (["resolve", "zzzz"], .usage, "--sent"),
        (["resolve", "zzzz", "--sent", "--resend"], .usage, "--sent"),
        (["resolve", "zzzz", "--sent"], .badData, "zzzz"),
        (["resolve", "zzzz", "--sent", "--recipient", "0"], .usage, "--recipient"),
        (["resolve", "zzzz", "--sent", "--note", "a\r\nb"], .usage, "--note"),
    ])
    func `bad input ends with a clear error`(
        words: [String], status: Status, named: String
    ) async throws {
        try await CommandHome.with { home in
            let ending = await home.run(["outbox"] + words)
            #expect(ending.status == status)
            #expect(ending.error.contains(named))
            #expect(ending.output.isEmpty)
            let spanish = await home.run(["outbox"] + words, language: .spanish)
            #expect(spanish.error != ending.error)
        }
    }

    @Test func `a recipient that the mail does not have is named`() async throws {
        try await CommandHome.with { home in
            let id = try await send(home)
            let ending = await home.run([
                "outbox", "resolve", id.short, "--sent", "--recipient", "2",
            ])
            #expect(ending.status == .badData)
            #expect(ending.error.contains("no recipient 2"))
        }
    }
}
