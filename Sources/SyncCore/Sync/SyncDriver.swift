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
    private let hasNews: @Sendable (SyncExchange.Outcome) -> Void

    /// Prepares syncing.
    ///
    /// - Parameters:
    ///   - replica: What to keep in agreement.
    ///   - channel: The way to the hub.
    ///   - environment: Time and chance, if not the replica's.
    ///   - hasNews: Called after every exchange that brought something.
    package init(
        replica: Replica, channel: any HubChannel, environment: Environment? = nil,
        hasNews: @escaping @Sendable (SyncExchange.Outcome) -> Void = { _ in }
    ) {
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
        for retry in retries { retry.ring() }
        bell.ring()
    }

    /// Exchanges until nothing is left to send or to fetch.
    package func synchronise() async throws {
        while try await exchangeOnce(waiting: .zero).hasMore {}
    }

    /// Exchanges until cancelled.
    ///
    /// - Parameter poll: Tells how long the hub may hold a poll.
    package func run(polling poll: @escaping @Sendable () async -> Duration) async {
        await withTaskGroup { group in
            let (first, second) = (retries[0], retries[1])
            group.addTask {
                await self.loop(first) { try await self.exchangeOnce(waiting: poll()) }
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
        where try await reconciliation.mend(digest) { outcome.hasMore = true }
        state.withLock { status in
            status.lastSuccess = environment.now()
            status.lastFailure = nil
            status.failures = 0
            if !reply.hasMore { status.hubDigests = reply.digests }
        }
        if outcome.received > 0 || outcome.hasNewMembership { hasNews(outcome) }
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
        } catch let refusal as HubRefusal
            where refusal.code == .revoked || refusal.code == .replaced
        {
            // The hub still shows who belongs now, and that is the proof.
            try await learnChain()
            throw refusal
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
            try await handOver(try await exchange.entries(after: height))
        case .differs:
            if try await learnChain() { outcome.hasNewMembership = true }
        }
        return outcome
    }

    /// Compares the hub's whole chain of membership with the one here.
    ///
    /// - Returns: Whether who belongs changed here.
    @discardableResult
    private func learnChain() async throws -> Bool {
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
        try await handOver(missing)
        return isNew
    }

    /// Hands entries over that the hub lacks.
    ///
    /// It may have forgotten them, or they exclude its own: then it keeps them as evidence, and
    /// says so.
    private func handOver(_ entries: [MembershipEntry]) async throws {
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
