/// Decides how long the hub may hold the next poll, and whether polls are held at all.
///
/// What stands between a device and its hub decides this, and nobody writes it down: some proxies
/// cut what is silent for a minute, some keep a reply back until more comes. So every held poll is
/// a probe. One that comes back whole and in time may be held twice as long the next time; one that
/// is cut is held less, below the time at which it was cut. Where even short ones are cut, or
/// replies are kept back, the device asks without waiting, at intervals, and probes now and then.
///
/// ```
///            survived: hold × 2 up to 24 times the first (25 s: 10 min)
///            ┌───────┐
///            ▼       │   three cuts, or the shortest is cut, or two replies kept back
///          holding ──┴──────────────────────────────────────────▶ asking at intervals
///            ▲                                                        │
///            └──── another network; a probe survived ◀────────────────┘
/// ```
package struct PollPlan: Hashable, Sendable {
    /// What to do next.
    package struct Next: Hashable, Sendable {
        /// How long to wait before asking.
        package let pause: Duration
        /// How long the hub may hold the answer.
        package let hold: Duration

        package init(pause: Duration, hold: Duration) {
            self.pause = pause
            self.hold = hold
        }
    }

    /// What became of a poll.
    package enum Event: Hashable, Sendable {
        /// It was answered, with news or without.
        case replied(after: Duration, hold: Duration, isEmpty: Bool)
        /// The connection broke, or nothing came in time.
        case broken(after: Duration, hold: Duration)
        /// The device is in another network, or woke up.
        case networkChanged
    }

    /// How much longer than the first hold the longest is.
    private static let growthMaximum = 24
    /// How many cuts in a row end holding.
    private static let cutsMaximum = 3
    /// How many replies that were kept back end holding.
    private static let delaysMaximum = 2
    /// How many plain polls lie between two probes.
    private static let pollsPerProbe = 40
    /// A reply may take this much longer than the hold, and a cut comes no earlier than this.
    private static let toleranceMinimum = Duration.seconds(2)

    /// Whether the device asks at intervals instead of having polls held.
    package private(set) var isPlain = false
    /// How long the next poll may be held, where they are.
    package private(set) var hold: Duration
    private var first: Duration
    // What broke was held for longer than this.
    private var ceiling: Duration
    private var cuts = 0
    private var delays = 0
    private var pollsSinceProbe = 0

    /// Begins.
    ///
    /// - Parameter first: How long the first poll may be held.
    package init(first: Duration) {
        self.first = first
        hold = first
        ceiling = first * Self.growthMaximum
    }

    /// Takes another first hold from the configuration; the same changes nothing.
    package mutating func begin(with first: Duration) {
        if first != self.first { self = PollPlan(first: first) }
    }

    /// What to do next.
    package var next: Next {
        guard isPlain else { return Next(pause: .zero, hold: hold) }
        guard pollsSinceProbe < Self.pollsPerProbe else { return Next(pause: .zero, hold: first) }
        return Next(pause: first * 3 / 5, hold: .zero)
    }

    /// Learns from a poll.
    ///
    /// - Parameter event: What became of it.
    /// - Returns: Whether a failure is explained by what stands in between, so that the next poll
    ///   may follow at once.
    @discardableResult
    package mutating func handle(_ event: Event) -> Bool {
        switch event {
        case .networkChanged:
            self = PollPlan(first: first)
            return true
        case .replied(_, .zero, _):
            pollsSinceProbe += 1
            return false
        case .replied(let elapsed, let hold, let isEmpty):
            if isEmpty { judge(elapsed, hold) }
            return false
        case .broken(let elapsed, let hold):
            return hold > .zero && elapsed >= tolerance && cut(after: elapsed, hold)
        }
    }

    private var tolerance: Duration { max(first / 5, min(Self.toleranceMinimum, first)) }
    private var shortest: Duration { first / 5 }

    private mutating func judge(_ elapsed: Duration, _ hold: Duration) {
        if elapsed > hold + tolerance {
            delays += 1
            if delays >= Self.delaysMaximum { ask() }
        } else if elapsed >= hold * 9 / 10 {
            (isPlain, cuts, delays) = (false, 0, 0)
            self.hold = min(hold * 2, ceiling)
        }
    }

    private mutating func cut(after elapsed: Duration, _ hold: Duration) -> Bool {
        cuts += 1
        // What timed out here was kept back for longer than it was held.
        ceiling = max(min(elapsed * 4 / 5, hold * 4 / 5), shortest)
        if cuts >= Self.cutsMaximum || hold <= shortest || isPlain { ask() }
        self.hold = min(self.hold, max(ceiling, shortest))
        return true
    }

    /// Ends holding until a probe survives.
    private mutating func ask() {
        (isPlain, pollsSinceProbe, cuts, delays) = (true, 0, 0, 0)
    }
}
