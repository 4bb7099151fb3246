import Synchronization
import Testing

@testable import Outbox

struct SharedCommitTests {
    private struct DiskIsFull: Error {}

    /// A disk that remembers what each commit held, and whose first commit can be kept waiting.
    private final class Disk: Sendable {
        let commits = Mutex<[[Int]]>([])
        private let gate: AsyncStream<Void>
        let opener: AsyncStream<Void>.Continuation

        init() {
            (gate, opener) = AsyncStream.makeStream()
        }

        func store(_ entries: [Int]) async throws {
            let isFirst = commits.withLock { commits in
                commits.append(entries)
                return commits.count == 1
            }
            if isFirst { for await _ in gate { break } }
            if entries.contains(13) { throw DiskIsFull() }
        }
    }

    @Test func `who writes alone has a commit alone`() async throws {
        let disk = Disk()
        disk.opener.yield()
        let shared = SharedCommit<Int> { try await disk.store($0) }
        try await shared.write(1)
        try await shared.write(2)
        #expect(disk.commits.withLock(\.self) == [[1], [2]])
    }

    @Test func `who comes while somebody writes shares the next commit`() async throws {
        let disk = Disk()
        let shared = SharedCommit<Int> { try await disk.store($0) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await shared.write(1) }
            while disk.commits.withLock(\.isEmpty) { await Task.yield() }
            for number in 2...9 { group.addTask { try await shared.write(number) } }
            while shared.waitingCount < 8 { await Task.yield() }
            disk.opener.yield()
            try await group.waitForAll()
        }
        let commits = disk.commits.withLock(\.self)
        #expect(commits.count == 2)
        #expect(commits[0] == [1])
        #expect(commits[1].sorted() == Array(2...9))
    }

    @Test func `a commit that fails fails for everybody in it, and for nobody later`() async throws
    {
        let disk = Disk()
        let shared = SharedCommit<Int> { try await disk.store($0) }
        let failures = await withTaskGroup { group in
            group.addTask { await Self.fails { try await shared.write(1) } }
            while disk.commits.withLock(\.isEmpty) { await Task.yield() }
            for number in [13, 14] {
                group.addTask { await Self.fails { try await shared.write(number) } }
            }
            while shared.waitingCount < 2 { await Task.yield() }
            disk.opener.yield()
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(failures == 2)
        try await shared.write(15)
        #expect(disk.commits.withLock(\.last) == [15])
    }

    private static func fails(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch {
            return true
        }
    }
}
