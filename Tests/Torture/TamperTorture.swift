import TestSupport

/// Damages the files of simulated machines: in every way if there are runs enough, or else in one
/// random way for each seed.
func tamperTorture(_ seeds: Range<UInt64>) -> TortureSummary {
    var summary = TortureSummary(name: "tamper", seeds: seeds)
    var total = TamperHarness.Outcome()
    var changes = 0
    do {
        for scene in TamperHarness.Scene.allCases {
            let harness = try TamperHarness(name: "tamper \(scene) \(seeds)", scene: scene)
            let outcome =
                seeds.count >= harness.changeCount
                ? harness.run(changes: 0..<harness.changeCount) : harness.run(seeds)
            changes += harness.changeCount
            total.unharmed += outcome.unharmed
            total.prefixes += outcome.prefixes
            total.alarms += outcome.alarms
            total.refused += outcome.refused
            total.violations += outcome.violations
        }
    } catch {
        total.violations.append("the machine could not be set up: \(error)")
    }
    for violation in total.violations { print(violation) }
    summary.counts = [
        ("changesInAll", changes), ("unharmed", total.unharmed), ("prefixes", total.prefixes),
        ("alarms", total.alarms), ("refused", total.refused),
    ]
    summary.violations = total.violations
    return summary
}
