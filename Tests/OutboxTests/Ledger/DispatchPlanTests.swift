import Outbox
import SyncCore
import Testing

struct DispatchPlanTests {
    private static let ventas = LeaseGrant(
        account: AccountID(validated: "ventas"),
        device: DeviceID(validated: [UInt8](repeating: 1, count: 16)),
        fence: FencingToken(counter: 1, nonce: 1))
    private static let cobros = LeaseGrant(
        account: AccountID(validated: "cobros"), device: ventas.device,
        fence: FencingToken(counter: 2, nonce: 1))

    private func reservation(_ number: Int, under grant: LeaseGrant) -> Reservation {
        Reservation(
            delivery: DeliveryID(
                message: MessageID(validated: QueueFixture.bytes(1, number)), recipient: 0),
            attempt: 1, fence: grant.fence, user: UserID(validated: "juan"), type: "general",
            branch: BranchID(validated: "matriz"), address: "ana@example.com", content: .own)
    }

    private func job(_ number: Int, under grant: LeaseGrant) throws -> DispatchJob {
        let account = SenderAccount(
            id: grant.account, address: try MailAddress("juan@inair.com.mx", in: .from),
            completeness: .complete)
        let choice = SenderChoice(
            person: .init(user: UserID(validated: "juan"), name: "Juan", address: nil),
            organisation: "INAIR", own: account, fallbacks: [], heldLeases: [grant.account])
        guard case .send(let decision) = choice.outcome else { throw QueueFixture.FixtureError() }
        return DispatchJob(
            decision: decision, grant: grant, reservations: [reservation(number, under: grant)])
    }

    private func connections(_ actions: [DispatchPlan.Action]) -> [AccountID] {
        actions.compactMap { if case .connect(let account) = $0 { account } else { nil } }
    }

    @Test func `nothing is reserved without a lease`() {
        var plan = DispatchPlan()
        #expect(plan.handle(.work, at: .seconds(1)).isEmpty)
        #expect(
            plan.handle(.leases([Self.ventas]), at: .seconds(1))
                == [.reserve([Self.ventas], maximum: 128)])
        // One question at a time.
        #expect(plan.handle(.work, at: .seconds(1)).isEmpty)
    }

    @Test func `connections are few, and one busy connection does not hold up the rest`() throws {
        var plan = DispatchPlan()
        _ = plan.handle(.leases([Self.ventas]), at: .seconds(1))
        let first = plan.handle(
            .sorted(jobs: [try job(1, under: Self.ventas)], parked: [], returned: 0),
            at: .seconds(1))
        #expect(connections(first).count == 1)
        #expect(plan.take(Self.ventas.account, isFirst: true) != nil)
        // The first is busy with a slow server; the next mails get connections of their own.
        let more = try (2...9).map { try job($0, under: Self.ventas) }
        let second = plan.handle(
            .sorted(jobs: more, parked: [], returned: 0), at: .seconds(2))
        #expect(connections(second).count == 3)
        #expect(connections(plan.handle(.tick, at: .seconds(3))).isEmpty)
    }

    @Test func `an account whose server fails does not hold up another`() throws {
        var plan = DispatchPlan()
        _ = plan.handle(.leases([Self.ventas, Self.cobros]), at: .seconds(1))
        let opened = plan.handle(
            .sorted(
                jobs: [try job(1, under: Self.ventas), try job(2, under: Self.cobros)],
                parked: [], returned: 0), at: .seconds(1))
        #expect(connections(opened) == [Self.cobros.account, Self.ventas.account])
        let after = plan.handle(
            .ended(Self.ventas.account, hasTaken: false, isFailure: true), at: .seconds(1))
        #expect(connections(after).isEmpty)
        #expect(plan.take(Self.cobros.account, isFirst: true) != nil)
        #expect(
            connections(plan.handle(.tick, at: .seconds(3.1))) == [Self.ventas.account])
    }

    @Test func `what was reserved under a lost lease is dropped`() throws {
        var plan = DispatchPlan()
        _ = plan.handle(.leases([Self.ventas]), at: .seconds(1))
        _ = plan.handle(
            .sorted(jobs: [try job(1, under: Self.ventas)], parked: [], returned: 0),
            at: .seconds(1))
        _ = plan.handle(.leases([]), at: .seconds(2))
        #expect(plan.take(Self.ventas.account, isFirst: true) == nil)
        #expect(plan.inHand.isEmpty)
    }

    @Test func `a mail without a sender waits aside and is given back later`() {
        var plan = DispatchPlan()
        _ = plan.handle(.leases([Self.ventas]), at: .seconds(1))
        let aside = reservation(1, under: Self.ventas)
        let next = plan.handle(
            .sorted(jobs: [], parked: [aside], returned: 0), at: .seconds(1))
        // The ledger is asked on, for those behind it.
        #expect(next == [.reserve([Self.ventas], maximum: 129)])
        _ = plan.handle(.sorted(jobs: [], parked: [], returned: 0), at: .seconds(1))
        let later = plan.handle(.tick, at: .seconds(62))
        #expect(
            later.contains(
                .release([
                    ReleaseRequest(
                        delivery: aside.delivery, fence: aside.fence, account: nil)
                ])))
        #expect(plan.inHand.isEmpty)
    }

    @Test func `mails that wait for another lease are not asked for over and over`() {
        var plan = DispatchPlan()
        _ = plan.handle(.leases([Self.ventas]), at: .seconds(1))
        let returned = DispatchPlan.Event.sorted(jobs: [], parked: [], returned: 3)
        // Once at once, since they may come back under the right lease.
        #expect(!plan.handle(returned, at: .seconds(1)).isEmpty)
        #expect(plan.handle(returned, at: .seconds(1)).isEmpty)
        #expect(!plan.handle(.tick, at: .seconds(2.1)).isEmpty)
    }
}
