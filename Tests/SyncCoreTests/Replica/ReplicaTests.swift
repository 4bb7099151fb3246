import SyncCore
import TestSupport
import Testing

struct ReplicaTests {
    private let path = RegisterPath("user", "juan", "name")

    @Test func `a write reaches another replica`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        try await write("Juan", on: organisation.replicas[0])
        try await organisation.copy(from: 0, to: 1)
        #expect(try await value(on: organisation.replicas[1]) == .text("Juan"))
    }

    @Test func `concurrent writes are the same conflict on both sides`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        try await write("Juan", on: organisation.replicas[0])
        try await write("Juanito", on: organisation.replicas[1])
        try await organisation.copy(from: 0, to: 1)
        try await organisation.copy(from: 1, to: 0)
        let conflicts = try await conflicts(of: organisation)
        #expect(conflicts[0] == conflicts[1])
        #expect(conflicts[0].first?.entries.count == 2)
    }

    @Test func `settling a conflict settles it everywhere and keeps the history`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        try await write("Juan", on: organisation.replicas[0])
        try await write("Juanito", on: organisation.replicas[1])
        try await organisation.copy(from: 0, to: 1)
        try await write("Juan", on: organisation.replicas[1])
        try await organisation.copy(from: 1, to: 0)
        #expect(try await conflicts(of: organisation) == [[], []])
        let path = path
        let history = try await organisation.replicas[0].read { transaction in
            try transaction.config.history(of: path).map(\.isLive)
        }
        #expect(history.filter(\.self).count == 1)
        #expect(history.count == 3)
    }

    @Test func `a write that replaced an unseen one waits for it`() async throws {
        let organisation = try await TestOrganisation(count: 3)
        try await write("Juan", on: organisation.replicas[0])
        try await organisation.copy(from: 0, to: 1)
        try await write("Juanito", on: organisation.replicas[1])
        // The third replica hears of the second write first.
        let later = organisation.replicas[1].identity.feed(.config, .organisation)
        let batch = try await organisation.replicas[1].read {
            try $0.feeds.batch(of: later, after: 0)
        }
        try await organisation.replicas[2].write { transaction in
            if let batch { try transaction.admit(batch) }
        }
        try await organisation.copy(from: 0, to: 2)
        #expect(try await value(on: organisation.replicas[2]) == .text("Juanito"))
        #expect(try await conflicts(of: organisation)[2] == [])
    }

    @Test func `a batch that comes twice changes nothing`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        try await write("Juan", on: organisation.replicas[0])
        try await organisation.copy(from: 0, to: 1)
        let before = try await organisation.replicas[1].read { try $0.config.digest() }
        try await organisation.copy(from: 0, to: 1)
        #expect(try await organisation.replicas[1].read { try $0.config.digest() } == before)
    }

    @Test func `another record under the same identity is a fork`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let other = try await TestOrganisation(count: 2)
        // The same seeds make the same keys, so this is the same device with another history.
        try await write("Juan", on: organisation.replicas[0])
        try await write("Pedro", on: other.replicas[0])
        try await organisation.copy(from: 0, to: 1)
        let feed = other.replicas[0].identity.feed(.config, .organisation)
        let batch = try await other.replicas[0].read { try $0.feeds.batch(of: feed, after: 0) }
        await #expect(throws: FeedError.fork(feed, sequence: 1)) {
            try await organisation.replicas[1].write { transaction in
                if let batch { try transaction.admit(batch) }
            }
        }
    }

    private func write(_ text: String, on replica: Replica) async throws {
        let path = path
        try await replica.write { try $0.configure([path: .text(text)], actor: "test") }
    }

    private func value(on replica: Replica) async throws -> RegisterValue {
        let path = path
        return try await replica.read { try $0.config.register(path).value }
    }

    private func conflicts(of organisation: TestOrganisation) async throws -> [[Register]] {
        var conflicts: [[Register]] = []
        for replica in organisation.replicas {
            conflicts.append(try await replica.read { try $0.config.conflicts() })
        }
        return conflicts
    }
}
