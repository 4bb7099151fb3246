import SyncCore
import TestSupport
import Testing

/// Why values stand beside each other, and how a decision is taken back.
struct ConflictTests {
    private let path = RegisterPath("user", "juan", "name")

    private func write(
        _ text: String, on replica: Replica, to path: RegisterPath? = nil,
        seen: [Dot]? = nil
    ) async throws {
        let path = path ?? self.path
        try await replica.write { transaction in
            try transaction.configure(
                [path: .text(text)], actor: "test", seen: seen.map { [path: $0] } ?? [:])
        }
    }

    private func conflicts(_ replica: Replica) async throws -> [ConfigConflict] {
        try await replica.read { try ConflictSearch($0).all() }
    }

    private func exchange(_ organisation: TestOrganisation) async throws {
        try await organisation.copy(from: 0, to: 1)
        try await organisation.copy(from: 1, to: 0)
    }

    @Test func `each author had not received the other's value, and that is said with numbers`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let (one, two) = (organisation.replicas[0], organisation.replicas[1])
        try await write("a", on: one)
        try await write("b", on: one)
        try await organisation.copy(from: 0, to: 1)
        try await write("c", on: one)
        try await write("d", on: two)
        try await exchange(organisation)
        for replica in [one, two] {
            let conflict = try #require(try await conflicts(replica).first)
            #expect(conflict.reason == .concurrent)
            #expect(conflict.register.entries.count == 2)
            for (entry, knowledge) in zip(conflict.register.entries, conflict.knowledge) {
                #expect(!knowledge.includesOther)
                let isFirst = entry.dot.device == one.identity.id
                #expect(knowledge.received == (isFirst ? 0 : 2))
                #expect(knowledge.other.sequence == (isFirst ? 1 : 3))
            }
        }
    }

    @Test func `who was shown an earlier value than he had received is told from that`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let (one, two) = (organisation.replicas[0], organisation.replicas[1])
        try await write("a", on: one)
        try await organisation.copy(from: 0, to: 1)
        let path = path
        let shown = try await two.read { try $0.config.register(path).entries.map(\.dot) }
        try await write("b", on: one)
        try await organisation.copy(from: 0, to: 1)
        try await write("c", on: two, seen: shown)
        #expect(try await conflicts(two).map(\.reason) == [.shownEarlier])
    }

    @Test func `a field written beside a removal is a conflict, and one written after it is none`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let (one, two) = (organisation.replicas[0], organisation.replicas[1])
        try await write("Juan", on: one)
        try await organisation.copy(from: 0, to: 1)
        try await write("removed", on: one, to: RegisterPath("user", "juan", "state"))
        try await write("Juanito", on: two)
        try await exchange(organisation)
        for replica in [one, two] {
            let conflict = try #require(try await conflicts(replica).first)
            #expect(conflict.path == path)
            #expect(conflict.reason == .removed)
            #expect(conflict.removal?.dot.device == one.identity.id)
        }
        try await write("Juanito", on: two)
        #expect(try await conflicts(two).isEmpty)
    }

    @Test func `a change is taken back by a write that everybody receives, and that again`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let (one, two) = (organisation.replicas[0], organisation.replicas[1])
        try await write("Juan", on: one)
        try await write("Juanito", on: one)
        let path = path
        for text in ["Juan", "Juanito", "Juan"] {
            try await one.write { _ = try ConfigUndo($0).undo(path, actor: "jefe") }
            try await organisation.copy(from: 0, to: 1)
            for replica in [one, two] {
                #expect(
                    try await replica.read { try $0.config.register(path).value } == .text(text))
            }
        }
        let history = try await two.read { try $0.config.history(of: path) }
        #expect(history.count == 5)
        #expect(history.map(\.entry.actor).suffix(3) == ["jefe", "jefe", "jefe"])
    }

    @Test func `a conflict that was settled can be opened again, and settled otherwise`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let (one, two) = (organisation.replicas[0], organisation.replicas[1])
        try await write("Juan", on: one)
        try await write("Juanito", on: two)
        try await exchange(organisation)
        try await write("Juan", on: one)
        #expect(try await conflicts(one).isEmpty)
        let path = path
        let register = try await one.write { try ConfigUndo($0).undo(path, actor: "jefe") }
        #expect(Set(register.entries.map(\.value)) == [.text("Juan"), .text("Juanito")])
        try await exchange(organisation)
        for replica in [one, two] {
            #expect(try await conflicts(replica).map(\.reason) == [.undone])
        }
        try await write("Juanito", on: two)
        try await exchange(organisation)
        for replica in [one, two] {
            #expect(try await conflicts(replica).isEmpty)
            #expect(
                try await replica.read { try $0.config.register(path).value } == .text("Juanito"))
        }
    }

    @Test func `what nobody wrote, and what is in conflict, is not undone`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let one = organisation.replicas[0]
        let path = path
        await #expect(throws: ConfigUndoError.self) {
            try await one.write { _ = try ConfigUndo($0).undo(path, actor: "jefe") }
        }
        try await write("Juan", on: one)
        try await write("Juanito", on: organisation.replicas[1])
        try await exchange(organisation)
        let error = await #expect(throws: ConfigUndoError.self) {
            try await one.write { _ = try ConfigUndo($0).undo(path, actor: "jefe") }
        }
        #expect(error?.code == .conflict)
        #expect(error?.explanation.es != error?.explanation.en)
    }
}
