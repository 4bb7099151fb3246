extension ReplicaStore {
    /// Where the latest time of any record is kept.
    static let timeFact = "hybrid time"
    private static let clockFact = "clock watch"
    private static let clockSubject = "clock"
    private static let seenFact = "clock seen"

    /// What the clock showed when somebody last noted it to judge it by: ``ClockTrust``.
    package func clockSeen() throws -> Timestamp? {
        try fact(Self.seenFact).map { try Timestamp(canonicalBytes: $0) }
    }

    /// Notes what the clock shows.
    package func setClockSeen(_ now: Timestamp) throws {
        try setFact(Self.seenFact, now.canonicalBytes)
    }

    /// The latest time of any record that was stored.
    func latestTime() throws -> HybridTime {
        try fact(Self.timeFact).map { try HybridTime(canonicalBytes: $0) } ?? .zero
    }

    /// Whether the wall clock lies behind what was written.
    package func clockWatch() throws -> ClockWatch {
        try fact(Self.clockFact).map { try ClockWatch(canonicalBytes: $0) } ?? ClockWatch()
    }

    /// Notes that something is written now: raises the alarm if the clock was set back, and ends
    /// it when the clock has caught up.
    func noteClock(at now: Timestamp) throws {
        var watch = try clockWatch()
        let (before, lag) = (watch, watch.lag(at: now))
        watch.note(now)
        if lag != nil, let latest = watch.latest {
            try alarms.raise(
                Alarm(
                    kind: .clockWentBack, subject: Self.clockSubject, time: now,
                    detail: "\(now) < \(latest)"))
        } else if before.wasBehind {
            try alarms.clear(.clockWentBack, subject: Self.clockSubject)
        }
        if watch != before { try setFact(Self.clockFact, watch.canonicalBytes) }
    }

    /// Takes the wall clock for right as it is, whatever was written before.
    package func trustClock(at now: Timestamp) throws {
        var watch = ClockWatch()
        watch.note(now)
        try setFact(Self.clockFact, watch.canonicalBytes)
        try alarms.clear(.clockWentBack, subject: Self.clockSubject)
    }
}
