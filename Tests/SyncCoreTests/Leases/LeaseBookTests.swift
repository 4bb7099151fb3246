import SyncCore
import Testing

struct LeaseBookTests {
    private let a = Fixture.device(1)
    private let b = Fixture.device(2)
    private let ventas = Fixture.account("ventas")
    private let juan = Fixture.account("juan")

    private func ask(
        _ book: inout LeaseBook, _ device: DeviceID, _ account: AccountID,
        fence: FencingToken? = nil, at seconds: Int
    ) -> Result<Lease, LeaseRefusal> {
        book.answer(
            LeaseRequest(account: account, fence: fence, canReach: true), from: device,
            nonce: UInt64(seconds) &* 31, at: .seconds(seconds))
    }

    @Test func `another device waits for the end and the drain`() throws {
        var book = LeaseBook()
        let lease = try ask(&book, a, ventas, at: 0).get()
        #expect(lease.end == .seconds(30))
        for second in [1, 29, 30, 34] {
            let refusal = ask(&book, b, ventas, at: second)
            #expect(
                refusal
                    == .failure(
                        LeaseRefusal(.held, account: ventas, retryAfter: .seconds(35 - second))))
        }
        let next = try ask(&book, b, ventas, at: 35).get()
        #expect(next.fence.counter > lease.fence.counter)
        #expect(next.device == b)
    }

    @Test func `no claim may be made in the drain`() throws {
        var book = LeaseBook()
        let lease = try ask(&book, a, ventas, at: 0).get()
        #expect(book.live(at: .seconds(29)).contains(lease.grant))
        #expect(book.live(at: .seconds(29))[ventas]?.remaining == .seconds(1))
        #expect(!book.live(at: .seconds(30)).contains(lease.grant))
    }

    @Test func `the holder keeps its fence, and a repeated request gets the same grant`() throws {
        var book = LeaseBook()
        let first = try ask(&book, a, ventas, at: 0).get()
        let again = try ask(&book, a, ventas, fence: first.fence, at: 3).get()
        #expect(again.grant == first.grant)
        let renewed = try ask(&book, a, ventas, fence: first.fence, at: 10).get()
        #expect(renewed.grant == first.grant)
        #expect(renewed.end == .seconds(40))
    }

    @Test func `a device that restarted gets another fence at once`() throws {
        var book = LeaseBook()
        let first = try ask(&book, a, ventas, at: 0).get()
        let second = try ask(&book, a, ventas, at: 1).get()
        #expect(second.fence.counter == first.fence.counter + 1)
        #expect(second.fence.nonce == 31)
        #expect(!book.live(at: .seconds(2)).contains(first.grant))
    }

    @Test func `a lease given up is free at once, one of an older fence is not`() throws {
        var book = LeaseBook()
        let first = try ask(&book, a, ventas, at: 0).get()
        let second = try ask(&book, a, ventas, at: 1).get()
        book.giveUp(ventas, by: a, fence: first.fence, at: .seconds(2))
        book.giveUp(ventas, by: b, fence: second.fence, at: .seconds(2))
        #expect(book.live(at: .seconds(2)).contains(second.grant))
        book.giveUp(ventas, by: a, fence: second.fence, at: .seconds(2))
        #expect(try ask(&book, b, ventas, at: 2).get().device == b)
    }

    @Test func `the device that sends for other accounts goes first, but not for ever`() throws {
        var book = LeaseBook()
        _ = try ask(&book, a, ventas, at: 0).get()
        #expect(
            ask(&book, b, juan, at: 1)
                == .failure(LeaseRefusal(.preferred, account: juan, retryAfter: .seconds(5))))
        #expect(try ask(&book, a, juan, at: 2).get().device == a)

        let caja = Fixture.account("caja")
        _ = ask(&book, b, caja, at: 3)
        #expect(try ask(&book, b, caja, at: 8).get().device == b)
    }

    @Test func `a device that said it reaches no server is passed over until it asks`() throws {
        var book = LeaseBook()
        _ = try ask(&book, a, ventas, at: 0).get()
        book.giveUp(juan, by: a, fence: nil, at: .seconds(1))
        #expect(try ask(&book, b, juan, at: 1).get().device == b)
        // Once it asks again it reaches a server again.
        book.giveUp(juan, by: b, fence: book.leases[0].fence, at: .seconds(2))
        #expect(throws: LeaseRefusal.self) {
            _ = try ask(&book, a, juan, at: 3).get()
            _ = try ask(&book, b, juan, at: 4).get()
        }
    }

    @Test func `after a restart nothing is granted until every old lease has ended`() throws {
        var book = LeaseBook()
        let old = try ask(&book, a, ventas, at: 0).get()
        book.restarted(at: .seconds(10))
        #expect(book.leases.isEmpty)
        for second in [10, 30, 44] {
            #expect(
                ask(&book, a, ventas, fence: old.fence, at: second)
                    == .failure(
                        LeaseRefusal(
                            .quiet, account: ventas, retryAfter: .seconds(45 - second))))
        }
        #expect(try ask(&book, a, ventas, at: 45).get().fence > old.fence)
    }

    @Test func `a wish over the wire is granted, refused or released`() throws {
        var book = LeaseBook()
        let wish = LeaseRequest(account: ventas, fence: nil, canReach: true)
        let fence = FencingToken(counter: 1, nonce: 5)
        #expect(
            book.reply(to: wish, from: a, nonce: 5, at: .zero).outcome
                == .granted(fence, length: .seconds(30)))
        #expect(
            book.reply(to: wish, from: b, nonce: 6, at: .seconds(1)).outcome
                == .refused(retryAfter: .seconds(34)))
        let end = LeaseRequest(account: ventas, fence: fence, canReach: false)
        #expect(book.reply(to: end, from: a, nonce: 7, at: .seconds(2)).outcome == .released)
        #expect(book.reply(to: end, from: a, nonce: 7, at: .seconds(2)).outcome == .released)
        #expect(book.leases.isEmpty)
    }

    // Whatever is asked in whatever order: the fences of grants rise, and nobody is granted an
    // account before the last holder's lease, drain included, is over or given up.
    @Test func `fences rise and holders never overlap, over 200 seeds`() {
        for seed in UInt64(0)..<200 {
            var chance = Chance(seed: seed)
            var book = LeaseBook()
            var newest: UInt64 = 0
            var busyUntil: [AccountID: (DeviceID, Duration)] = [:]
            var seen: [FencingToken: LeaseGrant] = [:]
            for step in 0..<60 {
                let now = Duration.seconds(step * 3)
                let device = Fixture.device(UInt8(chance.number(1...3)))
                let account = chance.happens(500) ? ventas : juan
                let held = book.leases.first { $0.account == account }
                if chance.happens(150), let held {
                    book.giveUp(
                        account, by: held.device, fence: held.fence, at: now)
                    busyUntil[account] = nil
                    continue
                }
                let request = LeaseRequest(
                    account: account,
                    fence: held?.device == device && chance.happens(800) ? held?.fence : nil,
                    canReach: true)
                guard
                    case .success(let lease) = book.answer(
                        request, from: device, nonce: chance.next(), at: now)
                else { continue }
                if seen[lease.fence] == nil {
                    if lease.fence.counter <= newest { Issue.record("seed \(seed): fence fell") }
                    newest = lease.fence.counter
                }
                if seen[lease.fence, default: lease.grant] != lease.grant {
                    Issue.record("seed \(seed): one fence for two grants")
                }
                seen[lease.fence] = lease.grant
                if let (holder, end) = busyUntil[account], holder != device, now < end {
                    Issue.record("seed \(seed): \(account) granted while held")
                }
                busyUntil[account] = (device, lease.end + book.timing.drain)
            }
        }
    }

    @Test func `leases and refusals survive their stored form`() throws {
        let lease = Lease(grant: Fixture.grant(3), end: .seconds(77))
        #expect(try Lease(canonicalBytes: lease.canonicalBytes) == lease)
        for code in LeaseRefusal.Code.allCases {
            let refusal = LeaseRefusal(code, account: ventas, retryAfter: .seconds(3))
            #expect(try LeaseRefusal(canonicalBytes: refusal.canonicalBytes) == refusal)
            #expect(refusal.explanation.es != refusal.explanation.en)
        }
        for end in LeaseEnd.allCases {
            #expect(try LeaseEnd(canonicalBytes: end.canonicalBytes) == end)
            #expect(end.explanation.es != end.explanation.en)
        }
    }
}
