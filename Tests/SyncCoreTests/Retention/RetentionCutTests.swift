import Foundation
import TestSupport
import Testing

@testable import SyncCore

/// What administrators retire, and what nobody may.
struct RetentionCutTests {
    private static let day = Duration.seconds(86_400)
    private static let scope = Scope.branch(BranchID(validated: "matriz"))
    private static let canary = "canario-7731-cotización-secreta"

    /// A replica whose clock and key the test holds.
    private struct Device {
        let manual: ManualEnvironment
        let directory = TemporaryDirectory()
        let replica: Replica
        let key: SecretBytes
        var path: String { directory.file("replica.db") }
        var feed: FeedID { replica.identity.feed(.audit, RetentionCutTests.scope) }

        init(seed: UInt64 = 1) async throws {
            manual = ManualEnvironment(seed: seed)
            let environment = manual.environment
            key = SecretBytes(randomCount: 32, from: environment)
            replica = try await Replica.open(
                path: directory.file("replica.db"), key: key, name: "n",
                environment: environment)
            let paper = RecoveryKey(randomFrom: environment)
            try await replica.write {
                try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: paper)
            }
        }

        func audit(_ text: String) async throws {
            _ = try await replica.write { transaction in
                try transaction.append(
                    text, kind: "audit.other", topic: .audit, scope: RetentionCutTests.scope,
                    actor: "test")
            }
        }

        func sign(_ days: Int) async throws {
            let before = manual.environment.now().advanced(by: .zero - RetentionCutTests.day * days)
            try await replica.write { transaction in
                try transaction.sign(
                    RetentionCut([.init(topic: .audit, before: before)]), actor: "ana")
            }
        }

        func contents() async throws -> [String?] {
            let feed = feed
            return try await replica.read { transaction in
                try transaction.feeds.records(of: feed, after: 0, maximum: 100).map { record in
                    try record.content.map { try String(canonicalBytes: $0.body) }
                }
            }
        }

