import SyncCore
import TestSupport
import Testing
import TestThreads

struct HubMessageCodingTests {
    private let world = EnvelopeWorld()

    @Test func `Every request returns as it was written`() throws {
        for (name, request) in world.requests() {
            let again = try HubRequest(canonicalBytes: request.canonicalBytes)
            #expect(again == request, "\(name)")
            #expect(again.canonicalBytes == request.canonicalBytes, "\(name)")
        }
    }

    @Test func `Every reply returns as it was written`() throws {
        for (name, reply) in world.replies() {
            let again = try HubReply(canonicalBytes: reply.canonicalBytes)
            #expect(again == reply, "\(name)")
            #expect(again.canonicalBytes == reply.canonicalBytes, "\(name)")
        }
    }

    @Test func `The bytes of every message are those in the fixtures`() {
        for (name, request) in world.requests() {
            EnvelopeFixture("wire/request-\(name)").check(request.canonicalBytes)
        }
        for (name, reply) in EnvelopeWorld(seed: 2).replies() {
            EnvelopeFixture("wire/reply-\(name)").check(reply.canonicalBytes)
        }
    }

    @Test func `Every truncation of a message is refused`() {
        for (name, request) in world.requests() {
            let bytes = request.canonicalBytes
            for count in bytes.indices {
                if (try? HubRequest(canonicalBytes: Array(bytes.prefix(count)))) != nil {
                    Issue.record("\(name) was read from \(count) of \(bytes.count) bytes")
                }
            }
        }
        for (name, reply) in world.replies() {
            let bytes = reply.canonicalBytes
            for count in bytes.indices {
                if (try? HubReply(canonicalBytes: Array(bytes.prefix(count)))) != nil {
                    Issue.record("\(name) was read from \(count) of \(bytes.count) bytes")
                }
            }
        }
    }

    @Test func `A byte after a message is refused`() {
        for (_, request) in world.requests() {
            #expect(throws: CodingError(.trailing, in: "init(canonicalBytes:)")) {
                _ = try HubRequest(canonicalBytes: request.canonicalBytes + [0])
            }
        }
    }

    @Test func `A field that a later version added is ignored`() throws {
        // {1: 5, 2: 9, 7: "later"}, a reply "released" and what nobody knows yet.
        let bytes: [UInt8] = [0xa2, 1, 5, 7, 0x65] + Array("later".utf8)
        #expect(try HubReply(canonicalBytes: bytes) == .released)
    }

    @Test(
        arguments: [
            ([0xa1, 0x01, 0x18, 0x63], "request kind", CodingError.Rule.value),
            ([0xa0], "request field 1", .missing),
            ([0xa1, 0x01, 0x01], "request field 2", .missing),
            ([0x01], "request", .type),
            ([], "request", .truncated),
        ] as [([UInt8], String, CodingError.Rule)])
    func `A request that is none is refused by name`(
        bytes: [UInt8], place: String, rule: CodingError.Rule
    ) {
        #expect(throws: CodingError(rule, in: place)) {
            _ = try HubRequest(canonicalBytes: bytes)
        }
    }

    @Test func `A reply or refusal of a later version is refused by name`() {
        #expect(throws: CodingError(.value, in: "reply kind")) {
            _ = try HubReply(canonicalBytes: [0xa1, 0x01, 0x18, 0x63])
        }
        #expect(throws: CodingError(.value, in: "refusal code")) {
            _ = try HubReply(canonicalBytes: [0xa2, 0x01, 0x09, 0x02, 0x18, 0xc8])
        }
    }

    @Test func `Counts and numbers beyond their limits are refused`() {
        func refused(_ rule: CodingError.Rule, _ write: (inout CBORFieldWriter) -> Void) {
            var writer = CBORWriter()
            writer.fields(write)
            let bytes = writer.bytes
            do {
                _ = try HubRequest(canonicalBytes: bytes)
                Issue.record("\(bytes.prefix(40)) was read")
            } catch {
                #expect(error.rule == rule)
            }
        }
        func list(_ kind: UInt64, _ count: Int) {
            refused(.limit) { fields in
                fields.field(1, kind)
                // Nulls, which are never looked at: the count alone is enough.
                fields.field(2) { writer in
                    writer.array(count)
                    for _ in 0..<count { writer.null() }
                }
            }
        }
        list(2, Limits.membershipMaximum + 1)
        list(3, Limits.leasesMaximum + 1)
        list(5, ReserveRequest.deliveriesMaximum + 1)
        list(6, ReserveRequest.deliveriesMaximum + 1)
        func exchange(cursor: UInt64, wait: UInt64, batchCount: Int) {
            refused(.limit) { fields in
                fields.field(1, UInt64(1))
                fields.field(2) { writer in
                    writer.fields { fields in
                        fields.field(1, UInt64(0))
                        fields.field(3, cursor)
                        fields.field(4) { writer in
                            writer.array(batchCount)
                            for _ in 0..<batchCount { writer.null() }
                        }
                        fields.field(5, wait)
                    }
                }
            }
        }
        exchange(cursor: Limits.positionMaximum + 1, wait: 0, batchCount: 0)
        exchange(cursor: 0, wait: 600_001, batchCount: 0)
        exchange(cursor: 0, wait: 0, batchCount: ExchangeRequest.batchesMaximum + 1)
        let tooLong = BlobPart(
            id: .zero, offset: 0, total: 1 << 20,
            bytes: [UInt8](repeating: 0, count: BlobPart.byteCountMaximum + 1))
        #expect(throws: CodingError(.limit, in: "blob bytes")) {
            _ = try BlobPart(canonicalBytes: tooLong.canonicalBytes)
        }
        let beyond = BlobPart(id: .zero, offset: 3, total: 4, bytes: [1, 2])
        #expect(throws: CodingError(.value, in: "blob range")) {
            _ = try BlobPart(canonicalBytes: beyond.canonicalBytes)
        }
    }

    @Test(.longComputation) func `Changed bytes never trap, and what is read can be written`() {
        let seed: UInt64 = 20_261
        var numbers = SeededRandom(seed: seed)
        let messages =
            world.requests().map(\.request.canonicalBytes)
            + world.replies().map(\.reply.canonicalBytes)
        var readCount = 0
        for _ in 0..<10_000 {
            guard var bytes = messages.randomElement(using: &numbers) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                let index = Int.random(in: 0..<bytes.count, using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &numbers)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &numbers), at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            if let request = try? HubRequest(canonicalBytes: bytes) {
                readCount += 1
                let again = try? HubRequest(canonicalBytes: request.canonicalBytes)
                if again != request { Issue.record("seed \(seed): \(bytes.hexadecimal)") }
            }
            if let reply = try? HubReply(canonicalBytes: bytes) {
                readCount += 1
                let again = try? HubReply(canonicalBytes: reply.canonicalBytes)
                if again != reply { Issue.record("seed \(seed): \(bytes.hexadecimal)") }
            }
        }
        #expect(readCount > 200)
    }
}
