import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Records of a later version, on their way through replicas, a hub and a file of this one.
struct UnknownRecordTests {
    private static let scope = Scope.branch(BranchID(validated: "matriz"))

    /// Writes, as a later version might: kinds and fields that this one does not know.
    private func writeAsLater(on replica: Replica) async throws {
        _ = try await replica.write { transaction in
            for (topic, scope) in [
                (Topic.config, Scope.organisation), (.mail, .organisation), (.audit, Self.scope),
            ] {
                try transaction.append(
                    "later", kind: "future.thing", topic: topic, scope: scope, actor: "test")
            }
        }
        // A known kind whose header has a field more, and one whose body has.
        let strange = StrangeRecord(replica: replica)
        try await strange.append(KeyReport(.rotated).canonicalBytes, headerField: true)
        try await strange.append(StrangeRecord.withField(KeyReport(.rotated)), headerField: false)
    }

    private func records(_ replica: Replica, by author: DeviceID) async throws -> [Record] {
        try await replica.read { transaction in
            try transaction.feeds.vector().feeds.filter { $0.device == author }
                .flatMap { try transaction.feeds.records(of: $0, after: 0, maximum: 100) }
        }
    }

    @Test func `what a later version wrote goes through hub, replicas and a file unchanged`()
        async throws
    {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let second = try await hub.join("n1", seed: 2, [.sender, .auditor], founder, organisation)
        let third = try await hub.join("n2", seed: 3, [.sender, .auditor], founder, organisation)
        // Both capabilities wait for an administrator.
        for device in [second.identity.id, third.identity.id] {
            try await hub.writer(founder, organisation).make { _ in
                .grant(device: device, capabilities: [.sender, .auditor], keys: [])
            }
        }
        try await writeAsLater(on: founder)
        try await hub.synchronise(founder, organisation)
        try await hub.synchronise(second, organisation)
        var file: [UInt8] = []
        _ = try await ExportMaker(second, program: "1").make(write: { file += $0 })
        let bytes = file
        let directory = TemporaryDirectory()
        _ = try await ExportImport(into: third, path: "f", spool: directory.file("file"))
            .run(from: { try await $0(bytes) })

        let written = try await records(founder, by: founder.identity.id)
        #expect(written.count == 5)
        #expect(written.filter { !$0.isPlain }.count == 1)
        for replica in [second, third] {
            let there = try await records(replica, by: founder.identity.id)
            #expect(there.map(\.headerBytes) == written.map(\.headerBytes))
            #expect(there.map(\.content) == written.map(\.content))
        }
        let digests = try await founder.read { try $0.stateDigests() }
        #expect(try await third.read { try $0.stateDigests() } == digests)
        #expect(try await hub.store.stateDigests() == digests)
        let alarms = try await third.read { try AlarmStore($0.connection).all() }
        #expect(alarms.isEmpty)
        let unknown = try await third.read { transaction in
            try Topic.allCases.flatMap { try transaction.voidRecords(of: $0) }
        }
        #expect(unknown.map(\.kind) == ["future.thing", "future.thing"])
        #expect(!unknown.contains { !$0.isUnknown })
    }

    @Test func `only records that say more than this version reads are called unknown`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 1)
        let replica = organisation.replicas[0]
        _ = try await replica.write { transaction in
            try transaction.append(
                KeyReport(.rotated), kind: KeyReport.recordKind, topic: .audit, scope: Self.scope,
                actor: "test")
        }
        try await writeAsLater(on: replica)
        let feed = replica.identity.feed(.audit, Self.scope)
        let unknown = try await replica.read { transaction in
            try (1...4).map { try transaction.hasUnknownParts(feed, $0) }
        }
        #expect(unknown == [false, true, true, true])
    }
}
