import SyncCore
import Synchronization
import Testing

@testable import SyncServer

/// A hub that never says that it is done.
struct EndlessHubTests {
    /// How many rounds the hubs of these tests go on for; a device must have stopped before.
    private static let roundsMaximum = 3000

    /// Says after every exchange that there is more, and has nothing.
    private final class Chatterer: HubChannel {
        private let honest: HubClient
        private let rounds = Mutex(0)

        init(_ honest: HubClient) { self.honest = honest }

        var count: Int { rounds.withLock(\.self) }

        func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
            let reply = try await honest.ask(request, within: wait)
            guard case .exchange(var exchange) = reply else { return reply }
            let round = rounds.withLock {
                $0 += 1
                return $0
            }
            exchange.hasMore = round < roundsMaximum
            return .exchange(exchange)
        }
    }

    /// Shows a reader, after each exchange, the one of two signed histories that it has not.
    private final class TwoFaced: HubChannel {
        private let honest: HubClient
        private let author: ClonedAuthor
        private let feed: FeedID
        private let faces = Mutex(0)

        init(_ honest: HubClient, of author: ClonedAuthor) {
            (self.honest, self.author) = (honest, author)
            feed = author.device.identity.feed(.config, .organisation)
        }

        var count: Int { faces.withLock(\.self) }

        func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
            guard case .compare(let question) = request else {
                return try await exchange(request, within: wait)
            }
            let face = count % 2 == 0 ? author.device : author.copy
            let feed = feed
            return try await face.read { transaction in
                switch question {
                case .ends:
                    let end = try transaction.feeds.end(of: feed)
                    return .compared(
                        .ends([FeedEnd(feed: feed, count: end.count, hash: end.hash)]))
                case .records(let feed, let places):
                    return .compared(
                        .records(
                            try places.map {
                                try transaction.feeds.storedHash(of: feed, $0)
                            }))
                case .batch(let feed, let place):
                    return .compared(.batch(try transaction.feeds.batch(of: feed, after: place)))
                default: throw HubRefusal(.malformed)
                }
            }
        }

        private func exchange(
            _ request: HubRequest, within wait: Duration
        ) async throws -> HubReply {
            let reply = try await honest.ask(request, within: wait)
            guard case .exchange(var exchange) = reply, count < roundsMaximum else {
                return reply
            }
            faces.withLock { $0 += 1 }
            let own = try await author.reader.read {
                try $0.stateDigest(of: .config, .organisation)
            }
            exchange.digests = [
                StateDigest(
                    topic: .config, scope: .organisation, vector: own.vector, digest: .zero)
            ]
            return .exchange(exchange)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a hub that always has more, and nothing new, is left`() async throws {
        let hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        let chatterer = Chatterer(hub.channel(for: founder, organisation: organisation))
        await #expect(throws: EndlessExchange.self) {
            try await SyncDriver(replica: founder, channel: chatterer).synchronise()
        }
        #expect(chatterer.count <= ExchangePatience.fruitlessMaximum + 2)
        // Whoever left comes back, and finds nothing lost.
        try await hub.synchronise(founder, organisation)
    }

    @Test(.timeLimit(.minutes(10)))
    func `a hub that shows one signed history after the other is left, and told of`()
        async throws
    {
        let author = try await ClonedAuthor()
        try await author.hub.synchronise(author.device, author.organisation)
        try await author.hub.synchronise(author.reader, author.organisation)
        let hub = TwoFaced(
            author.hub.channel(for: author.reader, organisation: author.organisation), of: author)
        await #expect(throws: EndlessExchange.self) {
            try await SyncDriver(replica: author.reader, channel: hub).synchronise()
        }
        #expect(hub.count <= ExchangePatience.mendsMaximum + 2)
        let alarms = try await author.reader.read { try AlarmStore($0.connection).all() }
        #expect(alarms.contains { $0.kind == .otherRecord })
    }
}
