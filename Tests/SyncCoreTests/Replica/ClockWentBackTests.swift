import SyncCore
import TestSupport
import Testing

/// A wall clock that somebody sets back.
struct ClockWentBackTests {
    private let start = Timestamp(milliseconds: 1_790_000_000_000)

    @Test func `a clock is behind when it shows less than what was written, by more than a bit`() {
        var watch = ClockWatch()
        #expect(watch.lag(at: start) == nil)
        watch.note(start)
        #expect(watch.lag(at: start.advanced(by: .seconds(-4))) == nil)
        #expect(watch.lag(at: start.advanced(by: .seconds(-60))) == .seconds(60))
        watch.note(start.advanced(by: .seconds(-60)))
        #expect(watch.latest == start)
        #expect(watch.wasBehind)
    }

    private func alarms(of replica: Replica) async throws -> [Alarm.Kind] {
        try await replica.read { try AlarmStore($0.connection).all().map(\.kind) }
    }

    private func write(_ number: Int64, on replica: Replica) async throws -> Record {
        try await replica.write { transaction in
            try transaction.configure(
                [RegisterPath("timing", "poll"): .integer(number)], actor: "test")
            let feed = transaction.identity.feed(.config, .organisation)
            let end = try transaction.feeds.end(of: feed)
            let records = try transaction.feeds.records(
                of: feed, after: end.count - 1, maximum: 1)
            return try #require(records.first)
        }
    }

    @Test func `records stay in order, the alarm tells of it, and ends when the clock caught up`()
        async throws
    {
        let manual = ManualEnvironment(wall: start)
        let directory = TemporaryDirectory()
        let key = SecretBytes(randomCount: 32, from: manual.environment)
        func open() async throws -> Replica {
            try await Replica.open(
                path: directory.file("replica.db"), key: key, name: "n1",
                environment: manual.environment)
        }
        var replica = try await open()
        let recovery = RecoveryKey(randomFrom: manual.environment)
        try await replica.write {
            try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
        }
        let first = try await write(1, on: replica)
        let uptime = manual.environment.uptime()
        manual.setWall(start.advanced(by: .seconds(-3600)))
        let second = try await write(2, on: replica)
        #expect(first.header.time < second.header.time)
        #expect(try await alarms(of: replica) == [.clockWentBack])
        // Leases, waits and retries of the hub are measured on this one, which did not move.
        #expect(manual.environment.uptime() == uptime)
        try await replica.close()
        // It is noticed at once by a process that has written nothing yet.
        replica = try await open()
        #expect(try await alarms(of: replica) == [.clockWentBack])
        manual.setWall(start.advanced(by: .seconds(1)))
        let third = try await write(3, on: replica)
        #expect(second.header.time < third.header.time)
        #expect(try await alarms(of: replica).isEmpty)
        try await replica.close()
    }

    @Test func `a clock that is behind when the replica opens raises the alarm without a write`()
        async throws
    {
        let manual = ManualEnvironment(wall: start)
        let directory = TemporaryDirectory()
        let key = SecretBytes(randomCount: 32, from: manual.environment)
        let path = directory.file("replica.db")
        let replica = try await Replica.open(
            path: path, key: key, name: "n1", environment: manual.environment)
        let recovery = RecoveryKey(randomFrom: manual.environment)
        try await replica.write {
            try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
        }
        _ = try await write(1, on: replica)
        try await replica.close()
        manual.setWall(start.advanced(by: .seconds(-86_400)))
        let again = try await Replica.open(
            path: path, key: key, name: "n1", environment: manual.environment)
        #expect(try await alarms(of: again) == [.clockWentBack])
        let now = manual.environment.now()
        #expect(
            try await again.read { try $0.replicaStore.clockWatch().lag(at: now) }
                == .seconds(86_400))
        try await again.write { try $0.replicaStore.trustClock(at: now) }
        #expect(try await alarms(of: again).isEmpty)
        try await again.close()
    }
}
