import SyncCore
import TestSupport

/// Damages the files of simulated machines: in every way if there are runs enough, or else in one
/// random way for each seed.
func tamperTorture(_ job: TortureJob) -> TortureSummary {
    var summary = TortureSummary(name: "tamper", seeds: job.all)
    var options = EncryptingFileSystem.Options()
    options.authenticatesJournal = job.missing != .journalTags
    options.findsHoles = job.missing != .logScan
    for scene in TamperHarness.Scene.allCases {
        do {
            let harness = try TamperHarness(
                name: job.name("tamper \(scene)"), scene: scene, options: options)
            let isComplete = job.all.count >= harness.changeCount
            let outcome =
                isComplete
                ? harness.run(
                    changes: stride(from: job.part, to: harness.changeCount, by: job.parts))
                : harness.run(job.seeds)
            summary.count(
                "changes", outcome.unharmed + outcome.prefixes + outcome.refused)
            summary.count("unharmed", outcome.unharmed)
            summary.count("prefixes", outcome.prefixes)
            summary.count("alarms", outcome.alarms)
            summary.count("refused", outcome.refused)
            summary.note(outcome.violations)
        } catch {
            summary.note(["the machine could not be set up: \(error)"])
        }
    }
    return summary
}
