import TestSupport

/// Looks for a marker in every byte that reaches the disk.
func leakTorture(_ job: TortureJob) -> TortureSummary {
    var summary = TortureSummary(name: "leak", seeds: job.all)
    let harness = LeakHarness(name: job.name("leak"))
    do {
        for seed in job.seeds {
            let outcome =
                job.missing == .encryption
                ? try harness.runPlain() : harness.run(seed..<seed + 1)
            summary.count("operations", outcome.operations)
            summary.note(outcome.violations)
        }
    } catch {
        summary.note(["the machine could not be set up: \(error)"])
    }
    return summary
}

/// Gives random statements to an encrypted and to a plain database, a thousand for each seed.
func differentialTorture(_ job: TortureJob) -> TortureSummary {
    var summary = TortureSummary(name: "differential", seeds: job.all)
    let harness = DifferentialHarness(name: job.name("differential"))
    for seed in job.seeds {
        do {
            let outcome = try harness.run(
                1000, seed: seed, forgets: job.missing == .everyStatement)
            summary.count("statements", outcome.statements)
            summary.count("refused", outcome.refused)
            summary.count("comparisons", outcome.comparisons)
            summary.note(outcome.violations)
        } catch {
            summary.note(["seed \(seed): \(error)"])
        }
    }
    return summary
}
