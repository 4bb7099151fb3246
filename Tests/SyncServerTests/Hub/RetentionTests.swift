import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A cut that one administrator signs, at every replica and at the hub.
struct RetentionTests {
    private static let day = Duration.seconds(86_400)
    private static let branch = BranchID(validated: "matriz")
    private static let message = MessageID(validated: [UInt8](repeating: 7, count: 16))
    private static let blob = [UInt8](repeating: 5, count: 3000)

    private func contents(of feed: FeedID, at replica: Replica) async throws -> [Bool] {
        try await replica.read { transaction in
            try transaction.feeds.records(of: feed, after: 0, maximum: 100).map {
                $0.content != nil
            }
        }
    }

    private func sign(_ topic: Topic, _ days: Int, at replica: Replica) async throws {
        let before = replica.environment.now().advanced(by: .zero - Self.day * days)
        try await replica.write { transaction in
            try transaction.sign(
                RetentionCut([.init(topic: topic, before: before)]), actor: "ana")
        }
    }

    @Test func `replicas that carried a cut out and those that did not yet agree`() async throws {
        let hub = try await TestHub()
        let (first, organisation) = try await hub.foundOrganisation()
        let scope = Scope.branch(Self.branch)
        let second = try await hub.join("n1", seed: 2, [], first, organisation)
        try await first.audit(3, in: scope)
        let feed = first.identity.feed(.audit, scope)
        try await hub.synchronise(first, organisation)
        try await hub.synchronise(second, organisation)
        try await first.close()
        try await second.close()

        let later = Self.day * 100
        hub.manual.advance(by: later)
        let office = try await hub.replica("founder", seed: 1, later: 91, clockAhead: later)
        let device = try await hub.replica("n1", seed: 2, later: 92, clockAhead: later)
        try await sign(.audit, 60, at: office)
        #expect(try await office.retireAll(pausing: .zero) > 0)
        for replica in [office, device] { try await hub.synchronise(replica, organisation) }
        #expect(try await contents(of: feed, at: office) == [false, false, false])
        #expect(try await contents(of: feed, at: device) == [true, true, true])
        #expect(try await office.read { try $0.stateDigests() } == hub.store.stateDigests())
        #expect(try await device.read { try $0.stateDigests() } == hub.store.stateDigests())

        #expect(try await hub.store.retire() > 0)
        #expect(try await device.retireAll(pausing: .zero) > 0)
        for replica in [office, device, hub.store.replica] {
            #expect(try await contents(of: feed, at: replica) == [false, false, false])
            let report = try await LogVerifier(replica).verify()
            #expect(report.isWhole)
            #expect(report.cuts.map(\.actor) == ["ana"])
        }
        // What comes later is kept, and a new replica gets the headers of what is gone.
        try await device.audit(1, in: scope)
        try await hub.synchronise(device, organisation)
        let third = try await hub.join("n2", seed: 3, [], office, organisation)
        try await hub.synchronise(third, organisation)
        #expect(try await contents(of: feed, at: third) == [false, false, false])
        #expect(
            try await contents(of: device.identity.feed(.audit, scope), at: third) == [true])
        #expect(try await third.read { try $0.stateDigests() } == hub.store.stateDigests())
        #expect(try await LogVerifier(third).verify().isWhole)
    }

    @Test func `what is signed by a device that is no administrator retires nothing`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let device = try await hub.join("n1", seed: 2, [], founder, organisation)
        await #expect(throws: MembershipError.self) { try await sign(.audit, 60, at: device) }
        // Written past the check, it is kept and does not count.
        _ = try await device.write { transaction in
            try transaction.append(
                RetentionCut([.init(topic: .audit, before: Timestamp(milliseconds: 0))]),
                kind: RetentionCut.recordKind, topic: .config, scope: .organisation,
                actor: "test")
        }
        try await hub.synchronise(device, organisation)
        try await hub.synchronise(founder, organisation)
        for replica in [founder, device, hub.store.replica] {
            #expect(try await replica.read { try $0.retention.entries() } == [])
        }
    }

    /// A hub that holds an offered mail and its blob, and the replica that offered it.
    private func withOffer(
        isDone: Bool, _ body: (TestHub, Replica, Digest) async throws -> Void
    ) async throws {
        let hub = try await TestHub()
        let (first, organisation) = try await hub.foundOrganisation()
        let blob = BlobPart(
            id: Digest(of: Self.blob), offset: 0, total: UInt64(Self.blob.count),
            bytes: Self.blob)
        _ = try await hub.store.transaction { try $0.store(blob) }
        try await first.write { transaction in
            try transaction.append(
                QueuedReport(
                    message: Self.message, user: UserID(validated: "juan"), type: "cotizacion",
                    recipients: ["ana@cliente.example"], byteCount: 100, entity: nil),
                kind: QueuedReport.recordKind, topic: .audit, scope: .branch(Self.branch),
                actor: "juan")
            try transaction.append(
                MailOffer(
                    message: Self.message, branch: Self.branch, user: UserID(validated: "juan"),
                    type: "cotizacion", recipients: ["ana@cliente.example"], byteCount: 100,
                    created: Timestamp(milliseconds: 0), epoch: 1, manifest: [1], blob: blob.id),
                kind: MailOffer.recordKind, topic: .mail, scope: .organisation, actor: "agent")
        }
        try await hub.synchronise(first, organisation)
        if isDone {
            try await first.write { transaction in
                var detail = AttemptDetail()
                detail.reason = DeliveryReport.requestedReason
                try transaction.append(
                    DeliveryReport(
                        delivery: DeliveryID(message: Self.message, recipient: 0),
                        fact: .cancelled, detail: detail),
                    kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(Self.branch),
                    actor: "juan")
            }
            try await hub.synchronise(first, organisation)
        }
        try await first.close()
        let later = Self.day * 100
        hub.manual.advance(by: later)
        let office = try await hub.replica("founder", seed: 1, later: 91, clockAhead: later)
        try await sign(.mail, 60, at: office)
        try await hub.synchronise(office, organisation)
        try await body(hub, office, organisation)
    }

    private func storedBlob(_ hub: TestHub) async throws -> UInt64 {
        try await hub.store.transaction { try $0.storedByteCount(of: Digest(of: Self.blob)) }
    }

    @Test func `the blob of a retired mail goes from the hub a day after its last use`()
        async throws
    {
        try await withOffer(isDone: true) { hub, _, _ in
            let id = DeliveryID(message: Self.message, recipient: 0)
            try await hub.store.retire()
            #expect(try await hub.store.transaction { try $0.delivery(id) } == nil)
            #expect(try await storedBlob(hub) == UInt64(Self.blob.count))
            hub.manual.advance(by: Self.day * 2)
            #expect(try await hub.store.retire() >= Self.blob.count)
            #expect(try await storedBlob(hub) == 0)
            #expect(try await LogVerifier(hub.store.replica).verify().isWhole)
        }
    }

    @Test func `a blob that somebody asks for again stays`() async throws {
        try await withOffer(isDone: true) { hub, _, _ in
            try await hub.store.retire()
            hub.manual.advance(by: Self.day * 2)
            let probe = BlobPart(
                id: Digest(of: Self.blob), offset: 0, total: UInt64(Self.blob.count),
                bytes: [1])
            _ = try await hub.store.transaction { try $0.store(probe) }
            try await hub.store.retire()
            #expect(try await storedBlob(hub) == UInt64(Self.blob.count))
        }
    }

    @Test func `a mail that was not sent yet keeps its offer and its blob, however old`()
        async throws
    {
        try await withOffer(isDone: false) { hub, _, _ in
            try await hub.store.retire()
            hub.manual.advance(by: Self.day * 2)
            try await hub.store.retire()
            let id = DeliveryID(message: Self.message, recipient: 0)
            #expect(try await hub.store.transaction { try $0.delivery(id) } != nil)
            #expect(try await storedBlob(hub) == UInt64(Self.blob.count))
        }
    }
}
