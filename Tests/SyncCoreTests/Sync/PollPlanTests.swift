import SyncCore
import Testing

/// How long polls are held, for each kind of thing that can stand in between.
struct PollPlanTests {
    private static let first = Duration.seconds(25)

    /// What stands in between, as far as a poll without news meets it.
    private enum Path {
        case clear
        /// It cuts what is silent for so long.
        case cuts(Duration)
        /// It keeps a reply to what was held back for so long.
        case delays(Duration)

        func event(_ next: PollPlan.Next) -> PollPlan.Event {
            switch self {
            case .clear: .replied(after: next.hold, hold: next.hold, isEmpty: true)
            case .cuts(let limit) where next.hold >= limit: .broken(after: limit, hold: next.hold)
            case .cuts: .replied(after: next.hold, hold: next.hold, isEmpty: true)
            case .delays(let time):
                .replied(
                    after: next.hold + (next.hold > .zero ? time : .zero), hold: next.hold,
                    isEmpty: true)
            }
        }
    }

    private func holds(_ path: Path, polls count: Int) -> ([Duration], PollPlan) {
        var plan = PollPlan(first: Self.first)
        let holds = (0..<count).map { _ in
            let next = plan.next
            plan.handle(path.event(next))
            return next.hold
        }
        return (holds, plan)
    }

    @Test func `a hold doubles from 25 s to 10 min while replies survive`() {
        let (holds, _) = holds(.clear, polls: 7)
        #expect(holds == [25, 50, 100, 200, 400, 600, 600].map { Duration.seconds($0) })
    }

    @Test func `what is cut after a minute is held less than that, and not cut again`() {
        let (holds, plan) = holds(.cuts(.seconds(60)), polls: 40)
        #expect(Array(holds[..<4]) == [25, 50, 100, 48].map { Duration.seconds($0) })
        #expect(holds[3...].allSatisfy { $0 < .seconds(60) && $0 > .seconds(25) })
        #expect(!plan.isPlain)
    }

    @Test func `where even short polls are cut, the device asks at intervals and probes`() {
        let (_, plan) = holds(.cuts(.seconds(5)), polls: 3)
        #expect(plan.isPlain)
        #expect(plan.next == PollPlan.Next(pause: .seconds(15), hold: .zero))
        let all = holds(.cuts(.seconds(5)), polls: 200).0
        let probes = all[3...].filter { $0 > .zero }
        #expect((3...5).contains(probes.count))
    }

    @Test func `where replies are kept back, the device asks at intervals`() {
        let (holds, plan) = holds(.delays(.seconds(20)), polls: 10)
        #expect(Array(holds[..<3]) == [Self.first, Self.first, .zero])
        #expect(plan.isPlain)
    }

    @Test func `a probe that survives ends asking at intervals`() {
        var (_, plan) = holds(.cuts(.seconds(5)), polls: 3)
        for _ in 0..<42 { plan.handle(Path.clear.event(plan.next)) }
        #expect(!plan.isPlain)
    }

    @Test func `another network is learned anew`() {
        var (_, plan) = holds(.cuts(.seconds(5)), polls: 3)
        plan.handle(.networkChanged)
        #expect(plan == PollPlan(first: Self.first))
    }

    @Test func `a failure before anything was held is no cut`() {
        var plan = PollPlan(first: Self.first)
        let refused = plan.handle(.broken(after: .milliseconds(100), hold: Self.first))
        #expect(!refused)
        #expect(plan.next.hold == Self.first)
        let unheld = plan.handle(.broken(after: .seconds(30), hold: .zero))
        #expect(!unheld)
    }

    @Test func `news say nothing about what is kept back`() {
        var plan = PollPlan(first: Self.first)
        for _ in 0..<9 {
            plan.handle(.replied(after: .seconds(1), hold: plan.next.hold, isEmpty: false))
        }
        #expect(plan.next.hold == Self.first)
    }
}
