import SyncCore
import Testing

struct ClockTrustTests {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour

    /// How far the wall clock and the machine's own went, when the clock was noted before, and
    /// whether it is believed.
    @Test(arguments: [
        // A week while the machine was up or asleep, and no time at all.
        (wall: 7 * day, up: 7 * day, last: Int64?.none, true), (0, 0, 0, true),
        // Set by a little, and by years in either direction.
        (hour / 2, 0, nil, true), (2 * hour, 0, nil, false), (-2 * hour, 0, nil, false),
        (10 * 365 * day, day, nil, false),
        // Off for a long weekend before this process, and for years.
        (0, 0, -4 * day, true), (0, 0, -31 * day, false), (0, 0, 2 * hour, false),
    ])
    func `a clock is believed while it does not leap`(
        wall: Int64, up: Int64, last: Int64?, isTrusted: Bool
    ) {
        let start = Timestamp(milliseconds: 1_790_000_000_000)
        let trust = ClockTrust(wall: start, uptime: .seconds(100))
        #expect(
            trust.isTrusted(
                at: start.advanced(by: .milliseconds(wall)),
                uptime: .seconds(100) + .milliseconds(up),
                last: last.map { start.advanced(by: .milliseconds($0)) }) == isTrusted)
    }
}
