import SyncCore
import Testing

struct DeliveryLedgerTests {
    private let grant = Fixture.grant(1)
    private let other = Fixture.grant(2, device: 2)
    private let now = Fixture.time(100)

    private func ledger(_ grants: LeaseGrant..., keeper: LedgerKeeper = .hub) -> DeliveryLedger {
        DeliveryLedger(
            keeper: keeper,
            leases: LiveLeases(grants.map { .init(grant: $0, remaining: .seconds(20)) }))
    }

    private func offered(byteCount: Int = 16 * 1024) -> DeliveryRecord {
        var record = DeliveryRecord(delivery: Fixture.delivery(), byteCount: byteCount)
        record.insert(.custody(turn: 1))
        return record
    }

    private func claimed() throws -> DeliveryRecord {
        var record = offered()
        _ = try ledger(grant).claim(&record, attempt: 1, under: grant, at: now).get()
        return record
    }

    private func refusal(_ answer: LedgerAnswer) -> LedgerRefusal.Code? {
        if case .failure(let refusal) = answer { refusal.code } else { nil }
    }

    @Test func `reserve, claim, data begun, accepted: sent`() throws {
        var record = offered()
        let ledger = ledger(grant)
        let id = AttemptID(number: 1, grant: grant)
        #expect(ledger.reserve(&record, under: grant, at: now) == .success(.reserved(id)))
        // 20 s of lease, 15 min, 16 KiB at 8 KiB/s.
        let doubtAt = Fixture.time(100 + 20 + 900 + 2)
        #expect(
            ledger.claim(&record, attempt: 1, under: grant, at: now)
                == .success(.claimed(id, doubtAt: doubtAt)))
        _ = ledger.report(&record, .dataBegun, about: id, by: grant.device)
        #expect(
            ledger.report(&record, .concluded(.accepted), about: id, by: grant.device)
                == .success(.sent))
    }

    @Test func `a claim needs the current fence, the next number and custody`() throws {
        var record = offered()
        #expect(
            refusal(ledger(other).claim(&record, attempt: 1, under: grant, at: now)) == .staleFence)
        #expect(refusal(ledger().claim(&record, attempt: 1, under: grant, at: now)) == .staleFence)
        #expect(
            refusal(ledger(grant).claim(&record, attempt: 2, under: grant, at: now))
                == .wrongAttempt)
        #expect(
            refusal(
                ledger(grant, keeper: .origin).claim(&record, attempt: 1, under: grant, at: now))
                == .notInCustody)
        #expect(record == offered())
    }

    @Test func `a second claim of one attempt is refused, to whomever it is made`() throws {
        var record = try claimed()
        let late = Fixture.grant(9, device: 1)
        for rival in [other, late] {
            for number in 1...2 {
                let answer = ledger(rival).claim(&record, attempt: number, under: rival, at: now)
                #expect(refusal(answer) == .taken)
            }
        }
    }

    @Test func `the lost reply to a claim is given again, even after the lease`() throws {
        var record = try claimed()
        let before = record
        for ledger in [ledger(grant), ledger(other), ledger()] {
            let answer = ledger.claim(&record, attempt: 1, under: grant, at: Fixture.time(500))
            #expect(answer == .success(before.state))
        }
        #expect(record == before)
    }

    @Test func `a reservation keeps others away and dies with its grant`() throws {
        var record = offered()
        let juan = Fixture.grant(2, device: 2, account: "juan")
        _ = ledger(grant).reserve(&record, under: grant, at: now)
        #expect(refusal(ledger(grant, juan).reserve(&record, under: juan, at: now)) == .taken)
        #expect(
            refusal(ledger(grant, juan).claim(&record, attempt: 1, under: juan, at: now)) == .taken)
        var swept = record
        #expect(!ledger(grant).expire(&swept, at: now))
        #expect(ledger(juan).expire(&swept, at: now))
        #expect(swept == offered())
        #expect(
            ledger(juan).reserve(&record, under: juan, at: now)
                == .success(.reserved(AttemptID(number: 1, grant: juan))))
    }

    @Test func `release lets go of one's own reservation only`() {
        var record = offered()
        _ = ledger(grant).reserve(&record, under: grant, at: now)
        let reserved = record
        _ = ledger(grant).release(&record, under: other)
        #expect(record == reserved)
        _ = ledger(grant).release(&record, under: grant)
        #expect(record == offered())
    }

    @Test func `silence becomes doubt at its time and not before`() throws {
        var record = try claimed()
        #expect(!ledger().expire(&record, at: Fixture.time(1021)))
        #expect(ledger().expire(&record, at: Fixture.time(1022)))
        let id = AttemptID(number: 1, grant: grant)
        #expect(record.state == .inDoubt(id))
        #expect(!ledger().expire(&record, at: Fixture.time(1023)))
        #expect(refusal(ledger(other).reserve(&record, under: other, at: now)) == .inDoubt)
    }

    @Test(arguments: [
        (AttemptOutcome.notSent(until: Fixture.time(0)), false, "queued"),
        (.notSent(until: Fixture.time(0)), true, "inDoubt"),
        (.refusedTemporarily(until: Fixture.time(7)), true, "queued"),
        (.refusedPermanently, true, "failed"), (.accepted, true, "sent"),
        (.inDoubt, true, "inDoubt"),
    ])
    func `late evidence narrows doubt`(
        _ outcome: AttemptOutcome, isDataBegun: Bool, expected: String
    ) throws {
        var record = try claimed()
        let id = AttemptID(number: 1, grant: grant)
        ledger().expire(&record, at: Fixture.time(5000))
        if isDataBegun { _ = ledger().report(&record, .dataBegun, about: id, by: grant.device) }
        let state = try ledger().report(
            &record, .concluded(outcome), about: id, by: grant.device
        ).get()
        #expect("\(state)".hasPrefix(expected))
    }

    @Test func `only the device that made an attempt may report on it`() throws {
        var record = try claimed()
        let before = record
        let id = AttemptID(number: 1, grant: grant)
        let answer = ledger().report(
            &record, .concluded(.notSent(until: now)), about: id, by: other.device)
        #expect(refusal(answer) == .notTheSender)
        #expect(record == before)
    }

    @Test(arguments: [
        (AttemptOutcome.notSent(until: Fixture.time(0)), "inDoubt"),
        (.refusedTemporarily(until: Fixture.time(0)), "inDoubt"),
        (.refusedPermanently, "inDoubt"), (.accepted, "sent"),
    ])
    func `a revoked device's word never leads back to the queue`(
        _ outcome: AttemptOutcome, expected: String
    ) throws {
        var record = try claimed()
        let state = try ledger().report(
            &record, .concluded(outcome), about: AttemptID(number: 1, grant: grant),
            by: grant.device, isRevoked: true
        ).get()
        #expect("\(state)".hasPrefix(expected))
    }

    @Test func `an attempt is not made before its time`() throws {
        var record = try claimed()
        let id = AttemptID(number: 1, grant: grant)
        _ = ledger().report(
            &record, .concluded(.refusedTemporarily(until: Fixture.time(300))), about: id,
            by: grant.device)
        let ledger = ledger(grant)
        #expect(refusal(ledger.reserve(&record, under: grant, at: Fixture.time(299))) == .tooEarly)
        #expect(
            refusal(ledger.claim(&record, attempt: 2, under: grant, at: Fixture.time(299)))
                == .tooEarly)
        var impatient = record
        _ = try ledger.retry(&impatient, after: id).get()
        _ = try ledger.claim(&impatient, attempt: 2, under: grant, at: Fixture.time(299)).get()
        _ = try ledger.claim(&record, attempt: 2, under: grant, at: Fixture.time(300)).get()
    }
}
