import TestSupport

/// Damages the files of a simulated machine, one change for each seed.
func tamperTorture(_ seeds: Range<UInt64>) -> TortureSummary {
    var summary = TortureSummary(name: "tamper", seeds: seeds)
    let harness = TamperHarness(name: "torture tamper")
    do {
        let outcome = try harness.run(seeds)
        for violation in outcome.violations { print(violation) }
        summary.counts = [
            ("unharmed", outcome.unharmed), ("prefixes", outcome.prefixes),
            ("refused", outcome.refused),
        ]
        summary.violations = outcome.violations
    } catch {
        summary.violations = ["the machine could not be set up: \(error)"]
        print(summary.violations)
    }
    return summary
}
