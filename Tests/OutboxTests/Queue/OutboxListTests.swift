import Outbox
import SyncCore
import TestSupport
import Testing

struct OutboxListTests {
    @Test func `pages follow one another without a gap or a repetition`() async throws {
        let fixture = try await QueueFixture()
        for number in 1...7 { try await fixture.enqueue(QueueFixture.mail(number)) }
        var seen: [MessageID] = []
        var cursor: MailCursor?
        while true {
            let from = cursor
            let page = try await fixture.replica.read {
                try $0.outbox.list(MailFilter(), before: from, limit: 3)
            }
            guard let last = page.last else { break }
            seen += page.map(\.mail.message)
            cursor = last.cursor
        }
        #expect(seen == (1...7).reversed().map { MessageID(validated: QueueFixture.bytes(1, $0)) })
    }

    @Test func `filters choose by recipient, state, type and time`() async throws {
        let fixture = try await QueueFixture()
        try await fixture.enqueue(QueueFixture.mail(1, to: ["ana@example.com"]))
        try await fixture.enqueue(QueueFixture.mail(2, to: ["luis@example.com"]))
        let id = DeliveryID(
            message: MessageID(validated: QueueFixture.bytes(1, 2)), recipient: 0)
        _ = try await fixture.replica.write { try $0.decide(.cancel, about: id, actor: "juan") }
        func count(_ change: @Sendable (inout MailFilter) -> Void) async throws -> Int {
            var filter = MailFilter()
            change(&filter)
            let wanted = filter
            return try await fixture.replica.read { try $0.outbox.list(wanted, limit: 10).count }
        }
        #expect(try await count { $0.recipient = "LUIS" } == 1)
        #expect(try await count { $0.states = ["queued"] } == 1)
        #expect(try await count { $0.states = ["queued", "cancelled"] } == 2)
        #expect(try await count { $0.type = "factura" } == 0)
        #expect(try await count { $0.type = "cotizacion" } == 2)
        #expect(try await count { $0.since = Timestamp(milliseconds: 1_790_000_000_001) } == 0)
        let found = try await fixture.replica.read {
            try $0.outbox.mails(beginningWith: id.message.description)
        }
        #expect(found.map(\.message) == [id.message])
    }

    @Test func `the log shows mails, decisions and routes`() async throws {
        let fixture = try await QueueFixture()
        let mail = try QueueFixture.mail(1)
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        _ = try await fixture.replica.write { transaction in
            try transaction.append(
                RouteReport(
                    account: AccountID(validated: "ventas"), host: "smtp.example.com", port: 587,
                    security: "starttls", cause: "TCP_DROP", milliseconds: 300),
                kind: RouteReport.failedKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "agent")
            return try transaction.decide(.cancel, about: id, actor: "juan", note: "duplicado")
        }
        let lines = try await fixture.replica.read { try $0.outbox.log(LogFilter(), limit: 10) }
        #expect(lines.map(\.line.word) == [.cancelled, .routeFailed, .queued])
        #expect(lines[0].address == "ana@example.com")
        #expect(lines[0].line.detail.note == "duplicado")
        #expect(lines[1].line.detail.cause == "TCP_DROP")
    }

    @Test(arguments: [1, 3, 4, 100])
    func `a reader who looks for few goes from floor to floor, and finds them all`(
        window: Int
    ) async throws {
        let fixture = try await QueueFixture()
        for number in 1...10 {
            let address = number.isMultiple(of: 4) ? "eva@example.com" : "ana@example.com"
            try await fixture.enqueue(QueueFixture.mail(number, to: [address]))
        }
        try await fixture.replica.read { transaction in
            let outbox = transaction.outbox
            var filter = MailFilter()
            filter.recipient = "eva@"
            var (found, place): ([MessageID], MailCursor?) = ([], nil)
            repeat {
                let floor = try outbox.listFloor(before: place, window: window)
                found += try outbox.list(filter, before: place, from: floor, limit: 10)
                    .map(\.mail.message)
                place = floor
            } while place != nil
            #expect(found == (try outbox.list(filter, limit: 10).map(\.mail.message)))
            #expect(found.count == 2)
            var wanted = LogFilter()
            wanted.address = "eva@example.com"
            var (lines, end): ([UInt64], LogCursor?) = ([], nil)
            repeat {
                let floor = try outbox.logFloor(before: end, window: window)
                lines += try outbox.log(wanted, before: end, from: floor, limit: 10)
                    .map(\.line.sequence)
                end = floor
            } while end != nil
            #expect(lines == (try outbox.log(wanted, limit: 10).map(\.line.sequence)))
            #expect(lines.count == 2)
        }
    }
}
