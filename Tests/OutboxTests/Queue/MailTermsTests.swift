import Outbox
import SyncCore
import TestSupport
import Testing

/// Mails that wait for a time, go before others, or are given up.
struct MailTermsTests {
    private func mail(_ number: Int, _ change: (inout MailTerms) -> Void) throws -> MailSubmission {
        var mail = try QueueFixture.mail(number, to: ["n\(number)@example.com"])
        change(&mail.terms)
        return mail
    }

    private func send(
        _ device: OutboxDevice, _ server: RememberingServer, hub: ScriptedHub? = nil
    ) async throws {
        try await DispatchLife(of: device, hub: hub, server: server, connections: 1)
            .work(device, hub)
    }

    @Test func `urgent mails go first, then usual ones, each in the order they were queued`()
        async throws
    {
        let device = try await OutboxDevice()
        let priorities: [MailPriority] = [.low, .normal, .high, .low, .high, .normal]
        try await device.enqueue(
            try priorities.enumerated().map { number, priority in
                try mail(number) { $0.priority = priority }
            })
        let server = RememberingServer()
        try await send(device, server)
        #expect(
            server.taken.map(\.recipient) == [2, 4, 1, 5, 0, 3].map { "n\($0)@example.com" })
    }

    @Test func `an urgent mail does not wait for the many that came before it`() async throws {
        let device = try await OutboxDevice()
        try await device.enqueue(
            try (0...200).map { number in
                try mail(number) { $0.priority = number == 200 ? .high : .normal }
            })
        let server = RememberingServer()
        try await send(device, server)
        #expect(server.taken.first?.recipient == "n200@example.com")
        #expect(server.taken.count == 201)
    }

    @Test(arguments: [false, true])
    func `a mail with a time leaves neither before it nor to the hub`(hasHub: Bool) async throws {
        let device = try await OutboxDevice()
        let manual = device.manual
        let hub =
            hasHub
            ? ScriptedHub(for: device.replica.identity.id, now: { manual.environment.now() }) : nil
        let time = manual.environment.now().advanced(by: .seconds(20))
        try await device.enqueue([mail(1) { $0.notBefore = time }])
        let server = RememberingServer()
        for wait in [0, 19] {
            manual.advance(by: .seconds(wait))
            try await send(device, server, hub: hub)
            #expect(server.taken.isEmpty)
            #expect(try await device.deliveries().first?.custody == .origin)
        }
        #expect(
            try await device.replica.read { try $0.outbox.nextDue(after: manual.environment.now()) }
                == time)
        manual.advance(by: .seconds(1))
        try await send(device, server, hub: hub)
        #expect(server.taken.count == 1)
    }

    @Test func `a mail is given up after its time, and a person may let it go on`() async throws {
        let device = try await OutboxDevice()
        let environment = device.manual.environment
        let trust = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        try await device.enqueue([
            mail(1) { $0.expires = environment.now().advanced(by: .seconds(3600)) },
            mail(2) { _ in },
        ])
        let server = RememberingServer()
        server.answer(
            "n1@example.com", with: .refused(isPermanent: false, reply: "451 4.7.1 later"))
        try await send(device, server)
        device.manual.advance(by: .seconds(3599))
        #expect(try await device.replica.write { try $0.giveUpOverdue(by: trust) } == 0)
        device.manual.advance(by: .seconds(1))
        #expect(try await device.replica.write { try $0.giveUpOverdue(by: trust) } == 1)
        let line = try #require(try await device.log([.expired]).first)
        #expect(line.detail.cause == "EXPIRED")
        let id = try #require(line.delivery)
        let answer = try await device.replica.write {
            try $0.decide(.retry, about: id, actor: "ana")
        }
        guard case .done(.queued) = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        server.answer("n1@example.com", with: nil)
        device.manual.advance(by: .seconds(365 * 86_400))
        #expect(try await device.replica.write { try $0.giveUpOverdue(by: trust) } == 0)
        try await send(device, server)
        #expect(server.copies["n1@example.com"] == 1)
    }

    @Test func `on a clock that leapt it is held, never failed`() async throws {
        let device = try await OutboxDevice()
        let environment = device.manual.environment
        let trust = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        try await device.enqueue([
            mail(1) { $0.expires = environment.now().advanced(by: .seconds(86_400)) }
        ])
        _ = try await device.replica.write { try $0.giveUpOverdue(by: trust) }
        device.manual.setWall(environment.now().advanced(by: .seconds(3 * 365 * 86_400)))
        #expect(try await device.replica.write { try $0.giveUpOverdue(by: trust) } == 1)
        #expect(try await device.deliveries().map(\.state) == [.held])
        #expect(try await device.log([.held]).first?.detail.cause == "CLOCK_DOUBTED")
        // Whoever starts the program now sees the leap too: the clock was noted before it.
        #expect(try await device.log([.expired]).isEmpty)
    }

    @Test func `a program that starts after the clock leapt holds, too`() async throws {
        let device = try await OutboxDevice()
        let environment = device.manual.environment
        try await device.enqueue([
            mail(1) { $0.expires = environment.now().advanced(by: .seconds(86_400)) }
        ])
        let former = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        _ = try await device.replica.write { try $0.giveUpOverdue(by: former) }
        device.manual.setWall(environment.now().advanced(by: .seconds(60 * 86_400)))
        let next = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        _ = try await device.replica.write { try $0.giveUpOverdue(by: next) }
        #expect(try await device.deliveries().map(\.state) == [.held])
    }

    @Test func `wishes become terms`() {
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        var defaults = SendingDefaults()
        #expect(
            SendingWishes().terms(at: now, defaults)
                == MailTerms(expires: now.advanced(by: .seconds(5 * 86_400))))
        defaults.undo = .seconds(20)
        #expect(
            SendingWishes().terms(at: now, defaults).notBefore == now.advanced(by: .seconds(20)))
        var wishes = SendingWishes()
        for (text, part) in [("2h", SendingWishes.Part.at), ("0s", .undo), ("1d", .expire)] {
            let isTaken = wishes.take(text, as: part)
            #expect(isTaken)
        }
        let later = now.advanced(by: .seconds(7200))
        #expect(
            wishes.terms(at: now, defaults)
                == MailTerms(notBefore: later, expires: later.advanced(by: .seconds(86_400))))
        // A time that has passed is at once.
        _ = wishes.take("2020-01-01", as: .at)
        #expect(wishes.terms(at: now, defaults).notBefore.milliseconds == 0)
    }

    @Test(arguments: [
        ("soon", SendingWishes.Part.at), ("25:00", .at), ("2d", .undo), ("-1s", .undo),
        ("urgent", .priority), ("0d", .expire), ("400d", .expire), ("5", .expire),
    ])
    func `a wish that cannot be understood changes nothing`(
        text: String, part: SendingWishes.Part
    ) {
        var wishes = SendingWishes()
        let isTaken = wishes.take(text, as: part)
        #expect(!isTaken)
        #expect(wishes == SendingWishes())
    }
}
