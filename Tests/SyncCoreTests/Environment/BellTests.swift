import SyncCore
import Testing

/// Waits of tasks that end one after the other, in real time.
struct BellTests {
    /// How long a wait that must not end is watched.
    private static let patience = Duration.milliseconds(200)

    private let environment = Environment.live()

    @Test func `A wait after a cancelled one lasts until the bell rings`() async throws {
        let bell = Bell()
        await cancelledWait(for: bell)
        #expect(try await !ends(bell))
        bell.ring()
        #expect(try await ends(bell))
    }

    @Test func `Ringing before anybody waits wakes the next wait, and that one only`()
        async throws
    {
        let bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait()
        #expect(try await !ends(bell))
    }

    @Test func `A ring that comes with the cancellation of a wait is left to the next`()
        async throws
    {
        for _ in 0..<500 {
            let bell = Bell()
            let isTaken = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await bell.wait()
                    return !Task.isCancelled
                }
                group.addTask {
                    bell.ring()
                    return false
                }
                group.cancelAll()
                return await group.reduce(false) { $0 || $1 }
            }
            // Nobody acts on what a cancelled task was told.
            if !isTaken { #expect(try await ends(bell)) }
        }
    }

    @Test func `A task that is cancelled already leaves the ring to the next`() async throws {
        let bell = Bell()
        bell.ring()
        await cancelledWait(for: bell)
        #expect(try await ends(bell))
    }

    @Test func `Every wait ends when several tasks wait and the bell rings for each`() async {
        let bell = Bell()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await bell.wait()
                    bell.ring()
                }
            }
            bell.ring()
            await group.waitForAll()
        }
    }

    /// Waits in a task that is cancelled, and returns when that wait is over.
    private func cancelledWait(for bell: Bell) async {
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await bell.wait() }
        }
    }

    /// Whether a wait ends within the patience of these tests.
    private func ends(_ bell: Bell) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await bell.wait()
                return !Task.isCancelled
            }
            group.addTask {
                try await environment.sleep(Self.patience)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
