import Testing

@testable import Agent

struct WakeWatchTests {
    @Test func `a gap in the time since the start means that the machine slept`() {
        var watch = WakeWatch()
        let times: [Duration] = [5000, 5000.5, 5009, 9000, 9000.5].map { .seconds($0) }
        let seen = times.map { watch.hasSlept(at: $0) }
        #expect(seen == [false, false, false, true, false])
    }
}
