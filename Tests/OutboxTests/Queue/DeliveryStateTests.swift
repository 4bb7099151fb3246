import Outbox
import SyncCore
import Testing

struct DeliveryStateTests {
    private let grant = LeaseGrant(
        account: AccountID(validated: "ventas"),
        device: DeviceID(validated: [UInt8](repeating: 1, count: 16)),
        fence: FencingToken(counter: 1, nonce: 2))
    private var one: AttemptID { AttemptID(number: 1, grant: grant) }
    private let later = Timestamp(milliseconds: 1000)

    private func record(_ facts: DeliveryFact...) -> DeliveryRecord {
        var record = DeliveryRecord(
            delivery: DeliveryID(
                message: MessageID(validated: [UInt8](repeating: 2, count: 16)), recipient: 0),
            byteCount: 10)
        for fact in facts { record.insert(fact) }
        return record
    }

    private func evidence(_ kind: DeliveryEvidence.Kind, event: String = "1") -> DeliveryEvidence {
        DeliveryEvidence(source: "dsn", event: event, kind: kind)
    }

    @Test func `the state of the ledger is told in the customer's words`() {
        let claimed = DeliveryFact.claimed(one, doubtAt: later)
        let table: [(DeliveryRecord, String)] = [
            (record(), "en_cola"), (record(.hold(turn: 1)), "retenido"),
            (record(claimed), "enviando"),
            (record(claimed, .concluded(one, .refusedTemporarily(until: later))), "reintento"),
            (record(claimed, .concluded(one, .inDoubt)), "incierto"),
            (record(.suspicion(turn: 1)), "incierto"),
            (record(claimed, .concluded(one, .accepted)), "enviado"),
            (record(claimed, .concluded(one, .refusedPermanently)), "fallido"),
            (record(.cancelled), "cancelado"),
        ]
        for (record, word) in table { #expect(DeliveryState(record).spanish == word) }
    }

    @Test(arguments: [
        (DeliveryEvidence.Kind.deferred, DeliveryState.sent), (.sent, .sent),
        (.delivered, .delivered), (.opened, .opened), (.bounced(.hard), .bounced),
        (.failed, .failed), (.complaint, .complaint), (.suppressed, .sent),
    ])
    func `evidence moves a sent delivery on, never back`(
        _ kind: DeliveryEvidence.Kind, expected: DeliveryState
    ) {
        let sent = record(.concluded(one, .accepted))
        #expect(DeliveryState(sent, evidence: [evidence(kind)]) == expected)
    }

    @Test func `a bounce after delivery wins, an opening after a bounce does not undo it`() {
        let sent = record(.concluded(one, .accepted))
        let kinds: [DeliveryEvidence.Kind] = [.delivered, .bounced(.soft), .opened]
        #expect(DeliveryState(sent, evidence: kinds.map { evidence($0) }) == .bounced)
    }

    @Test func `the order and repetition of evidence do not matter`() {
        let all: [DeliveryEvidence.Kind] = [
            .deferred, .sent, .delivered, .opened, .bounced(.hard), .failed, .complaint,
            .suppressed,
        ]
        let records = [
            record(), record(.claimed(one, doubtAt: later)), record(.concluded(one, .accepted)),
            record(.cancelled), record(.concluded(one, .inDoubt)),
        ]
        // All subsets, each forwards, backwards and twice over.
        for record in records {
            for mask in 0..<(1 << all.count) {
                let kinds = all.indices.filter { mask & (1 << $0) != 0 }.map { all[$0] }
                let events = kinds.map { evidence($0) }
                let state = DeliveryState(record, evidence: events)
                if DeliveryState(record, evidence: events.reversed() + events) != state {
                    Issue.record("\(kinds) depends on the order")
                }
            }
        }
    }

    @Test func `each state has its own word in each language`() {
        #expect(Set(DeliveryState.allCases.map(\.spanish)).count == DeliveryState.allCases.count)
        #expect(Set(DeliveryState.allCases.map(\.english)).count == DeliveryState.allCases.count)
        let open = DeliveryState.allCases.filter { !$0.isFinal }.map(\.spanish)
        #expect(open == ["en_cola", "retenido", "enviando", "reintento", "incierto"])
    }

    @Test func `a message shows the state its recipients share, or how many have each`() {
        let all = MessageState([.sent, .sent])
        #expect(all.uniform == .sent)
        #expect(all.name.es == "enviado")
        #expect(all.isFinal && !all.needsAttention)

        let part = MessageState([.unknown, .sent, .delivered, .sent])
        #expect(part.uniform == nil)
        #expect(part.sentCount == 3)
        #expect(part.recipientCount == 4)
        #expect(part.name.es == "parcial: 1 incierto, 2 enviado, 1 entregado")
        #expect(part.name.en == "partial: 1 unknown, 2 sent, 1 delivered")
        #expect(!part.isFinal && part.needsAttention)
        #expect(part == MessageState([.sent, .delivered, .sent, .unknown]))
    }
}
