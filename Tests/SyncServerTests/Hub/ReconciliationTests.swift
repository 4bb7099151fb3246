import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Equal records and another state: found at the next exchange, named, and mended.
struct ReconciliationTests {
    private let path = RegisterPath("user", "juan", "name")

    private struct World {
        let hub: TestHub
        let founder: Replica
        let other: Replica
        let organisation: Digest

        init() async throws {
            hub = try await TestHub()
            (founder, organisation) = try await hub.foundOrganisation()
            other = try await hub.join("n1", seed: 2, [], founder, organisation)
            for (name, text) in [("juan", "Juan"), ("ana", "Ana"), ("luis", "Luis")] {
                let path = RegisterPath("user", name, "name")
                try await founder.write {
                    try $0.configure([path: .text(text)], actor: name)
                }
            }
            try await sync()
        }

        func sync() async throws {
            try await hub.synchronise(founder, organisation)
            try await hub.synchronise(other, organisation)
        }

        func alarms() async throws -> [Alarm] {
            try await other.read { try AlarmStore($0.connection).all() }
        }

        func areEqual() async throws -> Bool {
            let hub = try await hub.store.stateDigests()
            let own = try await other.read { try $0.stateDigests() }
            return hub == own
        }
    }

    // A merge that ignores a register, or does to it what nobody wrote.
    @Test(arguments: [
        "DELETE FROM config_write WHERE path = 'user/juan/name'",
        "UPDATE config_write SET live = 0 WHERE path = 'user/juan/name'",
        "UPDATE config_write SET value = x'820163506163' WHERE path = 'user/juan/name'",
    ])
    func `a register that is not what its records say is named and mended`(
        fault: String
    ) async throws {
        let world = try await World()
        _ = try await world.other.write { try $0.connection.run(fault) }
        #expect(try await !world.areEqual())
        try await world.sync()
        let alarms = try await world.alarms()
        #expect(alarms.map(\.kind) == [.repaired])
        #expect(alarms.first?.subject == "user/juan/name")
        let detail = try #require(alarms.first?.detail)
        #expect(detail.contains("≠ \"Juan\" (juan, "), "\(detail)")
        #expect(
            detail.hasPrefix(fault.hasPrefix("UPDATE config_write SET value") ? "\"Pac\"" : "∅"))
        #expect(try await world.areEqual())
    }

    @Test func `what the hub holds wrong is named, and nothing here changes`() async throws {
        let world = try await World()
        let before = try await world.other.read { try $0.stateDigests() }
        try await world.hub.store.transaction { transaction in
            let sqlite = try #require(transaction as? SQLiteTransaction)
            try sqlite.transaction.connection.run(
                "UPDATE config_write SET value = x'820163506163' WHERE path = 'user/juan/name'")
        }
        try await world.sync()
        let alarms = try await world.alarms()
        #expect(Set(alarms.map(\.kind)) == [.digestMismatch])
        let named = try #require(alarms.first { $0.subject == "user/juan/name" })
        #expect(named.detail.hasPrefix("\"Juan\" (juan, "))
        #expect(named.detail.contains("≠ \"Pac\" ("))
        #expect(try await world.other.read { try $0.stateDigests() } == before)
    }

    @Test func `a note of where a feed ends is corrected from its records`() async throws {
        let world = try await World()
        _ = try await world.other.write {
            try $0.connection.run("UPDATE feed SET hash = randomblob(32) WHERE topic = 1")
        }
        try await world.sync()
        try await world.sync()
        #expect(try await world.areEqual())
        #expect(try await world.alarms().map(\.kind) == [.repaired])
    }

    @Test func `another history of one length is narrowed down, kept, and fetched again`()
        async throws
    {
        let world = try await ClonedAuthor()
        try await world.hub.synchronise(world.device, world.organisation)
        // The copy's history reaches n2 first, on a stick.
        let feed = world.device.identity.feed(.config, .organisation)
        for place in [UInt64(0), ClonedAuthor.common] {
            if let batch = try await world.copy.read({
                try $0.feeds.batch(of: feed, after: place)
            }) {
                _ = try await world.reader.write { try $0.receive(batch) }
            }
        }
        try await world.hub.synchronise(world.reader, world.organisation)
        let (alarms, others, hash) = try await world.reader.read { transaction in
            (
                try AlarmStore(transaction.connection).all(),
                try transaction.otherHistories.all(), try transaction.feeds.end(of: feed).hash
            )
        }
        #expect(Set(alarms.map(\.kind)) == [.fork, .otherRecord])
        let named = try #require(alarms.first { $0.kind == .otherRecord })
        #expect(named.subject.hasSuffix(" config \(ClonedAuthor.common + 1)"), "\(named.subject)")
        #expect(others.count == 1)
        #expect(hash == (try await world.device.read { try $0.feeds.end(of: feed).hash }))
        let digests = try await world.reader.read { try $0.stateDigests() }
        #expect(try await world.hub.store.stateDigests() == digests)
        #expect(try await LogVerifier(world.reader).verify().isWhole)
    }

    @Test(.timeLimit(.minutes(10)))
    func `records that the hub cannot show signed take nobody's place`() async throws {
        struct Forger: HubChannel {
            let channel: HubClient

            func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
                let reply = try await channel.ask(request, within: wait)
                switch reply {
                case .compared(.ends(let ends)):
                    let lies = ends.map {
                        FeedEnd(feed: $0.feed, count: $0.count, hash: .zero)
                    }
                    return .compared(.ends(lies))
                case .compared(.records(let hashes)):
                    return .compared(.records(hashes.map { _ in .zero }))
                case .exchange(var exchange):
                    exchange.digests = exchange.digests.map {
                        StateDigest(
                            topic: $0.topic, scope: $0.scope, vector: $0.vector, digest: .zero)
                    }
                    return .exchange(exchange)
                default: return reply
                }
            }
        }
        let world = try await World()
        let before = try await world.other.read { try $0.stateDigests() }
        let channel = world.hub.channel(for: world.other, organisation: world.organisation)
        try await SyncDriver(
            replica: world.other, channel: Forger(channel: channel)
        ).synchronise()
        #expect(try await world.other.read { try $0.stateDigests() } == before)
        #expect(try await world.alarms().map(\.kind) == [.digestMismatch])
    }

    @Test func `a device asks only about what it receives`() async throws {
        let world = try await World()
        let channel = world.hub.channel(for: world.other, organisation: world.organisation)
        let mail = world.founder.identity.feed(.mail, .organisation)
        let digest = StateDigest(
            topic: .mail, scope: .organisation, vector: VersionVector(), digest: .zero)
        let questions: [CompareQuestion] = [
            .ends(digest), .records(mail, [1]), .batch(mail, after: 0),
        ]
        for question in questions {
            await #expect(throws: HubRefusal(.notPermitted)) {
                _ = try await channel.ask(.compare(question), within: .seconds(1))
            }
        }
    }
}
