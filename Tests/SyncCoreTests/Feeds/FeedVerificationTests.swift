import SyncCore
import TestSupport
import Testing

struct FeedVerificationTests {
    private static let recordsCount = 600

    /// One replica with a feed long enough for several pages and two heads.
    private func organisation(
        records: Int = recordsCount
    ) async throws -> (TestOrganisation, FeedID) {
        let organisation = try await TestOrganisation(count: 2)
        let replica = organisation.replicas[0]
        for start in stride(from: 0, to: records, by: 300) {
            try await replica.write { transaction in
                for number in start..<min(start + 300, records) {
                    try transaction.configure(
                        [RegisterPath("user", "juan", "name"): .integer(Int64(number))],
                        actor: "test")
                }
            }
        }
        return (organisation, replica.identity.feed(.config, .organisation))
    }

    private func run(_ sql: String, _ values: SQLValue..., on replica: Replica) async throws {
        try await replica.write { transaction in
            let count = try transaction.connection.run(sql, values: values)
            #expect(count > 0)
        }
    }

    private func verify(_ replica: Replica) async throws -> VerificationReport {
        try await LogVerifier(replica).verify()
    }

    @Test func `a replica that nobody touched is whole`() async throws {
        let (organisation, feed) = try await organisation()
        try await organisation.copy(from: 0, to: 1)
        for replica in organisation.replicas {
            let report = try await verify(replica)
            #expect(report.isWhole)
            #expect(report.feeds.map(\.feed) == [feed])
            #expect(report.feeds.first?.recordsCount == UInt64(Self.recordsCount))
            #expect(report.membership.height == 4)
        }
    }

