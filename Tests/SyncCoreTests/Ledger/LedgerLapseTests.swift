import SyncCore
import Testing

/// Deliveries whose senders gave them a time.
struct LedgerLapseTests {
    private let grant = Fixture.grant(1)
    private let end = Fixture.time(100)
    private var ledger: DeliveryLedger {
        DeliveryLedger(keeper: .origin, leases: Fixture.live(grant))
    }

    private func waiting() -> DeliveryRecord {
        DeliveryRecord(delivery: Fixture.delivery(), byteCount: 1, expires: end)
    }

    @Test func `a delivery is given up when its time is over, and not before`() {
        var record = waiting()
        #expect(!ledger.lapse(&record, at: Fixture.time(99), isClockTrusted: true))
        #expect(ledger.lapse(&record, at: end, isClockTrusted: true))
        #expect(record.state == .expired)
        #expect(!ledger.lapse(&record, at: end, isClockTrusted: true))
        #expect(
            ledger.claim(&record, attempt: 1, under: grant, at: end)
                == .failure(LedgerRefusal(.expired, record.delivery)))
    }

    @Test func `on a clock that may be wrong it is held, and after a release it has no end`() {
        var record = waiting()
        #expect(ledger.lapse(&record, at: end, isClockTrusted: false))
        #expect(record.state == .held)
        _ = ledger.unhold(&record, seen: record.holdTurn)
        #expect(!ledger.lapse(&record, at: Fixture.time(9999), isClockTrusted: true))
        #expect(record.state == .queued(notBefore: Timestamp(milliseconds: 0)))
    }

    @Test func `a person may let it go on, once for each time it was over`() throws {
        var record = waiting()
        _ = ledger.lapse(&record, at: end, isClockTrusted: true)
        _ = try ledger.extend(&record, seen: 1).get()
        #expect(record.state == .queued(notBefore: Timestamp(milliseconds: 0)))
        // Repeated, and asked of one that goes on.
        _ = try ledger.extend(&record, seen: 1).get()
        #expect(record.expiryTurn == 2)
        #expect(
            ledger.extend(&record, seen: 2)
                == .failure(LedgerRefusal(.nothingToResolve, record.delivery)))
    }

    @Test func `what is being sent or in doubt is not given up`() throws {
        var record = waiting()
        _ = try ledger.claim(&record, attempt: 1, under: grant, at: Fixture.time(1)).get()
        #expect(!ledger.lapse(&record, at: end, isClockTrusted: true))
        record.insert(.dataBegun(AttemptID(number: 1, grant: grant)))
        ledger.expire(&record, at: Fixture.time(100_000))
        #expect(!ledger.lapse(&record, at: Fixture.time(100_000), isClockTrusted: true))
        #expect(record.state == .inDoubt(AttemptID(number: 1, grant: grant)))
        // A verdict that comes late counts.
        var late = waiting()
        _ = ledger.lapse(&late, at: end, isClockTrusted: true)
        late.insert(.concluded(AttemptID(number: 1, grant: grant), .accepted))
        #expect(late.state == .sent)
    }

    @Test func `only the ledger in custody gives up`() {
        var record = waiting()
        record.insert(.custody(turn: 1))
        #expect(!ledger.lapse(&record, at: end, isClockTrusted: true))
        let hub = DeliveryLedger(keeper: .hub)
        #expect(hub.lapse(&record, at: end, isClockTrusted: true))
    }

    @Test func `a stored record keeps its end and what became of it`() throws {
        var record = waiting()
        record.insert(.expired(turn: 1))
        #expect(try DeliveryRecord(canonicalBytes: record.canonicalBytes) == record)
    }
}
