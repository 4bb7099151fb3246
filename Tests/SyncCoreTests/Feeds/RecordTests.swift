import SyncCore
import Testing

struct RecordTests {
    private let world = EnvelopeWorld()

    @Test func `A record returns as it was, and its bytes are those in the fixture`() throws {
        let record = try #require(world.records(1, of: world.feed()).first)
        #expect(try Record(headerBytes: record.headerBytes, content: record.content) == record)
        #expect(record.hash == Digest(of: record.headerBytes))
        EnvelopeFixture("feeds/record-header").check(record.headerBytes)
    }

    @Test func `A header with a field before the first or behind the last is kept as it came`()
        throws
    {
        let whole = try #require(world.records(1, of: world.feed()).first)
        var before = whole.headerBytes
        before[0] += 1
        before.insert(contentsOf: [0, 1], at: 1)
        var behind = whole.headerBytes
        behind[0] += 1
        for bytes in [before, behind + [13, 1]] {
            let record = try Record(headerBytes: bytes, content: whole.content)
            #expect(!record.isPlain)
            let batch = try #require(world.batch([record]))
            #expect(try FeedBatch(canonicalBytes: batch.canonicalBytes) == batch)
        }
    }

    @Test func `A record whose content was erased keeps its hash`() throws {
        let record = try #require(world.records(1, of: world.feed()).first)
        let erased = try Record(headerBytes: record.headerBytes, content: nil)
        #expect(erased.hash == record.hash)
        #expect(erased.content == nil)
    }

    @Test func `Another body or salt is refused`() throws {
        let record = try #require(world.records(1, of: world.feed()).first)
        let content = try #require(record.content)
        func refused(salt: [UInt8], body: [UInt8]) {
            #expect(throws: CodingError(.value, in: "record content")) {
                try Record(
                    headerBytes: record.headerBytes, content: RecordContent(salt: salt, body: body))
            }
        }
        var changed = content.body
        changed[0] ^= 1
        refused(salt: content.salt, body: changed)
        var salt = content.salt
        salt[31] ^= 128
        refused(salt: salt, body: content.body)
        // The commitment is over salt ‖ body, so the border between them must be fixed.
        refused(salt: content.salt + content.body.prefix(1), body: Array(content.body.dropFirst()))
        refused(salt: content.salt, body: Array(content.body.dropLast()))
    }

    @Test func `Every truncation of a header is refused, and every changed bit changes its hash`()
        throws
    {
        let record = try #require(world.records(1, of: world.feed()).first)
        for count in record.headerBytes.indices {
            let cut = Array(record.headerBytes.prefix(count))
            if (try? Record(headerBytes: cut, content: nil)) != nil { Issue.record("\(count)") }
        }
        for bit in 0..<record.headerBytes.count * 8 {
            var changed = record.headerBytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let again = try? Record(headerBytes: changed, content: record.content)
            if again?.hash == record.hash { Issue.record("bit \(bit)") }
        }
    }

    @Test(
        arguments: [
            (1, [0x02], "record version", .value),
            (4, [0x00], "record sequence", .value),
            (4, [0x1b, 0, 0x20, 0, 0, 0, 0, 0, 1], "record sequence", .limit),
            (9, [0x78, 65] + [UInt8](repeating: 0x61, count: 65), "record actor", .limit),
            (10, [0x78, 41] + [UInt8](repeating: 0x61, count: 41), "record kind", .limit),
            (11, [0x1a, 0, 0x10, 0, 1], "record body", .limit),
        ] as [(UInt64, [UInt8], String, CodingError.Rule)])
    func `A header field beyond its limits is refused by name`(
        field: UInt64, value: [UInt8], place: String, rule: CodingError.Rule
    ) throws {
        let record = try #require(world.records(1, of: world.feed()).first)
        let header = record.header
        var writer = CBORWriter()
        writer.fields { fields in
            func put(_ key: UInt64, _ own: some CBOREncodable) {
                if key == field {
                    fields.field(key) { $0.encoded(value) }
                } else {
                    fields.field(key, own)
                }
            }
            put(1, RecordHeader.version)
            put(2, header.organisation)
            put(3, header.feed)
            put(4, header.sequence)
            put(5, header.previous)
            put(7, header.membershipHeight)
            put(8, header.time)
            put(9, header.actor)
            put(10, header.kind)
            put(11, header.bodyByteCount)
            put(12, header.commitment)
        }
        #expect(throws: CodingError(rule, in: place)) {
            try RecordHeader(canonicalBytes: writer.bytes)
        }
    }

    @Test func `A head is signed by its device, for its organisation, checkpoint and place`()
        throws
    {
        let record = try #require(world.records(1, of: world.feed()).first)
        let batch = try #require(world.batch([record], checkpoint: [1, 2]))
        let key = world.admin.verificationKey
        #expect(batch.head.isSigned(by: key, in: world.organisation))
        #expect(!batch.head.isSigned(by: world.hubKey.verificationKey, in: world.organisation))
        #expect(!batch.head.isSigned(by: key, in: .zero))
        let bytes = batch.head.canonicalBytes
        #expect(try FeedHead(canonicalBytes: bytes) == batch.head)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let head = try? FeedHead(canonicalBytes: changed) else { continue }
            if head.isSigned(by: key, in: world.organisation) { Issue.record("bit \(bit)") }
        }
    }
}
