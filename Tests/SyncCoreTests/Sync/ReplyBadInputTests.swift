import SyncCore
import TestSupport
import Testing

/// What a faulty or hostile hub may hand to a device: nothing of it is taken in, and a person is
/// told.
struct ReplyBadInputTests {
    /// What a replica holds, as far as a reply could change it.
    private struct Holding: Equatable {
        let digests: [StateDigest]
        let vector: VersionVector
        let height: UInt64
        let cursor: UInt64

        init(of replica: Replica) async throws {
            self = try await replica.read { transaction in
                try Holding(
                    digests: transaction.stateDigests(), vector: transaction.feeds.vector(),
                    height: transaction.membership.height,
                    cursor: SyncStore(transaction.replicaStore).cursor())
            }
        }

        private init(
            digests: [StateDigest], vector: VersionVector, height: UInt64, cursor: UInt64
        ) {
            (self.digests, self.vector, self.height, self.cursor) = (
                digests, vector, height, cursor
            )
        }
    }

    /// What is wrong, the alarm it raises (none if it waits for what comes before it), and the
    /// batch.
    private static let lies: [(String, Alarm.Kind?, @Sendable (LyingAuthor) -> FeedBatch)] = [
        (
            "a head signed by another key", .notAuthentic,
            { $0.batch([$0.second], key: SigningKey(randomFrom: $0.replica.environment)) }
        ),
        (
            "a record of another organisation", .notAuthentic,
            { $0.batch([$0.record(2, after: $0.first.hash, in: Digest(of: [9]))]) }
        ),
        ("a second record with one number", .fork, { $0.batch([$0.record(body: [2])]) }),
        (
            "a record that follows another history", .fork,
            { $0.batch([$0.record(2, after: Digest(of: [7]))]) }
        ),
        ("a record too far on", nil, { $0.batch([$0.record(5, after: Digest(of: [2]))]) }),
        (
            "an author who knew members that nobody knows", nil,
            { $0.batch([$0.record(2, after: $0.first.hash, height: 999)]) }
        ),
    ]

    private func reply(_ batches: [FeedBatch]) -> ExchangeReply {
        var reply = ExchangeReply(hubIncarnation: Incarnation(number: 5))
        reply.batches = batches
        return reply
    }

    private func alarms(of replica: Replica) async throws -> [Alarm.Kind] {
        try await replica.read { try AlarmStore($0.connection).all().map(\.kind) }
    }

    @Test func `records of a hub that lies are not taken in, and a person is told`() async throws {
        for (name, alarm, lie) in Self.lies {
            let organisation = try await TestOrganisation(count: 2)
            let (author, reader) = (organisation.replicas[0], organisation.replicas[1])
            let liar = LyingAuthor(
                replica: author,
                organisation: try await author.read { $0.membership.organisation })
            let exchange = SyncExchange(replica: reader)
            let request = try await exchange.request(waiting: .zero)
            let first = try await exchange.absorb(reply([liar.batch([liar.first])]), to: request)
            #expect(first.received == 1, "\(name)")
            let before = try await Holding(of: reader)
            if let alarm {
                let outcome = try await exchange.absorb(reply([lie(liar)]), to: request)
                #expect(outcome.received == 0, "\(name)")
                #expect(try await alarms(of: reader) == [alarm], "\(name)")
            } else {
                // It may be early and no lie: it waits, does not count, and is told of.
                let outcome = try await exchange.absorb(reply([lie(liar)]), to: request)
                #expect(outcome.received == 0, "\(name)")
                #expect(try await alarms(of: reader).isEmpty, "\(name)")
                #expect(try await reader.read { try $0.waiting.gaps().count } == 1, "\(name)")
            }
            #expect(try await Holding(of: reader) == before, "\(name)")
            #expect(try await LogVerifier(reader).verify().isWhole, "\(name)")
        }
    }

    // One bad feed must not keep the others from arriving.
    @Test func `what else a reply brings is taken in`() async throws {
        let organisation = try await TestOrganisation(count: 3)
        let reader = organisation.replicas[2]
        let identity = try await reader.read { $0.membership.organisation }
        let liars = organisation.replicas.prefix(2).map {
            LyingAuthor(replica: $0, organisation: identity)
        }
        let exchange = SyncExchange(replica: reader)
        let request = try await exchange.request(waiting: .zero)
        let forged = liars[0].batch(
            [liars[0].first], key: SigningKey(randomFrom: reader.environment))
        let good = liars[1].batch([liars[1].first])
        let outcome = try await exchange.absorb(reply([forged, good]), to: request)
        #expect(outcome.received == 1)
        let vector = try await reader.read { try $0.feeds.vector() }
        #expect(vector[liars[0].feed] == 0)
        #expect(vector[liars[1].feed] == 1)
    }
}
