import SyncCore
import Testing

/// The decision alone, without a disk.
struct StorageHealthTests {
    private let sync = StorageIncident(.syncFailed, in: .log)

    @Test func `a failed sync stops everything, and only a whole file goes on`() {
        var health = StorageHealth()
        #expect(health.handle(.asked, at: .seconds(1)) == [])
        #expect(health.handle(.met(sync), at: .seconds(2)) == [])
        #expect(!health.isServing)
        #expect(health.handle(.asked, at: .seconds(2)) == [.reopen])
        // Nobody is served while it is checked.
        #expect(health.handle(.asked, at: .seconds(2)) == [.refuse(.recovering)])
        #expect(!health.isServing)
        #expect(health.handle(.reopened, at: .seconds(3)) == [])
        #expect(health.state == .working)
        #expect(health.handle(.asked, at: .seconds(3)) == [])
    }

    @Test func `attempts to open again wait longer and longer, up to a minute`() {
        var health = StorageHealth()
        var now = Duration.seconds(100)
        _ = health.handle(.met(sync), at: now)
        var waits: [Duration] = []
        for _ in 0..<8 {
            let start = now
            while health.handle(.asked, at: now) != [.reopen] { now += .milliseconds(500) }
            waits.append(now - start)
            _ = health.handle(.reopeningFailed(.inputOutput), at: now)
            #expect(health.handle(.asked, at: now) == [.refuse(.recovering)])
        }
        #expect(waits == [0, 1, 2, 5, 15, 60, 60, 60].map { Duration.seconds($0) })
    }

    @Test func `what is not whole is called damaged, and looked at again`() {
        var health = StorageHealth()
        _ = health.handle(.met(sync), at: .zero)
        _ = health.handle(.asked, at: .zero)
        _ = health.handle(.reopeningFailed(.corrupt), at: .zero)
        #expect(health.handle(.asked, at: .zero) == [.refuse(.corrupt)])
        #expect(health.handle(.asked, at: .seconds(1)) == [.reopen])
    }

    @Test func `a full disk turns nobody away, and the first write that fits ends it`() {
        var health = StorageHealth()
        _ = health.handle(.met(StorageIncident(.noRoom, in: .log)), at: .zero)
        #expect(health.state == .full)
        #expect(health.isServing)
        #expect(health.handle(.asked, at: .zero) == [])
        // There is no room to write it down in, and no need when it is over.
        #expect(health.unnoted.isEmpty)
        _ = health.handle(.wrote, at: .zero)
        #expect(health.state == .working)
    }

    @Test func `a refused page is counted and written down, and the rest is served`() {
        var health = StorageHealth()
        let page = StorageIncident(.pageRefused, in: .main, at: 17)
        _ = health.handle(.met(page), at: .zero)
        _ = health.handle(.met(page), at: .zero)
        #expect(health.isServing)
        #expect(health.counts[.pageRefused] == 2)
        #expect(health.unnoted == [page])
        _ = health.handle(.noted([page]), at: .zero)
        #expect(health.unnoted.isEmpty)
    }

    @Test func `a failure while the file is checked does not let it go on`() {
        var health = StorageHealth()
        _ = health.handle(.met(sync), at: .zero)
        _ = health.handle(.asked, at: .zero)
        _ = health.handle(.met(sync), at: .zero)
        #expect(health.handle(.asked, at: .zero) == [.refuse(.recovering)])
    }
}
