import TestSupport

/// Ends the lives of simulated machines in one way, in every variation of the storage.
///
/// The seeds are dealt out to the variations in turn.
func storageTorture(
    _ name: String, _ fault: PowerCutHarness.Fault, _ seeds: Range<UInt64>
) -> TortureSummary {
    var summary = TortureSummary(name: name, seeds: seeds)
    let harness = PowerCutHarness(name: "torture \(name)")
    let variations = PowerCutHarness.Variation.all(fault)
    var total = PowerCutHarness.Outcome()
    for seed in seeds {
        let variation = variations[Int(seed % UInt64(variations.count))]
        let outcome = harness.run(seed..<seed + 1, variation)
        total.faults += outcome.faults
        total.commits += outcome.commits
        total.inFlightSurvived += outcome.inFlightSurvived
        for violation in outcome.violations { print("\(variation): \(violation)") }
        total.violations += outcome.violations
    }
    summary.counts = [
        ("faults", total.faults), ("commits", total.commits),
        ("inFlightSurvived", total.inFlightSurvived),
    ]
    summary.violations = total.violations
    return summary
}