        func cuts() async throws -> Int {
            try await replica.read { try $0.retention.entries().count }
        }
    }

    @Test func `what is older than the cut goes, and the log says who signed that and when`()
        async throws
    {
        let device = try await Device()
        try await device.audit("old")
        device.manual.advance(by: Self.day * 50)
        try await device.audit("young")
        device.manual.advance(by: Self.day * 50)
        #expect(try await device.replica.retireAll(pausing: .zero) == 0)
        try await device.sign(60)
        #expect(try await device.replica.retireAll(pausing: .zero) > 0)
        #expect(try await device.contents() == [nil, "young"])
        // A second time there is nothing left to do.
        #expect(try await device.replica.retireAll(pausing: .zero) == 0)
        let report = try await LogVerifier(device.replica).verify()
        #expect(report.isWhole)
        #expect(report.cuts.map(\.actor) == ["ana"])
        #expect(report.cuts.first?.dot.device == device.replica.identity.id)
        #expect(report.feeds.map(\.erasedCount).reduce(0, +) == 1)
    }

    @Test func `nothing of the last thirty days goes, whatever was signed`() async throws {
        let device = try await Device()
        try await device.audit("old")
        device.manual.advance(by: Self.day * 20)
        try await device.sign(10)
        #expect(try await device.cuts() == 0)
        #expect(try await device.replica.retireAll(pausing: .zero) == 0)
        #expect(try await device.contents() == ["old"])
    }

    @Test func `a cut of an author whose clock is ahead waits for the clock here`() async throws {
        let device = try await Device()
        try await device.audit("old")
        let now = device.manual.environment.now()
        device.manual.advance(by: Self.day * 400)
        try await device.sign(40)
        device.manual.setWall(now.advanced(by: Self.day * 300))
        #expect(try await device.cuts() == 1)
        #expect(try await device.replica.retireAll(pausing: .zero) == 0)
        device.manual.setWall(now.advanced(by: Self.day * 391))
        #expect(try await device.replica.retireAll(pausing: .zero) > 0)
        #expect(try await device.contents() == [nil])
    }

    @Test func `a content that vanished without a cut is found`() async throws {
        let device = try await Device()
        for text in ["one", "two"] { try await device.audit(text) }
        let feed = device.feed
        _ = try await device.replica.write { try $0.feeds.eraseContent(of: feed, [2]) }
        let report = try await LogVerifier(device.replica).verify()
        #expect(report.findings.map(\.fault) == [.erased])
        #expect(report.findings.map(\.sequence) == [2])
        // A cut that no record says excuses nothing.
        _ = try await device.replica.write { transaction in
            try transaction.connection.run(
                """
                INSERT INTO retention_cut
                    (device, incarnation, sequence, topic, before, time, actor)
                VALUES (?, 1, 1, 3, ?, 1, 'nobody')
                """, .bytes(feed.device.bytes), .integer(Int64.max))
        }
        #expect(try await LogVerifier(device.replica).verify().findings.map(\.fault) == [.erased])
    }

    @Test func `a rule is carried out day by day, and never where two disagree`() async throws {
        let device = try await Device()
        try await device.audit("old")
        device.manual.advance(by: Self.day * 100)
        func due() async throws -> RetentionCut? {
            try await device.replica.read { try $0.dueCut() }
        }
        #expect(try await due() == nil)
        try await device.replica.write { transaction in
            try transaction.configure([RetentionRule.auditPath: .integer(60)], actor: "ana")
        }
        let cut = try #require(try await due())
        #expect(cut.parts.map(\.topic) == [.audit])
        // Somebody wrote another number, not having seen this one.
        try await device.replica.write { transaction in
            try transaction.configure(
                [RetentionRule.auditPath: .integer(90)], actor: "luis",
                seen: [RetentionRule.auditPath: []])
        }
        #expect(try await due() == nil)
        try await device.replica.write { transaction in
            try transaction.configure([RetentionRule.auditPath: .integer(60)], actor: "ana")
            try transaction.sign(cut, actor: "ana")
        }
        _ = try await device.replica.retireAll(pausing: .zero)
        #expect(try await due() == nil)
    }

    @Test func `no page of the file and no frame of the log holds what was retired`()
        async throws
    {
        let device = try await Device()
        for _ in 0..<40 {
            try await device.audit(String(repeating: Self.canary, count: 30))
        }
        try await device.replica.checkpoint()
        #expect(try pagesWithCanary(of: device) > 0)
        device.manual.advance(by: Self.day * 100)
        try await device.sign(60)
        _ = try await device.replica.retireAll(pausing: .zero)
        while try await device.replica.returnFreePages() {}
        try await device.replica.checkpoint()
        #expect(try pagesWithCanary(of: device) == 0)
        #expect(try Data(contentsOf: URL(filePath: device.path + "-wal")).isEmpty)
        #expect(try await LogVerifier(device.replica).verify().isWhole)
    }

    /// How many pages hold the canary once they are decrypted, free ones included.
    private func pagesWithCanary(of device: Device) throws -> Int {
        let file = [UInt8](try Data(contentsOf: URL(filePath: device.path)))
        let cipher = PageCipher(
            dataKey: device.key, fileID: Array(file.prefix(PageLayout.fileIDBytes)))
        let needle = Array(Self.canary.utf8)
        var found = 0
        for start in stride(from: 0, to: file.count, by: PageLayout.pageBytes) {
            let number = UInt32(start / PageLayout.pageBytes + 1)
            var page = [UInt8](repeating: 0, count: PageLayout.pageBytes)
            let isOpen = file[start..<start + PageLayout.pageBytes].withUnsafeBytes { sealed in
                page.withUnsafeMutableBytes { target in
                    cipher.open(sealed, into: target, kind: .database, number: number)
                }
            }
            try #require(isOpen)
            if page.withUnsafeBytes({ $0.contains(needle) }) { found += 1 }
        }
        return found
    }
}
