import SyncCore
import TestSupport
import Testing
import TestThreads

struct FeedBatchTests {
    private let world = EnvelopeWorld()

    private func isAccepted(_ bytes: [UInt8]) -> Bool {
        guard let batch = try? FeedBatch(canonicalBytes: bytes) else { return false }
        return batch.head.isSigned(by: world.admin.verificationKey, in: world.organisation)
            && batch.records.allSatisfy { $0.header.organisation == world.organisation }
    }

    @Test func `A batch returns as it was, and its bytes are those in the fixture`() throws {
        let batch = try #require(
            world.batch(world.records(12, of: world.feed()), checkpoint: [1, 2, 3]))
        #expect(batch.first == 1)
        #expect(try FeedBatch(canonicalBytes: batch.canonicalBytes) == batch)
        EnvelopeFixture("feeds/batch").check(batch.canonicalBytes)
    }

    @Test func `A batch may begin anywhere in its feed`() throws {
        let records = world.records(3, of: world.feed(), from: 40, after: Digest(of: [9]))
        let batch = try #require(world.batch(records))
        let again = try FeedBatch(canonicalBytes: batch.canonicalBytes)
        #expect(again.first == 40)
        #expect(again == batch)
    }

    @Test func `Erased content travels as its commitment`() throws {
        var records = world.records(4, of: world.feed())
        for index in [1, 3] {
            records[index] = try Record(headerBytes: records[index].headerBytes, content: nil)
        }
        let batch = try #require(world.batch(records))
        let again = try FeedBatch(canonicalBytes: batch.canonicalBytes)
        #expect(again == batch)
        #expect(again.records.map { $0.content == nil } == [false, true, false, true])
    }

    @Test func `A header of a later version travels as its author wrote it`() throws {
        let first = try #require(world.records(1, of: world.feed()).first)
        // One more field at the end: a map of 13 pairs instead of 12.
        let bytes = [first.headerBytes[0] + 1] + first.headerBytes.dropFirst() + [0x0d, 0x01]
        let later = try Record(headerBytes: bytes, content: first.content)
        let next = world.records(1, of: world.feed(), from: 2, after: later.hash)
        let batch = try #require(world.batch([later] + next))
        let again = try FeedBatch(canonicalBytes: batch.canonicalBytes)
        #expect(again == batch)
        #expect(again.records[0].headerBytes == bytes)
    }

    @Test(.longComputation) func `Every truncation and every changed bit is refused`() throws {
        let batch = try #require(world.batch(world.records(3, of: world.feed())))
        let bytes = batch.canonicalBytes
        #expect(isAccepted(bytes))
        for count in bytes.indices where isAccepted(Array(bytes.prefix(count))) {
            Issue.record("\(count) of \(bytes.count) bytes were accepted")
        }
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            if isAccepted(changed) { Issue.record("bit \(bit) was accepted") }
        }
    }

    @Test func `Records out of place are refused`() throws {
        let records = world.records(4, of: world.feed())
        let other = world.records(4, of: world.feed(.mail))
        let batch = try #require(world.batch(records))
        func refused(_ wrong: [Record]) {
            // The head is the real one; only the records before it are wrong.
            let bytes = FeedBatch(head: batch.head, records: wrong).canonicalBytes
            if isAccepted(bytes) { Issue.record("\(wrong.map(\.header.sequence))") }
        }
        refused([records[1], records[0], records[2], records[3]])
        refused([records[0], records[1], records[3]])
        refused([records[0], records[1], records[1], records[3]])
        refused([other[0], records[1], records[2], records[3]])
        refused([records[0], other[1], records[2], records[3]])
    }

    @Test func `A batch without records, or with too many, is refused`() throws {
        let batch = try #require(world.batch(world.records(1, of: world.feed())))
        for (count, rule) in [(0, CodingError.Rule.value), (FeedBatch.recordsMaximum + 1, .limit)] {
            var writer = CBORWriter()
            writer.fields { fields in
                fields.field(1, batch.head)
                fields.field(2, world.organisation)
                fields.field(3, Digest.zero)
                fields.field(4) { writer in
                    writer.array(count)
                    for _ in 0..<count { writer.null() }
                }
            }
            #expect(throws: CodingError(rule, in: "batch records")) {
                try FeedBatch(canonicalBytes: writer.bytes)
            }
        }
    }

    @Test(.longComputation) func `Changed batches never trap and never pass as the signed one`()
        throws
    {
        let seed: UInt64 = 4096
        var numbers = SeededRandom(seed: seed)
        let batch = try #require(world.batch(world.records(4, of: world.feed())))
        let bytes = batch.canonicalBytes
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                let index = Int.random(in: 0..<changed.count, using: &numbers)
                if Bool.random(using: &numbers) {
                    changed[index] = UInt8.random(in: 0...255, using: &numbers)
                } else {
                    changed.remove(at: index)
                }
            }
            guard changed != bytes else { continue }
            if isAccepted(changed) { Issue.record("seed \(seed): \(changed.hexadecimal)") }
        }
    }
}
