import Outbox
import SyncCore
import TestSupport
import Testing
import TestThreads

struct DispatcherTests {
    /// What a test needs: a device, its hub if it has one, and a server.
    private struct World {
        var device: OutboxDevice
        let hub: ScriptedHub?
        let server = RememberingServer()

        init(hasHub: Bool) async throws {
            device = try await OutboxDevice()
            let manual = device.manual
            hub =
                hasHub
                ? ScriptedHub(for: device.replica.identity.id, now: { manual.environment.now() })
                : nil
        }

        func live(_ killer: Killer = Killer(at: 0), connections: Int = 4) async throws {
            try await DispatchLife(
                of: device, hub: hub, server: server, killer: killer, connections: connections
            ).work(device, hub)
        }
    }

    private static func mails() throws -> [MailSubmission] {
        [
            try QueueFixture.mail(1, to: ["a@example.com"]),
            try QueueFixture.mail(2, to: ["b@example.com", "c@example.com"]),
        ]
    }

    @Test(arguments: [true, false])
    func `queued mails are sent once, from the chosen account`(hasHub: Bool) async throws {
        let world = try await World(hasHub: hasHub)
        let mails = try Self.mails()
        try await world.device.enqueue(mails)
        try await world.live()
        #expect(
            world.server.copies == ["a@example.com": 1, "b@example.com": 1, "c@example.com": 1])
        #expect(try await world.device.deliveries().map(\.state) == [.sent, .sent, .sent])
        let line = try #require(try await world.device.log([.sent]).first)
        #expect(
            line.detail.text == "Email enviado desde juan@inair.com.mx (credenciales propias)")
        #expect(line.detail.credential == "own")
        #expect(line.detail.host == "smtp.inair.com.mx")
        #expect(line.detail.port == 465)
        let first = try #require(world.server.taken.first { $0.recipient == "a@example.com" })
        #expect(first.bytes.suffix(mails[0].rendered.bytes.count) == mails[0].rendered.bytes[...])
        // Again there is nothing to do.
        try await world.live()
        #expect(world.server.taken.count == 3)
    }

    @Test func `what was said with the server is kept with the attempt as long as contents are`()
        async throws
    {
        let world = try await World(hasHub: false)
        let mails = try Self.mails()
        try await world.device.enqueue(mails)
        try await world.live()
        let replica = world.device.replica
        func kept() async throws -> [ListedDialogue] {
            try await replica.read { try $0.outbox.dialogues(of: mails[1].message) }
        }
        let dialogue = try #require(try await kept().first?.dialogue)
        #expect(dialogue.lines.first == "S: 220 hello")
        #expect(dialogue.attempts.map(\.recipient) == [1, 2])
        #expect(dialogue.attempts.map(\.number) == [1, 1])
        func erase() async throws {
            let place = try await replica.write { transaction in
                try transaction.outbox.eraseDialogues(
                    by: RetentionPolicy(transaction.config), after: 0,
                    at: transaction.environment.now())
            }
            #expect(place == nil)
        }
        world.device.manual.advance(by: .seconds(86_400 * 89))
        try await erase()
        #expect(try await kept().count == 1)
        world.device.manual.advance(by: .seconds(86_400 * 2))
        try await erase()
        #expect(try await kept().isEmpty)
    }

    @Test(arguments: [true, false])
    func `a signed mail goes unchanged from its signer's account, and from no other`(
        hasHub: Bool
    ) async throws {
        let world = try await World(hasHub: hasHub)
        var (own, foreign) = (try Self.mails()[0], try QueueFixture.mail(3, to: ["d@example.com"]))
        own.signedAs = try MailAddress("juan@inair.com.mx", in: .from)
        foreign.signedAs = try MailAddress("otro@inair.com.mx", in: .from)
        try await world.device.enqueue([own, foreign])
        try await world.live()
        #expect(world.server.taken.map(\.recipient) == ["a@example.com"])
        #expect(world.server.taken.first?.bytes == own.rendered.bytes)
    }

    // The device ends at each moment of its work in turn. Whatever was begun then is in doubt;
    // everything else is sent by its next life, once.
    @Test(.longComputation, arguments: [true, false], [1, 4])
    func `a device that ends at any moment loses nothing and sends nothing twice`(
        hasHub: Bool, connections: Int
    ) async throws {
        var moment = 0
        var doubts = 0
        while true {
            moment += 1
            var world = try await World(hasHub: hasHub)
            try await world.device.enqueue(Self.mails())
            let killer = Killer(at: moment)
            do { try await world.live(killer, connections: connections) } catch {
                try #require(killer.hasStruck, "\(error)")
            }
            guard killer.hasStruck else { break }
            try await world.device.restart()
            try await world.live()
            try await world.live()
            let copies = world.server.copies
            for record in try await world.device.deliveries() {
                let address = try await world.device.replica.read {
                    try $0.outbox.address(of: record.delivery)
                }
                let count = copies[address ?? ""] ?? 0
                switch record.state {
                case .sent: #expect(count == 1, "moment \(moment)")
                case .inDoubt:
                    doubts += 1
                    #expect(count <= 1, "moment \(moment)")
                default: Issue.record("moment \(moment): \(record.state)")
                }
            }
            try await world.device.replica.close()
            try #require(moment < 200)
        }
        // Body under way, and taken without an answer: each for a mail of one and of two.
        // An outcome is written while the next mail is prepared, so an end just after an answer
        // may put one more of each in doubt.
        #expect(connections == 1 ? (6...9).contains(doubts) : doubts >= 6)
        #expect(moment > 8)
    }

    @Test func `a long queue is claimed in few questions, and each mail is sent once`() async throws
    {
        let world = try await World(hasHub: true)
        let count = 60
        try await world.device.enqueue(
            (1...count).map { try QueueFixture.mail($0, to: ["cliente\($0)@example.com"]) })
        try await world.live()
        #expect(world.server.taken.count == count)
        #expect(world.server.copies.values.allSatisfy { $0 == 1 })
        #expect(try await world.device.deliveries().allSatisfy { $0.state == .sent })
        #expect(world.hub?.count(of: "claim") ?? count < count / 2)
    }

    private struct BrokenOff: Error {}

    /// A world with a queue, of which several mails are claimed when something happens.
    private func claimedAhead(
        _ event: @escaping @Sendable (OutboxDevice) throws -> Void
    ) async throws -> World {
        let world = try await World(hasHub: true)
        try await world.device.enqueue(
            (1...7).map { try QueueFixture.mail($0, to: ["cliente\($0)@example.com"]) })
        let device = world.device
        // One, two, and then four are claimed; of the four, one is taken.
        world.server.after(4) { try event(device) }
        try await world.live(connections: 1)
        return world
    }

    /// The other claimed mails went back at once, with their cause in the log, and leave later.
    private func checkGivenBack(_ world: World, count: Int) async throws {
        let lines = try await world.device.log([.notSent])
        #expect(lines.map(\.detail.cause) == Array(repeating: "NOT_BEGUN", count: count))
        #expect(try await world.device.deliveries().allSatisfy { $0.state.word != "in_doubt" })
        world.device.manual.advance(by: .seconds(60))
        try await world.live()
        #expect(world.server.copies.count == 7)
        #expect(world.server.copies.values.allSatisfy { $0 == 1 })
        #expect(try await world.device.deliveries().allSatisfy { $0.state == .sent })
    }

    @Test func `what a connection claimed ahead goes back when none is left to send it`()
        async throws
    {
        let world = try await claimedAhead { _ in throw BrokenOff() }
        #expect(world.server.taken.count == 4)
        try await checkGivenBack(world, count: 3)
    }

    @Test func `what was claimed ahead too long ago is not begun`() async throws {
        let world = try await claimedAhead { $0.manual.advance(by: .seconds(31)) }
        try await checkGivenBack(world, count: 3)
    }

    @Test func `a batch claimed under a replaced fence ends the lease and sends nothing`()
        async throws
    {
        let world = try await World(hasHub: true)
        try await world.device.enqueue(
            (1...7).map { try QueueFixture.mail($0, to: ["cliente\($0)@example.com"]) })
        let hub = world.hub
        world.server.after(3) { hub?.lose("claim", .grantElsewhere) }
        let life = try await DispatchLife(
            of: world.device, hub: hub, server: world.server, connections: 1)
        try await life.work(world.device, hub)
        // The third claim is for the last four: none is granted, and all wait.
        #expect(world.server.taken.count == 3)
        #expect(hub?.count(of: "claim") == 3)
        #expect(life.keeper.grant(of: OutboxDevice.ventas) == nil)
        #expect(hub?.states.filter { $0 == "queued" }.count == 4)
        try await world.live()
        #expect(world.server.copies.values.allSatisfy { $0 == 1 })
        #expect(world.server.copies.count == 7)
    }

    @Test func `a lost answer to a claim costs an attempt and no mail`() async throws {
        let world = try await World(hasHub: true)
        try await world.device.enqueue([QueueFixture.mail(1)])
        world.hub?.lose("claim", .loseReply)
        try await world.live()
        #expect(world.server.taken.isEmpty)
        #expect(world.hub?.states == ["queued"])
        world.device.manual.advance(by: .seconds(1))
        try await world.live()
        #expect(world.server.taken.count == 1)
        #expect(world.hub?.states == ["sent"])
    }

    @Test func `a claim under a fence that was replaced ends the lease and sends nothing`()
        async throws
    {
        let world = try await World(hasHub: true)
        try await world.device.enqueue([QueueFixture.mail(1)])
        world.hub?.lose("claim", .grantElsewhere)
        let life = try await DispatchLife(of: world.device, hub: world.hub, server: world.server)
        try await life.work(world.device, world.hub)
        #expect(world.server.taken.isEmpty)
        #expect(life.keeper.grant(of: OutboxDevice.ventas) == nil)
        #expect(life.keeper.grant(of: OutboxDevice.avisos) != nil)
    }

    @Test(arguments: [true, false])
    func `one recipient refused does not hold up the other`(hasHub: Bool) async throws {
        let world = try await World(hasHub: hasHub)
        try await world.device.enqueue(Self.mails())
        world.server.answer(
            "b@example.com", with: .refused(isPermanent: true, reply: "550 5.1.1 No such user"))
        try await world.live()
        #expect(world.server.copies == ["a@example.com": 1, "c@example.com": 1])
        let words = try await world.device.deliveries().map(\.state.word).sorted()
        #expect(words == ["failed", "sent", "sent"])
        let line = try #require(try await world.device.log([.failed]).first)
        #expect(line.detail.reply == "550 5.1.1 No such user")
        // A person allows one more attempt, and it is made once.
        world.server.answer("b@example.com", with: nil)
        let id = try #require(line.delivery)
        _ = try await world.device.replica.write {
            try $0.decide(.retry, about: id, actor: "juan")
        }
        try await world.hub?.pull(from: world.device.replica)
        try await world.live()
        try await world.live()
        #expect(world.server.copies["b@example.com"] == 1)
    }

    @Test func `a mail whose sender the server refuses goes once, from the account that stands in`()
        async throws
    {
        let world = try await World(hasHub: false)
        world.server.refuse(sender: "juan@inair.com.mx")
        try await world.device.enqueue([QueueFixture.mail(1, to: ["a@example.com"])])
        try await world.live()
        #expect(world.server.copies == ["a@example.com": 1])
        let sent = try #require(try await world.device.log([.sent]).first)
        #expect(sent.detail.credential == "default")
        #expect(sent.detail.reason == "own_sendas_failed")
        let refused = try #require(try await world.device.log([.refusedForNow]).first)
        #expect(refused.detail.cause == "FROM_NOT_ALLOWED")
        // No recipient has anything to do with it.
        #expect(try await world.device.log([.failed]).isEmpty)
    }

    @Test(arguments: [true, false])
    func `a temporary refusal is tried again after a while, not before`(
        hasHub: Bool
    ) async throws {
        let world = try await World(hasHub: hasHub)
        try await world.device.enqueue([QueueFixture.mail(1)])
        world.server.answer(
            "ana@example.com", with: .refused(isPermanent: false, reply: "451 4.7.1 Greylisted"))
        try await world.live()
        world.server.answer("ana@example.com", with: nil)
        try await world.live()
        #expect(world.server.taken.isEmpty)
        world.device.manual.advance(by: .seconds(100))
        try await world.live()
        #expect(world.server.copies == ["ana@example.com": 1])
    }

    @Test(arguments: [true, false])
    func `a mail in doubt is not sent again without a decision, and then once`(
        hasHub: Bool
    ) async throws {
        let world = try await World(hasHub: hasHub)
        try await world.device.enqueue([QueueFixture.mail(1)])
        world.server.answer("ana@example.com", with: .inDoubt(cause: "CONNECTION_LOST"))
        try await world.live()
        world.server.answer("ana@example.com", with: nil)
        world.device.manual.advance(by: .seconds(86_400))
        try await world.live()
        #expect(world.server.taken.isEmpty)
        let record = try #require(try await world.device.deliveries().first)
        #expect(record.state.word == "in_doubt")
        _ = try await world.device.replica.write {
            try $0.decide(.resolveResend, about: record.delivery, actor: "juan")
        }
        try await world.hub?.pull(from: world.device.replica)
        try await world.live()
        try await world.live()
        #expect(world.server.copies == ["ana@example.com": 1])
    }

    // The log names the account that really sent, and answers still reach the person.
    @Test(arguments: [true, false])
    func `an account that the server refuses is replaced by the fallback`(
        hasHub: Bool
    ) async throws {
        let world = try await World(hasHub: hasHub)
        try await world.device.enqueue([QueueFixture.mail(1)])
        world.server.fail(
            OutboxDevice.ventas,
            with: MailConnectionFailure(routes: [], fault: .authentication))
        try await world.live()
        #expect(world.server.copies == ["ana@example.com": 1])
        let line = try #require(try await world.device.log([.sent]).first)
        #expect(
            line.detail.text == "Email enviado desde avisos@inair.com.mx (predeterminadas)")
        #expect(line.detail.credential == "default")
        #expect(line.detail.reason == "own_auth_failed")
        let bytes = try #require(world.server.taken.first?.bytes)
        let headers = String(decoding: bytes.prefix(400), as: UTF8.self)
        #expect(headers.contains("Reply-To: juan@inair.com.mx\r\n"))
        #expect(headers.contains("<avisos@inair.com.mx>"))
    }

    @Test func `a server that cannot be reached costs no attempt and gives the lease up`()
        async throws
    {
        let world = try await World(hasHub: true)
        try await world.device.enqueue([QueueFixture.mail(1)])
        let life = try await DispatchLife(of: world.device, hub: world.hub, server: world.server)
        for _ in 0..<3 { await life.keeper.step() }
        #expect(life.keeper.grants().count == 2)
        let route = RouteReport(
            account: OutboxDevice.ventas, host: "smtp.inair.com.mx", port: 587,
            security: "starttls", cause: "TCP_DROP", milliseconds: 10_000)
        world.server.fail(OutboxDevice.ventas, with: MailConnectionFailure(routes: [route]))
        try await life.work(world.device, world.hub)
        #expect(life.keeper.grant(of: OutboxDevice.ventas) == nil)
        #expect(world.hub?.count(of: "claim") == 0)
        let line = try #require(try await world.device.log([.routeFailed]).first)
        #expect(line.detail.cause == "TCP_DROP")
        #expect(line.detail.port == 587)
    }
}
