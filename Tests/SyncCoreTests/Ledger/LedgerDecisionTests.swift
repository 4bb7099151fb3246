import SyncCore
import Testing

struct LedgerDecisionTests {
    private let grant = Fixture.grant(1)
    private let now = Fixture.time(100)
    private var hub: DeliveryLedger { DeliveryLedger(keeper: .hub, leases: Fixture.live(grant)) }
    private var origin: DeliveryLedger { DeliveryLedger(keeper: .origin) }

    private func offered() -> DeliveryRecord {
        var record = DeliveryRecord(delivery: Fixture.delivery(), byteCount: 1)
        record.insert(.custody(turn: 1))
        return record
    }

    private func refusal(_ answer: LedgerAnswer) -> LedgerRefusal.Code? {
        if case .failure(let refusal) = answer { refusal.code } else { nil }
    }

    /// Claims an attempt, and leaves it in the doubt that silence makes.
    private func doubt(_ record: inout DeliveryRecord, attempt: Int) throws -> AttemptID {
        _ = try hub.claim(&record, attempt: attempt, under: grant, at: now).get()
        hub.expire(&record, at: Fixture.time(100_000))
        let id = AttemptID(number: attempt, grant: grant)
        #expect(record.state == .inDoubt(id))
        return id
    }

    @Test func `each decision authorises exactly one more attempt`() throws {
        var record = offered()
        let one = try doubt(&record, attempt: 1)
        _ = try hub.resolve(&record, .resend(after: .attempt(one))).get()
        let two = try doubt(&record, attempt: 2)
        // The first decision, repeated, does not allow a third attempt.
        #expect(
            hub.resolve(&record, .resend(after: .attempt(one))) == .success(.inDoubt(two)))
        #expect(refusal(hub.reserve(&record, under: grant, at: now)) == .inDoubt)
        _ = try hub.resolve(&record, .resend(after: .attempt(two))).get()
        _ = try hub.claim(&record, attempt: 3, under: grant, at: now).get()
    }

    @Test func `evidence that the doubtful attempt arrived stops the one allowed after it`() throws
    {
        var record = offered()
        let one = try doubt(&record, attempt: 1)
        _ = try hub.resolve(&record, .resend(after: .attempt(one))).get()
        _ = hub.report(&record, .concluded(.accepted), about: one, by: grant.device)
        #expect(refusal(hub.claim(&record, attempt: 2, under: grant, at: now)) == .sent)
        // The decision, repeated after the news, is confirmed and changes nothing.
        #expect(hub.resolve(&record, .resend(after: .attempt(one))) == .success(.sent))
    }

    @Test func `a person may declare a doubtful delivery sent, and nothing else`() throws {
        var record = offered()
        #expect(refusal(hub.resolve(&record, .sent)) == .nothingToResolve)
        _ = try doubt(&record, attempt: 1)
        #expect(hub.resolve(&record, .sent) == .success(.sent))
        #expect(hub.resolve(&record, .sent) == .success(.sent))
    }

    @Test func `resend needs a doubt, retry needs certainty`() throws {
        var record = offered()
        let one = AttemptID(number: 1, grant: grant)
        #expect(
            refusal(hub.resolve(&record, .resend(after: .attempt(one)))) == .nothingToResolve)
        #expect(refusal(hub.retry(&record, after: one)) == .nothingToResolve)
        _ = try hub.claim(&record, attempt: 1, under: grant, at: now).get()
        #expect(
            refusal(hub.resolve(&record, .resend(after: .attempt(one)))) == .nothingToResolve)
        #expect(refusal(hub.retry(&record, after: one)) == .sending)
        hub.expire(&record, at: Fixture.time(100_000))
        #expect(refusal(hub.retry(&record, after: one)) == .inDoubt)
        _ = hub.report(&record, .concluded(.refusedPermanently), about: one, by: grant.device)
        #expect(record.state == .failed(one))
        _ = try hub.retry(&record, after: one).get()
        _ = try hub.claim(&record, attempt: 2, under: grant, at: now).get()
    }

    @Test func `what may have been handed over cannot be cancelled`() throws {
        var record = offered()
        _ = try hub.claim(&record, attempt: 1, under: grant, at: now).get()
        #expect(refusal(hub.cancel(&record)) == .sending)
        hub.expire(&record, at: Fixture.time(100_000))
        #expect(refusal(hub.cancel(&record)) == .inDoubt)

        var waiting = offered()
        _ = hub.reserve(&waiting, under: grant, at: now)
        #expect(hub.cancel(&waiting) == .success(.cancelled))
        #expect(hub.cancel(&waiting) == .success(.cancelled))
        #expect(refusal(hub.claim(&waiting, attempt: 1, under: grant, at: now)) == .cancelled)
    }

    @Test func `hold and release, each repeated late, do nothing more`() throws {
        var record = offered()
        #expect(hub.hold(&record, seen: 0) == .success(.held))
        #expect(refusal(hub.claim(&record, attempt: 1, under: grant, at: now)) == .held)
        _ = hub.unhold(&record, seen: 1)
        let released = record
        _ = hub.hold(&record, seen: 0)
        #expect(record == released)
        _ = try hub.claim(&record, attempt: 1, under: grant, at: now).get()
    }

    @Test func `custody passes once, and only its holder decides`() throws {
        var record = DeliveryRecord(delivery: Fixture.delivery(), byteCount: 1)
        #expect(refusal(hub.cancel(&record)) == .notInCustody)
        _ = try origin.offer(&record).get()
        let offered = record
        _ = try origin.offer(&record).get()
        #expect(record == offered)
        #expect(refusal(origin.cancel(&record)) == .notInCustody)
        #expect(refusal(origin.giveBack(&record)) == .notInCustody)
        _ = try hub.giveBack(&record).get()
        #expect(record.custody == .origin)
        _ = try origin.cancel(&record).get()
        #expect(refusal(origin.offer(&record)) == .cancelled)
    }

    @Test func `recall takes custody back in doubt, and the hub can claim no more`() throws {
        var record = offered()
        #expect(origin.recall(&record) == .success(.inDoubt(nil)))
        let recalled = record
        _ = origin.recall(&record)
        #expect(record == recalled)
        #expect(refusal(hub.claim(&record, attempt: 1, under: grant, at: now)) == .notInCustody)
        _ = try origin.resolve(&record, .resend(after: .memory(turn: 1))).get()
        #expect(record.state == .queued(notBefore: Fixture.time(0)))
    }

    @Test func `a hub that forgot holds in doubt until evidence or a person decides`() throws {
        var record = offered()
        _ = hub.reserve(&record, under: grant, at: now)
        #expect(hub.suspect(&record) == .success(.inDoubt(nil)))
        #expect(refusal(hub.claim(&record, attempt: 1, under: grant, at: now)) == .inDoubt)
        // A journal arrives: the forgotten attempt was claimed by a device, and got a 451.
        let forgotten = AttemptID(number: 1, grant: Fixture.grant(7, device: 2))
        _ = hub.report(
            &record, .concluded(.refusedTemporarily(until: now)), about: forgotten,
            by: forgotten.grant.device)
        #expect(record.state == .inDoubt(nil))
        _ = hub.clear(&record, suspicion: 1)
        #expect(record.state == .queued(notBefore: now))
        _ = hub.suspect(&record)
        _ = hub.clear(&record, suspicion: 1)
        #expect(record.state == .inDoubt(nil))
        #expect(record.nextAttempt == 2)
    }

    @Test func `every refusal explains itself in both languages`() {
        for code in LedgerRefusal.Code.allCases {
            let text = LedgerRefusal(code, Fixture.delivery()).explanation
            #expect(!text.es.isEmpty && !text.en.isEmpty && text.es != text.en)
        }
    }
}
