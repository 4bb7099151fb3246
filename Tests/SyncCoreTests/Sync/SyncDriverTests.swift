import SyncCore
import Synchronization
import TestSupport
import Testing

struct SyncDriverTests {
    /// A hub that nobody reaches, and a word for each time somebody tried.
    private struct Unreachable: HubChannel {
        struct Failure: Error {}

        let tried: AsyncStream<Void>.Continuation

        func ask(_: HubRequest, within _: Duration) async throws -> HubReply {
            tried.yield()
            throw Failure()
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `whoever waits after a failure tries again when the network changed`() async throws {
        let organisation = try await TestOrganisation(count: 1)
        let (attempts, tried) = AsyncStream<Void>.makeStream()
        // A wait after a failure that ends for no other reason.
        var environment = organisation.replicas[0].environment
        environment.sleep = { _ in
            let never = AsyncStream<Void> { _ in }
            for await _ in never {}
            try Task.checkCancellation()
        }
        let driver = SyncDriver(
            replica: organisation.replicas[0], channel: Unreachable(tried: tried),
            environment: environment)
        try await withThrowingTaskGroup { group in
            group.addTask { await driver.run { .zero } }
            var seen = attempts.makeAsyncIterator()
            for _ in 1...3 {
                try #require(await seen.next() != nil)
                driver.networkChanged()
            }
            group.cancelAll()
        }
    }
}
