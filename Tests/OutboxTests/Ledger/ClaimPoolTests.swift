import SyncCore
import Testing

@testable import Outbox

struct ClaimPoolTests {
    private static let ventas = AccountID(validated: "ventas")
    private static let avisos = AccountID(validated: "avisos")

    private func mail(
        _ number: Int, of account: AccountID = ventas, since: Duration
    ) throws -> ClaimedMail {
        let grant = LeaseGrant(
            account: account, device: DeviceID(validated: [UInt8](repeating: 1, count: 16)),
            fence: FencingToken(counter: 1, nonce: 1))
        let sender = SenderAccount(
            id: account, address: try MailAddress("juan@inair.com.mx", in: .from),
            completeness: .complete)
        let choice = SenderChoice(
            person: .init(user: UserID(validated: "juan"), name: "Juan", address: nil),
            organisation: "INAIR", own: sender, fallbacks: [], heldLeases: [account])
        guard case .send(let decision) = choice.outcome else { throw QueueFixture.FixtureError() }
        let delivery = DeliveryID(
            message: MessageID(validated: QueueFixture.bytes(1, number)), recipient: 0)
        let job = DispatchJob(
            decision: decision, grant: grant,
            reservations: [
                Reservation(
                    delivery: delivery, attempt: 1, fence: grant.fence,
                    user: UserID(validated: "juan"), type: "general",
                    branch: BranchID(validated: "matriz"), address: "ana@example.com",
                    content: .own)
            ])
        return try #require(
            ClaimedMail(
                job, granted: [delivery],
                recipients: [try MailAddress("ana@example.com", in: .to)], bytes: [1],
                isInternational: false, since: since))
    }

    private func numbers(_ mails: [ClaimedMail]) -> [UInt8] {
        mails.compactMap { $0.job.deliveries[0].message.bytes.last }
    }

    @Test func `mails come out in their order, each to one connection`() throws {
        let pool = ClaimPool()
        pool.add([try mail(1, since: .zero), try mail(2, since: .zero)], for: Self.ventas)
        pool.add([try mail(3, since: .zero)], for: Self.ventas)
        #expect(pool.takeFirst(of: Self.avisos) == nil)
        #expect(numbers([try #require(pool.takeFirst(of: Self.ventas))]) == [1])
        #expect(numbers(pool.takeAll(of: Self.ventas)) == [2, 3])
        #expect(pool.takeFirst(of: Self.ventas) == nil)
    }

    @Test func `what was claimed too long ago is taken out, of every account, and nothing else`()
        throws
    {
        let pool = ClaimPool()
        pool.add(
            [
                try mail(1, since: .seconds(1)), try mail(2, since: .seconds(2)),
                try mail(3, since: .seconds(20)),
            ], for: Self.ventas)
        pool.add([try mail(4, of: Self.avisos, since: .seconds(2))], for: Self.avisos)
        let lifetime = ClaimedMail.lifetime
        #expect(pool.takeStale(at: lifetime).isEmpty)
        #expect(numbers(pool.takeStale(at: lifetime + .seconds(1))) == [1])
        #expect(numbers(pool.takeStale(at: lifetime + .seconds(5))) == [4, 2])
        #expect(numbers(pool.takeAll(of: Self.ventas)) == [3])
    }

    @Test func `a mail of which nothing was granted is not claimed`() throws {
        let claimed = try mail(1, since: .zero)
        #expect(
            ClaimedMail(
                claimed.job, granted: [], recipients: claimed.recipients, bytes: [1],
                isInternational: false, since: .zero) == nil)
    }
}
