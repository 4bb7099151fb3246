import SyncCore
import TestSupport
import Testing

/// Salts travel as the seed they come from, until one of them is erased.
struct SaltSeedTests {
    private let world = EnvelopeWorld()
    private let scope = Scope.branch(BranchID(validated: "matriz"))

    private func append(_ count: Int, on replica: Replica) async throws {
        let scope = scope
        try await replica.write { transaction in
            for number in 0..<count {
                try transaction.append(
                    UInt64(number), kind: "audit.other", topic: .audit, scope: scope,
                    actor: "test")
            }
        }
    }

    private func batch(
        _ replica: Replica, of feed: FeedID, after place: UInt64 = 0
    ) async throws -> FeedBatch {
        try #require(
            try await replica.read { transaction in
                try transaction.feeds.batch(of: feed, after: place, withSeeds: true)
            })
    }

    @Test func `A batch with seeds returns as it was, and its bytes are those in the fixture`()
        throws
    {
        let seed = SaltSeed(from: 1, bytes: Array(0..<32))
        let plain = try #require(world.batch(world.records(12, of: world.feed(), seed: seed)))
        let batch = FeedBatch(head: plain.head, records: plain.records, seeds: [seed])
        let bytes = batch.canonicalBytes
        #expect(try FeedBatch(canonicalBytes: bytes) == batch)
        // Twelve salts of 35 bytes with their heads make room for one seed.
        #expect(plain.canonicalBytes.count - bytes.count > 12 * 35 - 50)
        EnvelopeFixture("feeds/batch-seeds").check(bytes)
    }

    @Test func `Salts that do not come from the seed travel themselves`() throws {
        let plain = try #require(world.batch(world.records(300, of: world.feed())))
        let seeds = [
            SaltSeed(from: 1, bytes: Array(0..<32)), SaltSeed(from: 257, bytes: Array(1...32)),
        ]
        let batch = FeedBatch(head: plain.head, records: plain.records, seeds: seeds)
        #expect(try FeedBatch(canonicalBytes: batch.canonicalBytes) == batch)
    }

    @Test func `Seeds out of order or of other records are refused`() throws {
        let seed = SaltSeed(from: 1, bytes: Array(0..<32))
        let plain = try #require(world.batch(world.records(3, of: world.feed(), seed: seed)))
        for seeds in [[seed, seed], [seed, SaltSeed(from: 257, bytes: Array(0..<32))]] {
            let bytes =
                FeedBatch(head: plain.head, records: plain.records, seeds: seeds).canonicalBytes
            #expect(throws: CodingError.self) { try FeedBatch(canonicalBytes: bytes) }
        }
    }

    @Test func `A replica sends one seed for the salts of a stretch`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let (author, reader) = (organisation.replicas[0], organisation.replicas[1])
        let feed = author.identity.feed(.audit, scope)
        try await append(200, on: author)
        try await append(200, on: author)
        let sent = try await batch(author, of: feed)
        #expect(sent.seeds.map(\.first) == [1, 257])
        #expect(sent.canonicalBytes.count < 400 * 40)
        _ = try await reader.write { try $0.receive(sent) }
        #expect(try await batch(reader, of: feed) == sent)
    }

    @Test func `Erasing one salt forgets the seed, and the others still travel`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let (author, reader) = (organisation.replicas[0], organisation.replicas[1])
        let feed = author.identity.feed(.audit, scope)
        try await append(3, on: author)
        let old = try await batch(author, of: feed)
        _ = try await reader.write { try $0.receive(old) }
        for replica in [author, reader] {
            _ = try await replica.write { try $0.feeds.eraseContent(of: feed, [2]) }
            #expect(try await batch(replica, of: feed).seeds.isEmpty)
        }
        try await append(2, on: author)
        let new = try await batch(author, of: feed)
        #expect(new.seeds.map(\.first) == [4])
        #expect(new.records.map { $0.content == nil } == [false, true, false, false, false])
        #expect(try FeedBatch(canonicalBytes: new.canonicalBytes) == new)
    }

    @Test func `A seed does not come back to where one of its salts was erased`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let (author, reader) = (organisation.replicas[0], organisation.replicas[1])
        let feed = author.identity.feed(.audit, scope)
        try await append(3, on: author)
        let first = try await batch(author, of: feed)
        _ = try await reader.write { try $0.receive(first) }
        _ = try await reader.write { try $0.feeds.eraseContent(of: feed, [2]) }
        // The author has erased nothing yet, and goes on under the same seed.
        try await append(2, on: author)
        let second = try await batch(author, of: feed, after: 3)
        #expect(second.seeds.map(\.first) == [1])
        _ = try await reader.write { try $0.receive(second) }
        let held = try await batch(reader, of: feed)
        #expect(held.seeds.isEmpty)
        #expect(held.records.map { $0.content == nil } == [false, true, false, false, false])
    }
}
