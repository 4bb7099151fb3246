import Outbox
import SyncCore
import Testing

struct HealthScheduleTests {
    private typealias Seen = HealthSchedule.Seen

    private static let hours = Duration.seconds(4 * 3600)
    private static let ventas = AccountID(validated: "ventas")
    private static let avisos = AccountID(validated: "avisos")

    private static func mark(_ version: UInt64) -> AccountMark {
        AccountMark(
            secret: SecretStamp(version: version, commitment: .zero), settings: .zero)
    }

    private static func seen(
        _ health: SenderAccount.Health, version: UInt64 = 1, isFallback: Bool = false,
        rank: Int = 0
    ) -> HealthSchedule.Seen {
        Seen(health: health, mark: mark(version), isFallback: isFallback, rank: rank)
    }

    /// Whether an account is checked at a time, when nothing else happens.
    private func isDue(_ schedule: HealthSchedule, _ account: AccountID, at time: Duration) -> Bool
    {
        var schedule = schedule
        return schedule.handle(.tick, at: time, chance: 0).contains(.check(account))
    }

    @Test func `a new account is checked at once, by one device after another`() {
        for rank in 0..<3 {
            var schedule = HealthSchedule(interval: Self.hours)
            let seen = [Self.ventas: Self.seen(.untested, rank: rank)]
            #expect(schedule.handle(.seen(seen), at: .zero, chance: 77).isEmpty)
            let turn = HealthSchedule.turn * rank
            if rank > 0 { #expect(!isDue(schedule, Self.ventas, at: turn - .milliseconds(1))) }
            #expect(isDue(schedule, Self.ventas, at: turn))
            // What another device found meanwhile spares this one the look.
            _ = schedule.handle(
                .seen([Self.ventas: Self.seen(.working, rank: rank)]), at: .zero, chance: 77)
            #expect(!isDue(schedule, Self.ventas, at: turn))
        }
    }

    @Test func `a check is not begun twice`() {
        var schedule = HealthSchedule(interval: Self.hours)
        _ = schedule.handle(.seen([Self.ventas: Self.seen(.untested)]), at: .zero, chance: 0)
        #expect(schedule.handle(.tick, at: .zero, chance: 0) == [.check(Self.ventas)])
        #expect(schedule.isChecking)
        #expect(schedule.handle(.tick, at: Self.hours * 2, chance: 0).isEmpty)
        _ = schedule.handle(.checked(Self.ventas, .working), at: .zero, chance: 0)
        #expect(!schedule.isChecking)
    }

    @Test(arguments: [0, 1, 511, 1023, UInt64.max] as [UInt64])
    func `an account that works is checked once in a period, devices out of step`(chance: UInt64) {
        var schedule = HealthSchedule(interval: Self.hours)
        let seen = [Self.ventas: Self.seen(.working)]
        _ = schedule.handle(.seen(seen), at: .zero, chance: chance)
        #expect(isDue(schedule, Self.ventas, at: Self.hours), "The first check is within a period.")
        _ = schedule.handle(.tick, at: Self.hours, chance: chance)
        _ = schedule.handle(.checked(Self.ventas, .working), at: Self.hours, chance: chance)
        #expect(!isDue(schedule, Self.ventas, at: Self.hours + Self.hours * 3 / 4 - .seconds(1)))
        #expect(isDue(schedule, Self.ventas, at: Self.hours + Self.hours * 5 / 4))
    }

    @Test func `one that fails is tried sooner, then ever more seldom`() {
        var schedule = HealthSchedule(interval: Self.hours)
        let failing = [Self.ventas: Self.seen(.failing(.authentication))]
        _ = schedule.handle(.seen([Self.ventas: Self.seen(.working)]), at: .zero, chance: 0)
        _ = schedule.handle(.seen(failing), at: .zero, chance: 0)
        var now = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<8 {
            let start = now
            while !isDue(schedule, Self.ventas, at: now) { now += .seconds(10) }
            waits.append(now - start)
            _ = schedule.handle(.tick, at: now, chance: 0)
            _ = schedule.handle(.checked(Self.ventas, .authentication), at: now, chance: 0)
        }
        #expect(waits[0] <= HealthSchedule.retry * 5 / 4)
        #expect(waits.dropFirst().dropLast() == waits.dropFirst().dropLast().sorted()[...])
        #expect(waits[7] >= Self.hours / 2 && waits[7] <= Self.hours * 5 / 4)
    }

    @Test func `when an account begins to fail, those that stand in are looked at`() {
        var schedule = HealthSchedule(interval: Self.hours)
        func seen(_ own: SenderAccount.Health) -> [AccountID: HealthSchedule.Seen] {
            [
                Self.ventas: Self.seen(own),
                Self.avisos: Self.seen(.working, isFallback: true),
            ]
        }
        _ = schedule.handle(.seen(seen(.working)), at: .zero, chance: 1023)
        #expect(!isDue(schedule, Self.avisos, at: .seconds(1)))
        _ = schedule.handle(.seen(seen(.failing(.authentication))), at: .seconds(1), chance: 1023)
        #expect(
            schedule.handle(.tick, at: .seconds(1), chance: 0) == [.check(Self.avisos)])
        // Not again within minutes, however often others fail.
        _ = schedule.handle(.checked(Self.avisos, .working), at: .seconds(1), chance: 0)
        _ = schedule.handle(.seen(seen(.working)), at: .seconds(2), chance: 0)
        _ = schedule.handle(.seen(seen(.failing(.sendAs))), at: .seconds(3), chance: 0)
        #expect(!isDue(schedule, Self.avisos, at: .seconds(4)))
    }

    @Test func `another password is another question, and what was held against it is settled`() {
        var schedule = HealthSchedule(interval: Self.hours)
        _ = schedule.handle(
            .seen([Self.ventas: Self.seen(.failing(.authentication))]), at: .zero, chance: 1023)
        let changed = [Self.ventas: Self.seen(.untested, version: 2)]
        #expect(
            schedule.handle(.seen(changed), at: .seconds(1), chance: 0)
                == [.recovered(Self.ventas)])
        #expect(isDue(schedule, Self.ventas, at: .seconds(1)))
        // It is settled once, and again after it failed again.
        let works = [Self.ventas: Self.seen(.working, version: 2)]
        #expect(schedule.handle(.seen(works), at: .seconds(2), chance: 0).isEmpty)
        let fails = [Self.ventas: Self.seen(.failing(.sendAs), version: 2)]
        #expect(schedule.handle(.seen(fails), at: .seconds(3), chance: 0).isEmpty)
        #expect(
            schedule.handle(.seen(works), at: .seconds(4), chance: 0) == [.recovered(Self.ventas)])
        // An account that is gone is asked for no more.
        _ = schedule.handle(.seen([:]), at: .seconds(1), chance: 0)
        #expect(!isDue(schedule, Self.ventas, at: Self.hours * 3))
    }
}
