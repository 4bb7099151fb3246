import SyncCore
import TestSupport
import Testing

/// Whatever order, grouping and number of times records come in, the state is the same.
struct AnyOrderTests {
    /// Everything that some authors wrote, in batches of every grouping.
    private struct History {
        let organisation: TestOrganisation
        /// The replica that has everything.
        let whole: Replica
        let receivers: ArraySlice<Replica>
        let batches: [FeedBatch]
    }

    private static let authorsCount = 3
    private static let receiversCount = 4

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `records in any order, grouping and number give one state`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let history = try await Self.history(&random)
        let wanted = try await ExportFixture.state(of: history.whole)
        for receiver in history.receivers {
            var batches = history.batches + history.batches.shuffled(using: &random).prefix(5)
            batches.shuffle(using: &random)
            var place = 0
            while place < batches.count {
                let count = Int.random(in: 1...4, using: &random)
                let group = batches[place..<min(place + count, batches.count)]
                try await receiver.write { transaction in
                    for batch in group { _ = try transaction.receive(batch) }
                }
                place += count
            }
            let state = try await ExportFixture.state(of: receiver)
            #expect(state == wanted, "seed \(seed)")
        }
    }

    @Test func `what comes too early waits, is told of, and counts when the rest has come`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 2)
        let (author, receiver) = (organisation.replicas[0], organisation.replicas[1])
        let feed = author.identity.feed(.config, .organisation)
        var batches: [FeedBatch] = []
        for number in 0..<4 {
            try await Self.write("n\(number)", on: author)
            batches.append(
                try #require(
                    try await author.read { try $0.feeds.batch(of: feed, after: UInt64(number)) }))
        }
        let early = batches
        let reception = try await receiver.write { try $0.receive(early[2]) }
        #expect(reception == .waits)
        _ = try await receiver.write { try $0.receive(early[3]) }
        let gaps = try await receiver.read { try $0.waiting.gaps() }
        #expect(
            gaps == [FeedGap(feed: feed, storedCount: 0, firstWaiting: 3, lastWaiting: 4)])
        let digests = try await receiver.read { try $0.stateDigests() }
        #expect(digests.isEmpty)
        _ = try await receiver.write { try $0.receive(early[1]) }
        let last = try await receiver.write { try $0.receive(early[0]) }
        #expect(last == .stored(4))
        #expect(try await receiver.read { try $0.waiting.gaps() }.isEmpty)
        #expect(
            try await ExportFixture.state(of: receiver)
                == ExportFixture.state(of: author))
    }

    @Test func `a second history is kept, raises the alarm, and keeps no other feed away`()
        async throws
    {
        let organisation = try await TestOrganisation(count: 3)
        // The same seeds make the same keys: the same device with another history.
        let twin = try await TestOrganisation(count: 3)
        try await Self.write("Juan", on: organisation.replicas[0])
        try await Self.write("Pedro", on: twin.replicas[0])
        try await Self.write("Ana", on: twin.replicas[1])
        let receiver = organisation.replicas[2]
        try await organisation.copy(from: 0, to: 2)
        let before = try await receiver.read { try $0.config.digest() }
        for index in [0, 1, 0] {
            let feed = twin.replicas[index].identity.feed(.config, .organisation)
            let batch = try #require(
                try await twin.replicas[index].read { try $0.feeds.batch(of: feed, after: 0) })
            _ = try await receiver.write { try $0.receive(batch) }
        }
        let (others, alarms, after) = try await receiver.read { transaction in
            (
                try transaction.otherHistories.all(), try AlarmStore(transaction.connection).all(),
                try transaction.config.digest()
            )
        }
        #expect(others.map(\.batch.head.feed.device) == [twin.replicas[0].identity.id])
        #expect(alarms.map(\.kind) == [.fork])
        #expect(after != before)
    }

    @Test func `configuration of a revoked device does not count, whichever is heard of first`()
        async throws
    {
        for revokedFirst in [false, true] {
            let organisation = try await TestOrganisation(count: 3)
            let (admin, expelled) = (organisation.replicas[0], organisation.replicas[1])
            let receiver = organisation.replicas[2]
            try await Self.write("before", on: expelled)
            let feed = expelled.identity.feed(.config, .organisation)
            var cutoff = VersionVector()
            cutoff[feed] = 1
            try await Self.write("after", on: expelled)
            let revoked = cutoff
            let entry = try await admin.write { transaction in
                let entry = transaction.nextEntry(
                    .revoke(device: feed.device, cutoff: revoked))
                try transaction.admit(entry)
                return entry
            }
            if revokedFirst { try await receiver.write { try $0.admit(entry) } }
            try await organisation.copy(from: 1, to: 2)
            if !revokedFirst { try await receiver.write { try $0.admit(entry) } }
            let value = try await receiver.read {
                try $0.config.register(RegisterPath("user", "juan", "name")).value
            }
            #expect(value == .text("before"), "\(revokedFirst)")
        }
    }

    @Test func `configuration of a life that was not chosen does not count, whatever comes first`()
        async throws
    {
        for chosenFirst in [false, true] {
            let organisation = try await TestOrganisation(count: 3)
            let (admin, doubled) = (organisation.replicas[0], organisation.replicas[1])
            let receiver = organisation.replicas[2]
            try await Self.write("before", on: doubled)
            let feed = doubled.identity.feed(.config, .organisation)
            try await Self.write("after", on: doubled)
            let entry = try await admin.write { transaction in
                var counted = VersionVector()
                counted[feed] = 1
                let entry = transaction.nextEntry(
                    .life(
                        device: feed.device, survivor: Incarnation(number: 7), counted: counted))
                try transaction.admit(entry)
                return entry
            }
            if chosenFirst { try await receiver.write { try $0.admit(entry) } }
            try await organisation.copy(from: 1, to: 2)
            if !chosenFirst { try await receiver.write { try $0.admit(entry) } }
            let value = try await receiver.read {
                try $0.config.register(RegisterPath("user", "juan", "name")).value
            }
            #expect(value == .text("before"), "\(chosenFirst)")
        }
    }

    private static func history(_ random: inout SeededRandom) async throws -> History {
        let organisation = try await TestOrganisation(count: authorsCount + receiversCount)
        var batches: [FeedBatch] = []
        for step in 0..<30 {
            let author = Int.random(in: 0..<authorsCount, using: &random)
            let replica = organisation.replicas[author]
            if Bool.random(using: &random) {
                let source = Int.random(in: 0..<authorsCount, using: &random)
                if source != author { try await organisation.copy(from: source, to: author) }
            }
            let isConfig = Int.random(in: 0..<4, using: &random) > 0
            if isConfig {
                let name = ["name", "state", "mail"].randomElement(using: &random) ?? "name"
                try await write(
                    name == "state" ? "removed" : "v\(step)", on: replica,
                    to: RegisterPath("user", "u\(step % 3)", name))
            } else {
                _ = try await replica.write { transaction in
                    try transaction.append(
                        UInt64(step), kind: "audit.other", topic: .audit,
                        scope: .branch(BranchID(validated: "matriz")), actor: "test")
                }
            }
            let feed = replica.identity.feed(
                isConfig ? .config : .audit,
                isConfig ? .organisation : .branch(BranchID(validated: "matriz")))
            let count = try await replica.read { try $0.feeds.end(of: feed).count }
            let start =
                Bool.random(using: &random)
                ? count - 1
                : UInt64.random(
                    in: 0..<count, using: &random)
            if let batch = try await replica.read({ try $0.feeds.batch(of: feed, after: start) }) {
                batches.append(batch)
            }
        }
        for index in 1..<authorsCount { try await organisation.copy(from: index, to: 0) }
        return History(
            organisation: organisation, whole: organisation.replicas[0],
            receivers: organisation.replicas[authorsCount...], batches: batches)
    }

    private static func write(
        _ text: String, on replica: Replica, to path: RegisterPath? = nil
    ) async throws {
        let path = path ?? RegisterPath("user", "juan", "name")
        try await replica.write { try $0.configure([path: .text(text)], actor: "test") }
    }
}
