import Synchronization

/// Keeps a replica and the hub in agreement for as long as ``run(polling:)`` runs.
///
/// Two loops share the work: one waits at the hub for news, the other carries local news there
/// at once. Either way an exchange goes in both directions, and doing one twice does no harm.
package final class SyncDriver: Sendable {
    /// How much longer than the hub holds a poll its reply may take.
    private static let replyWait = Duration.seconds(30)

    private let exchange: SyncExchange
    private let reconciliation: Reconciliation
    private let channel: any HubChannel
    private let environment: Environment
    private let state = Mutex(SyncStatus())
    private let bell = Bell()
    /// End the wait after a failure, one for each loop.
    private let retries = [Bell(), Bell()]
    /// Ends the poll that is held, because the network is another one.
    private let interruption = Bell()
    private let plan = Mutex<PollPlan?>(nil)
    private let hasNews: @Sendable (SyncExchange.Outcome) -> Void
    private let successor: @Sendable (HubCard) async throws -> (any HubChannel)?

    /// Prepares syncing.
    ///
    /// - Parameters:
    ///   - replica: What to keep in agreement.
    ///   - channel: The way to the hub.
    ///   - environment: Time and chance, if not the replica's.
    ///   - hasNews: Called after every exchange that brought something.
    ///   - successor: The way to a hub that may have taken the place of this one; nobody trusts
    ///     it before its chain of membership was checked.
    package init(
        replica: Replica, channel: any HubChannel, environment: Environment? = nil,
        hasNews: @escaping @Sendable (SyncExchange.Outcome) -> Void = { _ in },
        successor: @escaping @Sendable (HubCard) async throws -> (any HubChannel)? = { _ in nil }
    ) {
        self.successor = successor
        exchange = SyncExchange(replica: replica)
        reconciliation = Reconciliation(replica: replica, channel: channel)
        self.channel = channel
        self.environment = environment ?? replica.environment
        self.hasNews = hasNews
    }

    /// How it goes.
    package var status: SyncStatus { state.withLock(\.self) }

    /// Says that there is something to send.
    package func wake() {
        bell.ring()
    }

    /// Says that the network is another one: whoever waits after a failure tries again at once.
    package func networkChanged() {
        state.withLock { $0.failures = 0 }
        plan.withLock { _ = $0?.handle(.networkChanged) }
        for retry in retries { retry.ring() }
        interruption.ring()
        bell.ring()
    }

    /// Exchanges until nothing is left to send or to fetch.
    ///
    /// What came is stored exchange by exchange: whoever is interrupted goes on from there.
    ///
    /// - Parameter progress: Called after every exchange with how far it has come, from 0 to 1.
    /// - Throws: ``EndlessExchange`` if that never comes, or what an exchange throws.
    package func synchronise(progress: (Double) async -> Void = { _ in }) async throws {
        var patience = ExchangePatience()
        var stored: UInt64 = 0
        while true {
            let outcome = try await exchangeOnce(waiting: .zero)
            stored += UInt64(outcome.received)
            if let remaining = outcome.remaining, stored + remaining > 0 {
                await progress(Double(stored) / Double(stored + remaining))
            }
            guard outcome.hasMore else { return }
            try patience.note(outcome)
        }
    }

    /// Exchanges until cancelled.
    ///
    /// - Parameter poll: Tells how long the hub may hold a poll.
    package func run(polling poll: @escaping @Sendable () async -> Duration) async {
        await withTaskGroup { group in
            let (first, second) = (retries[0], retries[1])
            group.addTask {
                await self.loop(first) { try await self.pollOnce(beginningWith: poll()) }
            }
            group.addTask {
                await self.loop(second) {
                    await self.bell.wait()
                    do { try await self.synchronise() } catch {
                        // What there is to send is still there when the hub answers again.
                        self.bell.ring()
                        throw error
                    }
                }
            }
        }
    }

    /// Asks once for news, and lets the hub hold the answer for as long as the way there allows.
    private func pollOnce(beginningWith first: Duration) async throws {
        let next = plan.withLock { plan in
            var current = plan ?? PollPlan(first: first)
            current.begin(with: first)
            plan = current
            return current.next
        }
        if next.pause > .zero { await pause(next.pause) }
        try Task.checkCancellation()
        let start = environment.uptime()
        do {
            guard
                let outcome = try await untilInterrupted({
                    try await self.exchangeOnce(waiting: next.hold)
                })
            else { return }
            let isEmpty = outcome.received == 0 && !outcome.hasNewMembership
            learn(
                .replied(after: environment.uptime() - start, hold: next.hold, isEmpty: isEmpty))
        } catch let error as TransportError where error.isBroken {
            guard learn(.broken(after: environment.uptime() - start, hold: next.hold)) else {
                throw error
            }
        }
    }

    @discardableResult
    private func learn(_ event: PollPlan.Event) -> Bool {
        let (isExplained, plan) = plan.withLock { plan in
            (plan?.handle(event) ?? false, plan)
        }
        state.withLock { $0.poll = plan }
        return isExplained
    }

    /// Waits, unless the network becomes another one or there is something to send.
    private func pause(_ time: Duration) async {
        let (environment, interruption) = (environment, interruption)
        await withTaskGroup { group in
            // A cancelled sleep ends the loop that called.
            group.addTask { try? await environment.sleep(time) }
            group.addTask { await interruption.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Runs a body, or gives it up when the network becomes another one.
    private func untilInterrupted<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let interruption = interruption
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await interruption.wait()
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func loop(_ retry: Bell, _ body: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await body()
            } catch {
                guard !Task.isCancelled else { return }
                await backOff(from: error, until: retry)
            }
        }
    }

    @discardableResult
    private func exchangeOnce(waiting wait: Duration) async throws -> SyncExchange.Outcome {
        let request = try await exchange.request(waiting: wait)
        let reply = try await ask(request)
        var outcome = try await absorb(reply, to: request)
        for digest in outcome.mismatches
        where try await reconciliation.mend(digest) {
            outcome.hasMore = true
            outcome.mended += 1
        }
        state.withLock { status in
            status.lastSuccess = environment.now()
            status.lastFailure = nil
            status.failures = 0
            if !reply.hasMore { status.hubDigests = reply.digests }
        }
        if outcome.received > 0 || outcome.hasNewMembership || outcome.hasNewHubLife {
            hasNews(outcome)
        }
        return outcome
    }

    private func ask(_ request: ExchangeRequest) async throws -> ExchangeReply {
        do {
            let reply = try await channel.ask(
                .exchange(request), within: request.wait + Self.replyWait)
            guard case .exchange(let reply) = reply else { throw HubRefusal(.malformed) }
            return reply
        } catch let refusal as HubRefusal where refusal.code == .feedGap {
            try await exchange.doubtAcknowledged()
            throw refusal
        } catch let refusal as HubRefusal where refusal.code == .feedFork {
            try await exchange.settleFork(through: channel)
            throw refusal
        } catch let refusal as HubRefusal
            where refusal.code == .revoked || refusal.code == .replaced
        {
            // The hub still shows who belongs now, and that is the proof.
            try await learnChain(through: channel)
            throw refusal
        } catch let error as EnvelopeError where error.code == .unknownHub {
            if let hub = error.successor, let next = try await successor(hub) {
                try await learnChain(through: next)
            }
            throw error
        }
    }

    private func absorb(
        _ reply: ExchangeReply, to request: ExchangeRequest
    ) async throws -> SyncExchange.Outcome {
        var outcome: SyncExchange.Outcome
        do {
            outcome = try await exchange.absorb(reply, to: request)
        } catch let error as MembershipError {
            try await exchange.noteFalseMembership(error)
            throw error
        }
        switch outcome.chain {
        case .same: break
        case .hubIsBehind(let height):
            try await handOver(try await exchange.entries(after: height), through: channel)
        case .differs:
            if try await learnChain(through: channel) { outcome.hasNewMembership = true }
        }
        return outcome
    }

    /// Compares the hub's whole chain of membership with the one here.
    ///
    /// - Returns: Whether who belongs changed here.
    @discardableResult
    private func learnChain(through channel: any HubChannel) async throws -> Bool {
        guard
            case .membership(let chain) = try await channel.ask(
                .chain(after: 0), within: Self.replyWait)
        else { throw HubRefusal(.malformed) }
        let isNew: Bool
        let missing: [MembershipEntry]
        do {
            (isNew, missing) = try await exchange.reconcile(chain)
        } catch let error as MembershipError {
            try await exchange.noteFalseMembership(error)
            throw error
        }
        if isNew {
            var outcome = SyncExchange.Outcome()
            outcome.hasNewMembership = true
            hasNews(outcome)
        }
        try await handOver(missing, through: channel)
        return isNew
    }

    /// Hands entries over that the hub lacks.
    ///
    /// It may have forgotten them, or they exclude its own: then it keeps them as evidence, and
    /// says so.
    private func handOver(
        _ entries: [MembershipEntry], through channel: any HubChannel
    ) async throws {
        guard !entries.isEmpty else { return }
        do {
            _ = try await channel.ask(.showChain(entries), within: Self.replyWait)
        } catch let refusal as HubRefusal
            where [.membershipForked, .membershipStale, .revoked, .replaced].contains(refusal.code)
        {
            return
        }
    }

    private func backOff(from error: any Error, until retry: Bell) async {
        let failures = state.withLock { status in
            status.failures += 1
            status.lastFailure =
                (error as? any ExplainedError)?.explanation
                ?? LocalizedText(
                    es: "Falló la sincronización.", en: "Synchronisation failed.")
            return status.failures
        }
        let wait = Backoff.wait(after: failures, chance: environment.randomNumber())
        let environment = environment
        await withTaskGroup { group in
            // A cancelled sleep ends the loop that called.
            group.addTask { try? await environment.sleep(wait) }
            group.addTask { await retry.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
