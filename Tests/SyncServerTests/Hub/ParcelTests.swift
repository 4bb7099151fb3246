import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// The hub hands batches on in the parcels in which they came.
struct ParcelTests {
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

    private func parcel(
        at hub: TestHub, _ feed: FeedID, after place: UInt64
    ) async throws -> BatchParcel? {
        try await hub.store.transaction { try $0.parcel(of: feed, after: place) }
    }

    @Test func `what came in a parcel reaches others in the same, unless a part was erased`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let branch = try await hub.join("n1", seed: 2, [], founder, organisation)
        let feed = branch.identity.feed(.audit, scope)
        try await append(1, on: branch)
        // The first exchange tells that this hub reads parcels.
        try await hub.synchronise(branch, organisation)
        let count = BatchParcel.keptRecordsMinimum
        try await append(count, on: branch)
        try await hub.synchronise(branch, organisation)
        let kept = try #require(try await parcel(at: hub, feed, after: 1))
        #expect(kept.last == UInt64(count + 1))
        try await hub.synchronise(founder, organisation)
        let digests = try await founder.read { try $0.stateDigests() }
        #expect(try await hub.store.stateDigests() == digests)
        let replica = hub.store.replica
        _ = try await replica.write { try $0.feeds.eraseContent(of: feed, [5]) }
        #expect(try await parcel(at: hub, feed, after: 1) == nil)
        // Whoever comes now gets the others all the same.
        let late = try await hub.join("n2", seed: 3, [.auditor], founder, organisation)
        try await hub.synchronise(late, organisation)
        let records = try await late.read { try $0.feeds.records(of: feed, after: 0, maximum: 10) }
        #expect(records.filter { $0.content == nil }.map(\.header.sequence) == [5])
    }

    @Test func `a device and a hub that do not know parcels are given none`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let branch = try await hub.join("n1", seed: 2, [], founder, organisation)
        try await append(100, on: founder)
        let exchange = SyncExchange(replica: branch)
        #expect(try await exchange.request(waiting: .zero).parcels.isEmpty)
        try await hub.synchronise(founder, organisation)
        var request = try await exchange.request(waiting: .zero)
        request.form = nil
        let channel = hub.channel(for: branch, organisation: organisation)
        let answer = try await channel.ask(.exchange(request), within: .seconds(1))
        guard case .exchange(let reply) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(reply.parcels.isEmpty && reply.form == nil)
        #expect(reply.batches.contains { $0.records.count == 100 && $0.seeds.isEmpty })
    }

    @Test func `a parcel whose label lies is refused, and changes nothing`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        try await append(3, on: founder)
        let scope = scope
        let batch = try #require(
            try await founder.read { transaction in
                try transaction.feeds.batch(
                    of: transaction.identity.feed(.audit, scope), after: 0)
            })
        var bytes = BatchParcel(batch).canonicalBytes
        // The label's sequence is the byte before the key of the packed bytes.
        let place = try #require(
            bytes.indices.dropLast().first { bytes[$0] == 3 && bytes[$0 + 1] == 3 })
        bytes[place] = 2
        var request = try await SyncExchange(replica: founder).request(waiting: .zero)
        request.batches = []
        request.parcels = [try BatchParcel(canonicalBytes: bytes)]
        let channel = hub.channel(for: founder, organisation: organisation)
        await #expect(throws: HubRefusal(.malformed)) {
            _ = try await channel.ask(.exchange(request), within: .seconds(1))
        }
        #expect(try await hub.store.transaction { try $0.vector()[batch.head.feed] } == 0)
    }
}
