import SyncCore
import Synchronization
import TestSupport
import Testing

@testable import SyncServer

/// How a new replica gets what is there already.
struct BackfillTests {
    private static let scope = Scope.branch(BranchID(validated: "matriz"))
    /// So much that four replies, of about 1 MiB each, do not hold it all.
    private static let bodyByteCount = 2048
    private static let batchesCount = 40
    private static let recordsPerBatch = 64

    /// A way to the hub that breaks after some replies, and counts the records that came.
    private final class CuttingChannel: HubChannel {
        private let channel: HubClient
        private let repliesMaximum: Int
        private let counts = Mutex((replies: 0, records: 0))

        init(_ channel: HubClient, repliesMaximum: Int = .max) {
            (self.channel, self.repliesMaximum) = (channel, repliesMaximum)
        }

        var recordsCount: Int { counts.withLock(\.records) }

        func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
            guard counts.withLock({ $0.replies < repliesMaximum }) else {
                throw HubRefusal(.unavailable)
            }
            let reply = try await channel.ask(request, within: wait)
            if case .exchange(let exchange) = reply {
                let batches = try exchange.parcels.open() + exchange.batches
                counts.withLock { counts in
                    counts.replies += 1
                    counts.records += batches.reduce(0) { $0 + $1.records.count }
                }
            }
            return reply
        }
    }

    private func filled() async throws -> (TestHub, Replica, Digest) {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        for _ in 0..<Self.batchesCount {
            try await founder.write { transaction in
                for number in 0..<Self.recordsPerBatch {
                    let body = [UInt8](repeating: UInt8(number), count: Self.bodyByteCount)
                    try transaction.append(
                        Bytes(body), kind: "audit.other", topic: .audit, scope: Self.scope,
                        actor: "test")
                }
            }
        }
        try await hub.synchronise(founder, organisation)
        return (hub, founder, organisation)
    }

    @Test func `an interrupted backfill goes on where it was, in a process that began anew`()
        async throws
    {
        let (hub, founder, organisation) = try await filled()
        let token = try await hub.invite([], founder, organisation)
        let first = try await hub.join("n1", seed: 2, with: token)
        let feed = founder.identity.feed(.audit, Self.scope)
        let cut = CuttingChannel(
            hub.channel(for: first, organisation: organisation), repliesMaximum: 2)
        await #expect(throws: HubRefusal.self) {
            try await SyncDriver(replica: first, channel: cut).synchronise()
        }
        let before = Int(try await first.read { try $0.feeds.end(of: feed).count })
        #expect(before > 0)
        #expect(before < Self.batchesCount * Self.recordsPerBatch)
        try await first.close()

        let again = try await hub.replica("n1", seed: 2, later: 77)
        let whole = CuttingChannel(hub.channel(for: again, organisation: organisation))
        try await SyncDriver(replica: again, channel: whole).synchronise()
        #expect(try await again.read { try $0.stateDigests() } == hub.store.stateDigests())
        let all = try await hub.store.transaction { try $0.vector() }
        let sum = Int(all.feeds.reduce(0) { $0 + all[$1] })
        // Nothing that was stored before comes again.
        #expect(whole.recordsCount <= sum - before)
    }

    @Test func `a replica that compares says what it has until all has come`() async throws {
        let (hub, founder, organisation) = try await filled()
        let device = try await hub.join("n1", seed: 2, [], founder, organisation)
        try await hub.synchronise(device, organisation)
        // Everything is there; it is compared once, and nothing comes again.
        try await device.write { try SyncStore($0.replicaStore).restart() }
        let channel = CuttingChannel(hub.channel(for: device, organisation: organisation))
        try await SyncDriver(replica: device, channel: channel).synchronise()
        #expect(channel.recordsCount == 0)
        // With one author's records gone, those come; what others wrote later does not.
        try await device.audit(30, in: Self.scope)
        try await hub.synchronise(device, organisation)
        let other = try await hub.join("n2", seed: 3, [], founder, organisation)
        try await other.audit(30, in: Self.scope)
        try await hub.synchronise(other, organisation)
        try await hub.synchronise(device, organisation)
        let feed = founder.identity.feed(.audit, Self.scope)
        let missing = Self.batchesCount * Self.recordsPerBatch
        try await device.write { transaction in
            try transaction.feeds.removeRecords(of: feed, after: 0)
            try SyncStore(transaction.replicaStore).restart()
        }
        let second = CuttingChannel(hub.channel(for: device, organisation: organisation))
        try await SyncDriver(replica: device, channel: second).synchronise()
        #expect(second.recordsCount == missing)
        #expect(try await device.read { try $0.stateDigests() } == hub.store.stateDigests())
    }

    @Test func `how far it has come is told after every exchange, up to all`() async throws {
        let (hub, founder, organisation) = try await filled()
        let device = try await hub.join("n1", seed: 2, [], founder, organisation)
        let parts = Mutex<[Double]>([])
        try await SyncDriver(
            replica: device, channel: hub.channel(for: device, organisation: organisation)
        ).synchronise { part in parts.withLock { $0.append(part) } }
        let shown = parts.withLock(\.self)
        #expect(shown.count > 3)
        #expect(shown == shown.sorted())
        #expect(shown.first.map { $0 < 0.5 } == true)
        #expect(shown.last == 1)
    }
}
