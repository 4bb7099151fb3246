import SyncCore
import Testing

struct LeaseElectionTests {
    private let grant = Fixture.grant(1)

    /// An election that may ask at once, one second after start.
    private func ready() -> LeaseElection {
        var election = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7)
        _ = election.handle(.entitled(true), at: .zero)
        _ = election.handle(.serverReached, at: .zero)
        return election
    }

    private func asked(_ actions: [LeaseElection.Action]) -> (wish: LeaseRequest, number: Int)? {
        for case .request(let wish, let number) in actions { return (wish, number) }
        return nil
    }

    private func giveUp(_ fence: FencingToken?, _ reason: LeaseEnd) -> LeaseElection.Action {
        .giveUp(
            LeaseRequest(account: Fixture.account("ventas"), fence: fence, canReach: false), reason)
    }

    /// An election that asked at 1 s and was granted 30 s.
    private func holder(answeredAt: Duration = .seconds(2)) throws -> LeaseElection {
        var election = ready()
        let request = try #require(asked(election.handle(.tick, at: .seconds(1))))
        _ = election.handle(
            .granted(grant.fence, for: .seconds(30), request: request.number), at: answeredAt)
        return election
    }

    /// Ticks each second, so that no gap is seen.
    private func tick(
        _ election: inout LeaseElection, from start: Int, through end: Int
    ) -> [LeaseElection.Action] {
        (start...end).flatMap { election.handle(.tick, at: .seconds($0)) }
    }

    @Test(arguments: [(false, true), (true, false), (false, false), (true, true)])
    func `asks only with the capability and a server reached`(_ has: (Bool, Bool)) {
        var election = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7)
        _ = election.handle(.entitled(has.0), at: .zero)
        if has.1 { _ = election.handle(.serverReached, at: .zero) }
        let isAsking = asked(election.handle(.tick, at: .seconds(1))) != nil
        #expect(isAsking == (has.0 && has.1))
    }

    @Test func `a contact of long ago does not count, and is probed again`() {
        var timing = LeaseElectionTiming()
        timing.reachFreshness = .seconds(10)
        var election = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7, timing: timing)
        _ = election.handle(.serverReached, at: .zero)
        _ = election.handle(.tick, at: .seconds(1))
        for second in 2...9 { _ = election.handle(.tick, at: .seconds(second)) }
        _ = election.handle(.entitled(true), at: .seconds(10))
        #expect(election.handle(.tick, at: .seconds(10)) == [.probe])
    }

    @Test func `the lease counts from the request, less the margin`() throws {
        // Asked at 1 s, 30 s long, margin 5 s: the last claim comes before 26 s.
        var election = try holder(answeredAt: .seconds(3))
        for second in 3...25 { _ = election.handle(.tick, at: .seconds(second)) }
        #expect(election.grant(at: .milliseconds(25_999)) == grant)
        #expect(election.grant(at: .seconds(26)) == nil)
        let actions = election.handle(.tick, at: .seconds(26))
        #expect(actions.contains(.stopClaiming(grant, .expired)))
        #expect(actions.contains(giveUp(grant.fence, .expired)))
    }

    @Test func `an answer that comes after the usable time gives nothing`() throws {
        var timing = LeaseElectionTiming()
        timing.requestTimeout = .seconds(60)
        var election = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7, timing: timing)
        _ = election.handle(.entitled(true), at: .zero)
        _ = election.handle(.serverReached, at: .zero)
        let request = try #require(asked(election.handle(.tick, at: .seconds(1))))
        _ = tick(&election, from: 2, through: 26)
        let late = election.handle(
            .granted(grant.fence, for: .seconds(30), request: request.number), at: .seconds(26))
        #expect(late.isEmpty)
        #expect(election.grant(at: .seconds(26)) == nil)
    }

    @Test func `a margin longer than the lease leaves two thirds of it, and no tight loop`() throws
    {
        var election = ready()
        let request = try #require(asked(election.handle(.tick, at: .seconds(1))))
        _ = election.handle(
            .granted(grant.fence, for: .seconds(3), request: request.number), at: .seconds(1))
        #expect(election.grant(at: .milliseconds(2999)) == grant)
        #expect(election.grant(at: .milliseconds(3000)) == nil)

        var late = ready()
        let other = try #require(asked(late.handle(.tick, at: .seconds(1))))
        _ = late.handle(.tick, at: .seconds(3))
        _ = late.handle(
            .granted(grant.fence, for: .seconds(3), request: other.number), at: .seconds(3))
        #expect(asked(late.handle(.tick, at: .seconds(3))) == nil)
    }

    @Test func `an answer to a request that was given up is ignored`() throws {
        var election = ready()
        let first = try #require(asked(election.handle(.tick, at: .seconds(1))))
        let later = tick(&election, from: 2, through: 12)
        let second = try #require(asked(later))
        #expect(first.number != second.number)
        let late = election.handle(
            .granted(grant.fence, for: .seconds(30), request: first.number), at: .seconds(12))
        #expect(late.isEmpty)
    }

    @Test func `it renews in time, with the fence it holds, and goes on`() throws {
        var election = try holder()
        let actions = tick(&election, from: 3, through: 14)
        let renewal = try #require(asked(actions))
        #expect(renewal.wish.fence == grant.fence)
        let renewed = election.handle(
            .granted(grant.fence, for: .seconds(30), request: renewal.number),
            at: .milliseconds(14_100))
        #expect(renewed.isEmpty)
        _ = tick(&election, from: 15, through: 30)
        #expect(election.grant(at: .seconds(30)) == grant)
    }

    @Test func `a gap between ticks drops the lease, seen or not yet seen`() throws {
        var election = try holder()
        _ = election.handle(.tick, at: .seconds(3))
        #expect(election.grant(at: .milliseconds(5_000)) == grant)
        #expect(election.grant(at: .milliseconds(5_001)) == nil)
        #expect(
            election.handle(.tick, at: .milliseconds(5_001)).prefix(2) == [
                .stopClaiming(grant, .suspended), giveUp(grant.fence, .suspended),
            ])
        #expect(election.grant(at: .milliseconds(5_001)) == nil)
    }

    @Test func `without any server the lease is given up with the reason`() throws {
        var election = try holder()
        #expect(
            election.handle(.serverUnreachable, at: .seconds(3)) == [
                .stopClaiming(grant, .unreachable), giveUp(grant.fence, .unreachable),
            ])
        // It asks nothing, and probes at its interval, until a server answers.
        let actions = (4...70).flatMap { election.handle(.tick, at: .seconds($0)) }
        #expect(asked(actions) == nil)
        #expect(actions.filter { $0 == .probe }.count == 3)
        _ = election.handle(.serverReached, at: .seconds(70))
        #expect(asked(election.handle(.tick, at: .seconds(71))) != nil)
    }

    @Test func `routes are tried now and then, also while mail goes well`() {
        var timing = LeaseElectionTiming()
        timing.probeRoutine = .seconds(10)
        var election = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7, timing: timing)
        _ = election.handle(.entitled(true), at: .zero)
        var probes: [Int] = []
        for second in 1...31 {
            let actions = election.handle(.tick, at: .seconds(second))
            if actions.contains(.probe) {
                probes.append(second)
                _ = election.handle(.probed(isReachable: true), at: .seconds(second))
            }
            _ = election.handle(.serverReached, at: .seconds(second))
        }
        #expect(probes == [1, 11, 21, 31])
    }

    @Test func `a probe that fails takes no lease from a device whose mail got through meanwhile`()
        throws
    {
        var election = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7)
        _ = election.handle(.entitled(true), at: .zero)
        #expect(election.handle(.tick, at: .seconds(1)) == [.probe])
        _ = election.handle(.serverReached, at: .seconds(2))
        #expect(election.handle(.probed(isReachable: false), at: .seconds(2)).isEmpty)
        #expect(asked(election.handle(.tick, at: .seconds(3))) != nil)
        var other = LeaseElection(
            account: Fixture.account("ventas"), device: Fixture.device(1), seed: 7)
        _ = other.handle(.serverReached, at: .zero)
        _ = other.handle(.entitled(true), at: .zero)
        for second in stride(from: 1, through: 299, by: 2) {
            _ = other.handle(.tick, at: .seconds(second))
        }
        #expect(other.handle(.tick, at: .seconds(300)).contains(.probe))
        _ = other.handle(.probed(isReachable: false), at: .seconds(301))
        #expect(asked(tick(&other, from: 302, through: 320)) == nil)
    }

    @Test func `after the network changed no lease is asked for before a server was looked at`()
        throws
    {
        var election = ready()
        _ = election.handle(.networkChanged, at: .seconds(1))
        #expect(election.handle(.tick, at: .seconds(1)) == [.probe])
        _ = election.handle(.probed(isReachable: true), at: .seconds(2))
        #expect(asked(election.handle(.tick, at: .seconds(2))) != nil)
    }

    @Test func `a probe that began before the network changed is repeated, after a pause`() {
        var election = ready()
        _ = election.handle(.networkChanged, at: .seconds(1))
        #expect(election.handle(.tick, at: .seconds(1)) == [.probe])
        _ = election.handle(.networkChanged, at: .milliseconds(1500))
        _ = election.handle(.probed(isReachable: true), at: .seconds(2))
        #expect(election.handle(.tick, at: .seconds(2)).isEmpty)
        #expect(election.handle(.tick, at: .seconds(3)) == [.probe])
        _ = election.handle(.probed(isReachable: true), at: .seconds(3))
        #expect(asked(election.handle(.tick, at: .seconds(3))) != nil)
    }

    @Test func `a change of the network takes no lease away while a server still answers`() throws {
        var election = try holder()
        #expect(election.handle(.networkChanged, at: .seconds(3)).isEmpty)
        #expect(election.handle(.tick, at: .seconds(3)) == [.probe])
        #expect(election.grant(at: .seconds(3)) == grant)
        #expect(
            election.handle(.probed(isReachable: false), at: .seconds(4)) == [
                .stopClaiming(grant, .unreachable), giveUp(grant.fence, .unreachable),
            ])
    }

    @Test func `a device without a lease also says that it reaches no server, once`() {
        var election = ready()
        #expect(
            election.handle(.serverUnreachable, at: .seconds(1)) == [giveUp(nil, .unreachable)])
        #expect(election.handle(.serverUnreachable, at: .seconds(2)).isEmpty)
    }

    @Test(arguments: [LeaseElection.Event.entitled(false), .stop])
    func `losing the right or stopping ends the lease and the asking`(
        _ event: LeaseElection.Event
    ) throws {
        var election = try holder()
        let reason: LeaseEnd = event == .stop ? .stopping : .ineligible
        #expect(
            election.handle(event, at: .seconds(2)) == [
                .stopClaiming(grant, reason), giveUp(grant.fence, reason),
            ])
        #expect(asked(tick(&election, from: 3, through: 60)) == nil)
    }

    @Test func `a fence that the ledger calls old is dropped`() throws {
        var election = try holder()
        let other = FencingToken(counter: 9, nonce: 9)
        #expect(election.handle(.superseded(other), at: .seconds(2)).isEmpty)
        #expect(
            election.handle(.superseded(grant.fence), at: .seconds(2)).first
                == .stopClaiming(grant, .superseded))
    }

    @Test func `a renewal that the hub refuses ends the lease, and one that is lost does not`()
        throws
    {
        var refused = try holder()
        var lost = refused
        let renewal = try #require(asked(tick(&refused, from: 3, through: 14)))
        _ = tick(&lost, from: 3, through: 14)
        let actions = refused.handle(
            .refused(retryAfter: .seconds(20), request: renewal.number), at: .seconds(14))
        #expect(
            actions == [.stopClaiming(grant, .superseded), giveUp(grant.fence, .superseded)])
        #expect(refused.grant(at: .seconds(14)) == nil)
        #expect(asked(tick(&refused, from: 15, through: 33)) == nil)
        #expect(lost.handle(.unanswered(request: renewal.number), at: .seconds(14)).isEmpty)
        #expect(lost.grant(at: .seconds(14)) == grant)
    }

    @Test func `another fence in a renewal stops the old grant before the new one starts`() throws {
        var election = try holder()
        let renewal = try #require(asked(tick(&election, from: 3, through: 14)))
        let other = Fixture.grant(2)
        #expect(
            election.handle(
                .granted(other.fence, for: .seconds(30), request: renewal.number), at: .seconds(14))
                == [.stopClaiming(grant, .superseded), .startClaiming(other)])
    }

    @Test func `refusals are waited out, ever longer, within the limit and with spread`() throws {
        var waits: Set<[Int]> = []
        for seed in UInt64(1)...20 {
            var election = LeaseElection(
                account: Fixture.account("ventas"), device: Fixture.device(1), seed: seed)
            _ = election.handle(.entitled(true), at: .zero)
            _ = election.handle(.serverReached, at: .zero)
            var times: [Int] = []
            for step in 1...600 {
                let now = Duration.milliseconds(step * 250)
                guard let request = asked(election.handle(.tick, at: now)) else { continue }
                times.append(step * 250)
                let retry = LeaseElection.Event.refused(
                    retryAfter: .milliseconds(100), request: request.number)
                _ = election.handle(retry, at: now)
            }
            let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
            #expect(gaps.allSatisfy { (500...15_250).contains($0) })
            #expect(try #require(gaps.last) >= 7_500)
            waits.insert(gaps)
        }
        #expect(waits.count > 10)
    }

    @Test func `the wait that the hub names is kept`() throws {
        var election = ready()
        let first = try #require(asked(election.handle(.tick, at: .seconds(1))))
        _ = election.handle(
            .refused(retryAfter: .seconds(25), request: first.number), at: .seconds(1))
        #expect(asked(tick(&election, from: 2, through: 25)) == nil)
        #expect(asked(tick(&election, from: 26, through: 28)) != nil)
    }
}
