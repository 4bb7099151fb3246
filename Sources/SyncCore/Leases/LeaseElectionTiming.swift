/// The durations that shape an election on a device.
package struct LeaseElectionTiming: Sendable {
    /// How long before the end of the lease the holder makes its last new claim.
    ///
    /// Two clocks that measure one lease drift apart; the claim's own compare-and-set catches
    /// what the margin misses. At most a third of the lease counts.
    package var margin = Duration.seconds(5)
    /// How long a request may stay unanswered before it counts as lost.
    package var requestTimeout = Duration.seconds(5)
    /// The longest time between two ticks before the device assumes that it was suspended.
    package var gapMaximum = Duration.seconds(2)
    /// How old the last contact with a server may be when a lease is asked for.
    package var reachFreshness = Duration.seconds(600)
    /// How long to wait between two probes of servers that do not answer.
    package var probeInterval = Duration.seconds(30)
    /// How long between two probes of a network that changes again and again.
    package var probePause = Duration.seconds(2)
    /// How often every route is tried while servers answer.
    package var probeRoutine = Duration.seconds(600)
    /// The wait after the first refusal; it doubles with each further one.
    package var backOffFirst = Duration.seconds(1)
    /// The longest wait after a refusal, unless the hub asks for more.
    package var backOffMaximum = Duration.seconds(15)
    /// How many times the wait doubles.
    package var doublingsMaximum = 10

    /// Takes the defaults.
    package init() {}

    /// Takes what the organisation configured.
    package init(_ timings: Timings) {
        margin = timings.margin
    }

    func checkInvariants() {
        precondition(margin > .zero, "Without a margin two devices may claim at once.")
        precondition(requestTimeout > .zero, "A request needs time to be answered.")
        precondition(gapMaximum > .zero, "Ticks are apart.")
        precondition(reachFreshness > .zero, "A contact cannot be of no use at once.")
        precondition(
            min(probeInterval, probeRoutine) > .zero, "Probes need a pause between them.")
        precondition(backOffFirst > .zero, "A refusal needs a pause.")
        precondition((0...30).contains(doublingsMaximum), "The wait must not overflow.")
    }
}
