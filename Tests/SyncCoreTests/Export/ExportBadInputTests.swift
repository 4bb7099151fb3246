import SyncCore
import TestSupport
import Testing

/// Files that are no files of records, or not what was signed: refused, and nothing changes.
struct ExportBadInputTests {
    private let path = RegisterPath("user", "juan", "name")

    private func world() async throws -> (TestOrganisation, [UInt8]) {
        let organisation = try await TestOrganisation(count: 2)
        let path = path
        try await organisation.replicas[0].write {
            try $0.configure([path: .text("Juan")], actor: "test")
        }
        return (organisation, try await ExportFixture.export(organisation.replicas[0]))
    }

    private func code(
        of file: [UInt8], into replica: Replica, pieces: Int = 4096
    ) async throws -> ExportError.Code? {
        do {
            _ = try await ExportFixture.take(file, into: replica, pieces: pieces)
            return nil
        } catch let error as ExportError {
            for text in [error.explanation.es, error.explanation.en] {
                #expect(text.contains("s.sync"), "\(text)")
            }
            #expect(error.explanation.en.contains("Nothing was changed"))
            return error.code
        }
    }

    @Test func `a cut, lengthened or altered file is refused, and nothing changes`() async throws {
        let (organisation, file) = try await world()
        let target = organisation.replicas[1]
        let before = try await ExportFixture.state(of: target)
        for count in stride(from: 0, to: file.count, by: 61) {
            let code = try await code(of: Array(file[..<count]), into: target, pieces: 100)
            #expect(code == (count == 0 ? .notAnExport : .truncated), "\(count)")
        }
        #expect(try await code(of: file + [0], into: target) == .tooLong)
        for place in stride(from: 20, to: file.count, by: 37) {
            var altered = file
            altered[place] ^= 1
            #expect(try await code(of: altered, into: target) != nil, "\(place)")
        }
        #expect(try await ExportFixture.state(of: target) == before)
        #expect(try await code(of: file, into: target) == nil)
    }

    @Test func `something else is called that`() async throws {
        let (organisation, file) = try await world()
        let target = organisation.replicas[1]
        #expect(
            try await code(of: Array("hello, this is a letter".utf8), into: target) == .notAnExport)
        #expect(try await code(of: Array("syncmail backup\n".utf8), into: target) == .notAnExport)
        var newer = file
        newer[19] = 2
        #expect(try await code(of: newer, into: target) == .newer)
    }

    @Test func `the file of another organisation is refused`() async throws {
        let (_, file) = try await world()
        let other = try await TestOrganisation(count: 1, name: "OTRA")
        let before = try await ExportFixture.state(of: other.replicas[0])
        #expect(try await code(of: file, into: other.replicas[0]) == .otherOrganisation)
        #expect(try await ExportFixture.state(of: other.replicas[0]) == before)
    }

    @Test func `a device that the maker does not know is told so`() async throws {
        let organisation = try await TestOrganisation(count: 3)
        _ = try await organisation.forget(lastEntries: 3, on: 0)
        let file = try await ExportFixture.export(organisation.replicas[0])
        #expect(try await code(of: file, into: organisation.replicas[2]) == .notForUs)
    }

    @Test func `the file of a device that never belonged is refused`() async throws {
        let organisation = try await TestOrganisation(count: 3)
        _ = try await organisation.forget(lastEntries: 3, on: 1)
        let (stranger, target) = (organisation.replicas[2], organisation.replicas[1])
        // It knows of itself, and leaves out of the file that it joined.
        let file = try await ExportFixture.export(stranger)
        let whole = try await ExportFixture.take(file, into: target)
        #expect(whole.newEntriesCount == 3)
        let other = try await TestOrganisation(count: 3)
        _ = try await other.forget(lastEntries: 3, on: 1)
        _ = try await other.forget(lastEntries: 3, on: 2)
        let forged = try await ExportFixture.export(other.replicas[2])
        let before = try await ExportFixture.state(of: other.replicas[1])
        #expect(try await code(of: forged, into: other.replicas[1]) == .stranger)
        #expect(try await ExportFixture.state(of: other.replicas[1]) == before)
    }

    @Test func `records that their author did not sign make the whole file worthless`()
        async throws
    {
        let (organisation, _) = try await world()
        let (liar, target) = (organisation.replicas[0], organisation.replicas[1])
        let path = path
        try await target.write { try $0.configure([path: .text("Ana")], actor: "test") }
        // The maker has stored a record under another device's name.
        let victim = target.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        let author = LyingAuthor(
            replica: liar, organisation: try await liar.read { $0.membership.organisation })
        let batch = author.batch([author.record(of: victim)])
        try await liar.write { transaction in
            try transaction.feeds.append(batch.records[...])
            try transaction.feeds.setHead(batch.head)
        }
        let file = try await ExportFixture.export(liar)
        let before = try await ExportFixture.state(of: target)
        #expect(try await code(of: file, into: target) == .forgedRecords)
        #expect(try await ExportFixture.state(of: target) == before)
    }

    @Test func `a file that tells another story of who belongs is refused`() async throws {
        let organisation = try await TestOrganisation(count: 2)
        let (source, target) = (organisation.replicas[0], organisation.replicas[1])
        // Both are administrators, and each makes the next entry.
        for replica in organisation.replicas {
            try await replica.write { transaction in
                let epoch = transaction.identity.makeEpoch(
                    2, for: [], using: transaction.environment)
                try transaction.admit(transaction.nextEntry(.epoch(epoch)))
            }
        }
        let file = try await ExportFixture.export(source)
        #expect(try await code(of: file, into: target) == .otherMembership)
    }
}
