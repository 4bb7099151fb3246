import SyncCore
import TestSupport
import Testing

/// A branch without any network: records travel in files.
struct ExportImportTests {
    private let path = RegisterPath("user", "juan", "name")

    @Test func `a file brings everything, and a second time nothing`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let (source, target) = (organisation.replicas[0], organisation.replicas[1])
        try await write("Juan", on: source)
        try await write("Juanito", on: source)
        let file = try await ExportFixture.export(source)
        let first = try await ExportFixture.take(file, into: target)
        #expect(first.newRecordsCount == 2)
        #expect(first.maker == source.identity.id)
        let state = try await ExportFixture.state(of: target)
        #expect(state.digests == (try await ExportFixture.state(of: source)).digests)
        let second = try await ExportFixture.take(file, into: target)
        #expect(second.newRecordsCount == 0)
        #expect(second.recordsCount == 2)
        #expect(try await ExportFixture.state(of: target) == state)
    }

    @Test func `a file brings who belongs, before what they wrote`() async throws {
        let organisation = try await TestOrganisation(count: 3)
        let old = try await organisation.forget(lastEntries: 3, on: 2)
        let (source, target) = (organisation.replicas[1], organisation.replicas[2])
        try await write("Juan", on: source)
        let file = try await ExportFixture.export(source)
        let summary = try await ExportFixture.take(file, into: target)
        #expect(summary.newEntriesCount == 3)
        #expect(summary.newRecordsCount == 1)
        #expect(try await target.read { $0.membership.height } == old)
    }

    // The order of files is the order in which somebody happened to carry them.
    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1, 2, 1, 0]])
    func `old and new files in any order give the same state`(order: [Int]) async throws {
        let organisation = try await TestOrganisation(count: 3)
        let (source, other) = (organisation.replicas[0], organisation.replicas[1])
        let target = organisation.replicas[2]
        var files: [[UInt8]] = []
        for text in ["Juan", "Juanito", "Juancho"] {
            try await write(text, on: files.count == 1 ? other : source)
            try await organisation.copy(from: 1, to: 0)
            files.append(try await ExportFixture.export(source))
        }
        for index in order { try await ExportFixture.take(files[index], into: target) }
        #expect(
            try await ExportFixture.state(of: target).digests
                == ExportFixture.state(of: source).digests)
        #expect(try await ExportFixture.state(of: target).gaps.isEmpty)
    }

    @Test func `a branch reads the configuration and its own log, and no other's`() async throws {
        let organisation = try await TestOrganisation(
            count: 3, places: [.init("norte", []), .init("sur", [])])
        let source = organisation.replicas[0]
        try await write("Juan", on: source)
        try await source.write { transaction in
            for branch in ["norte", "sur"] {
                try transaction.append(
                    UInt64(1), kind: "audit.other", topic: .audit,
                    scope: .branch(BranchID(validated: branch)), actor: "test")
            }
            try transaction.append(
                UInt64(1), kind: "mail.other", topic: .mail, scope: .organisation, actor: "test")
        }
        let file = try await ExportFixture.export(source)
        for (index, branch) in [(1, "norte"), (2, "sur")] {
            let replica = organisation.replicas[index]
            try await ExportFixture.take(file, into: replica)
            let names = try await replica.read { try $0.stateDigests().map(\.name) }
            #expect(names == ["config", "audit/\(branch)"])
        }
    }

    @Test func `what names a person or a branch is not in the file`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let source = organisation.replicas[0]
        try await write("canaryperson", on: source)
        let file = try await ExportFixture.export(source)
        for word in ["canaryperson", "matriz", "INAIR", "user/juan"] {
            #expect(!file.contains(Array(word.utf8)), "\(word)")
        }
    }

    @Test func `a file that knows more of a device than it does itself begins another life`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let twin = try await TestOrganisation(count: 2)
        // The same seeds make the same keys, so the twin is this device, set back.
        try await write("Juan", on: organisation.replicas[0])
        let file = try await ExportFixture.export(organisation.replicas[0])
        let replica = twin.replicas[0]
        let before = replica.identity.incarnation
        let summary = try await ExportFixture.take(file, into: replica)
        #expect(summary.newRecordsCount == 1)
        #expect(replica.identity.incarnation != before)
        try await write("Juanito", on: replica)
        #expect(try await ExportFixture.state(of: replica).others == 0)
    }

    private func write(_ text: String, on replica: Replica) async throws {
        let path = path
        try await replica.write { try $0.configure([path: .text(text)], actor: "test") }
    }
}