    @Test(arguments: [1, 2, 299, 300, 301, 512, 599, 600])
    func `a flipped byte names its record, wherever it is`(sequence: Int) async throws {
        let (organisation, feed) = try await organisation()
        let replica = organisation.replicas[0]
        let stored = try await replica.read {
            try $0.feeds.records(of: feed, after: UInt64(sequence - 1), maximum: 1)
        }
        let record = try #require(stored.first)
        for (column, bytes, fault) in [
            ("header", record.headerBytes, FeedFinding.Fault.altered),
            ("body", record.content?.body ?? [], .content),
            ("salt", record.content?.salt ?? [], .content),
        ] {
            for index in [0, bytes.count / 2, bytes.count - 1] {
                var flipped = bytes
                flipped[index] ^= 1
                let update = "UPDATE record SET \(column) = ? WHERE sequence = ?"
                try await run(update, .bytes(flipped), .integer(sequence), on: replica)
                let report = try await verify(replica)
                #expect(
                    report.findings == [
                        FeedFinding(feed: feed, sequence: UInt64(sequence), fault: fault)
                    ])
                try await run(update, .bytes(bytes), .integer(sequence), on: replica)
            }
        }
        #expect(try await verify(replica).isWhole)
    }

    @Test(arguments: [300, 600])
    func `a flipped byte of a signature names the head`(sequence: Int) async throws {
        let (organisation, feed) = try await organisation()
        let replica = organisation.replicas[0]
        let bytes = try await replica.inspect { connection in
            try connection.first(
                "SELECT head FROM feed_head WHERE sequence = ?", .integer(sequence)
            ) { $0.bytes(0) }
        }
        var head = try #require(bytes)
        head[head.count - 1] ^= 1
        try await run(
            "UPDATE feed_head SET head = ? WHERE sequence = ?", .bytes(head), .integer(sequence),
            on: replica)
        #expect(
            try await verify(replica).findings == [
                FeedFinding(feed: feed, sequence: UInt64(sequence), fault: .signature)
            ])
    }

    @Test(arguments: [1, 77, 256, 300, 600])
    func `a deleted record is missed`(sequence: Int) async throws {
        let (organisation, feed) = try await organisation()
        let replica = organisation.replicas[0]
        try await run("DELETE FROM record WHERE sequence = ?", .integer(sequence), on: replica)
        #expect(
            try await verify(replica).findings == [
                FeedFinding(feed: feed, sequence: UInt64(sequence), fault: .missing)
            ])
    }

    @Test func `a tail that was cut off is missed`() async throws {
        let (organisation, feed) = try await organisation()
        let replica = organisation.replicas[0]
        try await run("DELETE FROM record WHERE sequence > 590", on: replica)
        let missing = FeedFinding(feed: feed, sequence: 600, fault: .missing)
        #expect(try await verify(replica).findings == [missing])
        // Whoever mends the count has still the signed head against him.
        try await run("UPDATE feed SET count = 590", on: replica)
        let cut = try await verify(replica).findings
        #expect(cut.contains(FeedFinding(feed: feed, sequence: 591, fault: .missing)))
        // Without that head, nothing signs what is behind the one before.
        try await run("DELETE FROM feed_head WHERE sequence = 600", on: replica)
        let unsigned = try await verify(replica).findings
        let heads = try await replica.inspect { connection in
            try connection.first("SELECT max(sequence) FROM feed_head") { $0.integer(0) }
        }
        let last = UInt64(try #require(heads))
        #expect(unsigned == [FeedFinding(feed: feed, sequence: last + 1, fault: .unsigned)])
    }

    @Test func `a record that was added behind the count is noticed`() async throws {
        let (organisation, feed) = try await organisation(records: 5)
        let replica = organisation.replicas[0]
        try await run(
            "INSERT INTO record SELECT feed, 6, header, salt, body FROM record WHERE sequence = 5",
            on: replica)
        #expect(
            try await verify(replica).findings == [
                FeedFinding(feed: feed, sequence: 6, fault: .unexpected)
            ])
    }

    @Test func `a record swapped with another is noticed`() async throws {
        let (organisation, feed) = try await organisation(records: 5)
        let replica = organisation.replicas[0]
        try await run(
            """
            UPDATE record SET header = (SELECT header FROM record WHERE sequence = 2)
            WHERE sequence = 3
            """, on: replica)
        #expect(
            try await verify(replica).findings == [
                FeedFinding(feed: feed, sequence: 3, fault: .altered)
            ])
    }

    @Test func `an erased content counts, and is a fault where nobody signed it`() async throws {
        let (organisation, _) = try await organisation(records: 5)
        let replica = organisation.replicas[0]
        try await run(
            "UPDATE record SET salt = NULL, body = NULL WHERE sequence = 2", on: replica)
        let report = try await verify(replica)
        #expect(report.findings.map(\.fault) == [.erased])
        #expect(report.feeds.first?.erasedCount == 1)
        try await run("UPDATE record SET body = x'00' WHERE sequence = 2", on: replica)
        #expect(try await verify(replica).findings.map(\.fault) == [.content])
    }

    @Test func `rubbish in any column is a finding and never a trap`() async throws {
        let (organisation, _) = try await organisation(records: 5)
        let replica = organisation.replicas[0]
        try await run("UPDATE record SET header = x'ff00' WHERE sequence = 5", on: replica)
        try await run("UPDATE record SET salt = x'' WHERE sequence = 4", on: replica)
        try await run("UPDATE feed_head SET head = x'81'", on: replica)
        #expect(try await verify(replica).isWhole == false)
        try await run("UPDATE feed SET count = -7, hash = x''", on: replica)
        #expect(try await verify(replica).isWhole == false)
        try await run("UPDATE feed SET name = x'00'", on: replica)
        #expect(try await verify(replica).unreadableFeedsCount == 1)
    }

    @Test(arguments: [1, 2, 3, 4])
    func `a changed entry of membership is named`(height: Int) async throws {
        let (organisation, _) = try await organisation(records: 5)
        let replica = organisation.replicas[0]
        let bytes = try await replica.inspect { connection in
            try connection.first(
                "SELECT entry FROM membership WHERE height = ?", .integer(height)
            ) { $0.bytes(0) }
        }
        var entry = try #require(bytes)
        entry[entry.count - 1] ^= 1
        try await run(
            "UPDATE membership SET entry = ? WHERE height = ?", .bytes(entry), .integer(height),
            on: replica)
        let report = try await verify(replica)
        #expect(report.brokenMembership == UInt64(height))
        #expect(!report.isWhole)
    }
}
