import SyncCore
import Testing

struct DeliveryRecordTests {
    private static let one = AttemptID(number: 1, grant: Fixture.grant(1))
    private static let rival = AttemptID(number: 1, grant: Fixture.grant(2, device: 2))
    private static let two = AttemptID(number: 2, grant: Fixture.grant(3, device: 2))

    /// Every fact that may be known about two attempts, one of them granted twice.
    private static let pool: [DeliveryFact] =
        [one, rival, two].flatMap { id -> [DeliveryFact] in
            [
                .claimed(id, doubtAt: Fixture.time(900)), .claimed(id, doubtAt: Fixture.time(901)),
                .dataBegun(id), .concluded(id, .inDoubt),
                .concluded(id, .notSent(until: Fixture.time(5))),
                .concluded(id, .refusedTemporarily(until: Fixture.time(60))),
                .concluded(id, .refusedTemporarily(until: Fixture.time(61))),
                .concluded(id, .refusedPermanently), .concluded(id, .accepted), .allowedAgain(id),
            ]
        } + [
            .declaredSent, .cancelled, .custody(turn: 1), .custody(turn: 2), .hold(turn: 1),
            .hold(turn: 2), .suspicion(turn: 1), .suspicion(turn: 2), .expired(turn: 1),
            .expired(turn: 2),
        ]

    private func record(_ facts: some Sequence<DeliveryFact>) -> DeliveryRecord {
        var record = DeliveryRecord(delivery: Fixture.delivery(), byteCount: 4096)
        for fact in facts { record.insert(fact) }
        return record
    }

    @Test func `any order and repetition of the same facts gives the same record and state`() {
        for seed in UInt64(0)..<400 {
            var chance = Chance(seed: seed)
            let facts = Self.pool.filter { _ in chance.happens(250) }
            let expected = record(facts)
            for _ in 0..<4 {
                var shuffled = facts.shuffled(using: &chance)
                shuffled += facts.filter { _ in chance.happens(300) }.shuffled(using: &chance)
                let other = record(shuffled)
                if other != expected || other.state != expected.state {
                    Issue.record("seed \(seed): \(shuffled) gives \(other.state)")
                }
            }
            if record(expected.facts) != expected { Issue.record("seed \(seed): facts lost") }
        }
    }

    @Test func `once sent, no further fact changes that`() {
        for seed in UInt64(0)..<200 {
            var chance = Chance(seed: seed)
            var facts = Self.pool.filter { _ in chance.happens(300) }
            facts.append(.concluded(chance.happens(500) ? Self.one : Self.two, .accepted))
            if record(facts.shuffled(using: &chance)).state != .sent {
                Issue.record("seed \(seed): not sent")
            }
        }
    }

    // The property that keeps a mail from going twice: an attempt that may have handed over the
    // body and was not passed over by a person keeps the delivery out of the queue.
    @Test func `no set of facts with an undecided attempt leads back to the queue`() {
        for seed in UInt64(0)..<2000 {
            var chance = Chance(seed: seed)
            let facts = Self.pool.filter { _ in chance.happens(120) }
            let record = record(facts)
            let undecided = record.attempts.contains { attempt in
                guard !attempt.isAllowedAgain else { return false }
                switch attempt.outcome {
                case .accepted, .refusedPermanently, .refusedTemporarily: return false
                case .notSent: return attempt.isDataBegun
                case .inDoubt, nil: return true
                }
            }
            guard undecided else { continue }
            switch record.state {
            case .claimed, .inDoubt, .sent: break
            case .queued, .reserved, .failed, .expired, .cancelled, .held:
                Issue.record("seed \(seed): \(facts) gives \(record.state)")
            }
        }
    }

    @Test func `not sent is not believed of a device that began the body`() {
        let facts: [DeliveryFact] = [
            .claimed(Self.one, doubtAt: Fixture.time(900)), .dataBegun(Self.one),
            .concluded(Self.one, .notSent(until: Fixture.time(0))),
        ]
        #expect(record(facts).state == .inDoubt(Self.one))
        #expect(record(facts.filter { $0 != .dataBegun(Self.one) }).state == queued(0))
    }

    @Test func `an attempt whose claim nobody remembers is in doubt`() {
        #expect(record([.dataBegun(Self.one)]).state == .inDoubt(Self.one))
    }

    @Test func `two grants of one attempt are both kept and judged alone`() {
        let facts: [DeliveryFact] = [
            .claimed(Self.one, doubtAt: Fixture.time(900)),
            .claimed(Self.rival, doubtAt: Fixture.time(800)),
            .concluded(Self.one, .refusedTemporarily(until: Fixture.time(3))),
        ]
        let record = record(facts)
        #expect(record.attempts.count == 2)
        #expect(record.state == .claimed(Self.rival, doubtAt: Fixture.time(800)))
        #expect(record.nextAttempt == 2)
    }

    @Test func `the last attempt says when to try again`() {
        let facts: [DeliveryFact] = [
            .concluded(Self.one, .refusedTemporarily(until: Fixture.time(9000))),
            .concluded(Self.two, .refusedTemporarily(until: Fixture.time(60))),
        ]
        #expect(record(facts).state == queued(60))
        #expect(
            record(facts + [.allowedAgain(Self.two), .allowedAgain(Self.one)]).state == queued(0))
    }

    @Test func `records survive their stored form, whatever they hold`() throws {
        for seed in UInt64(0)..<100 {
            var chance = Chance(seed: seed)
            let record = record(Self.pool.filter { _ in chance.happens(300) })
            #expect(try DeliveryRecord(canonicalBytes: record.canonicalBytes) == record)
        }
        for fact in Self.pool {
            #expect(try DeliveryFact(canonicalBytes: fact.canonicalBytes) == fact)
        }
    }

    @Test(
        arguments: [
            [0xa1, 0x00, 0x09], [0xa2, 0x00, 0x05, 0x01, 0x01, 0x00], [0xa1, 0x00, 0x06],
            [0xa2, 0x00, 0x07, 0x01, 0x1a, 0xff, 0xff, 0xff, 0xff], [0x80], [],
        ] as [[UInt8]])
    func `a fact of another form is refused`(bytes: [UInt8]) {
        #expect(throws: CodingError.self) { try DeliveryFact(canonicalBytes: bytes) }
    }

    private func queued(_ seconds: Int64) -> LedgerState {
        .queued(notBefore: Fixture.time(seconds))
    }
}
