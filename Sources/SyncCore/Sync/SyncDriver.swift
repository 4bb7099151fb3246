import Synchronization

/// Keeps a replica and the hub in agreement for as long as ``run(polling:)`` runs.
///
/// Two loops share the work: one waits at the hub for news, the other carries local news there
/// at once. Either way an exchange goes in both directions, and doing one twice does no harm.
package final class SyncDriver: Sendable {
    /// How much longer than the hub holds a poll its reply may take.
    private static let replyWait = Duration.seconds(30)

    private let exchange: SyncExchange
    private let channel: any HubChannel
    private let environment: Environment
    private let state = Mutex(SyncStatus())
    private let bell = Bell()
    private let hasNews: @Sendable (SyncExchange.Outcome) -> Void

    /// Prepares syncing.
    ///
    /// - Parameters:
    ///   - replica: What to keep in agreement.
    ///   - channel: The way to the hub.
    ///   - hasNews: Called after every exchange that brought something.
    package init(
        replica: Replica, channel: any HubChannel,
        hasNews: @escaping @Sendable (SyncExchange.Outcome) -> Void = { _ in }
    ) {
        exchange = SyncExchange(replica: replica)
        self.channel = channel
        environment = replica.environment
        self.hasNews = hasNews
    }

    /// How it goes.
    package var status: SyncStatus { state.withLock(\.self) }

    /// Says that there is something to send, or that the network changed.
    package func wake() {
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
            group.addTask { await self.loop { try await self.exchangeOnce(waiting: poll()) } }
            group.addTask {
                await self.loop {
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

    private func loop(_ body: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await body()
            } catch {
                guard !Task.isCancelled else { return }
                await backOff(from: error)
            }
        }
    }

    @discardableResult
    private func exchangeOnce(waiting wait: Duration) async throws -> SyncExchange.Outcome {
        let request = try await exchange.request(waiting: wait)
        let reply = try await channel.ask(.exchange(request), within: request.wait + Self.replyWait)
        guard case .exchange(let reply) = reply else { throw HubRefusal(.malformed) }
        let outcome = try await exchange.absorb(reply, to: request)
        state.withLock { status in
            status.lastSuccess = environment.now()
            status.lastFailure = nil
            status.failures = 0
            if !reply.hasMore { status.hubDigests = reply.digests }
        }
        if outcome.received > 0 || outcome.hasNewMembership { hasNews(outcome) }
        return outcome
    }

    private func backOff(from error: any Error) async {
        let failures = state.withLock { status in
            status.failures += 1
            status.lastFailure =
                (error as? any ExplainedError)?.explanation
                ?? LocalizedText(
                    es: "Falló la sincronización.", en: "Synchronisation failed.")
            return status.failures
        }
        // A cancelled sleep ends the loop that called.
        try? await environment.sleep(
            Backoff.wait(after: failures, chance: environment.randomNumber()))
    }
}
