import SyncCore
import TestSupport

/// Ends the lives of simulated machines in one way, in every variation of the storage.
///
/// The seeds are dealt out to the variations in turn.
func storageTorture(
    _ name: String, _ fault: PowerCutHarness.Fault, _ job: TortureJob
) -> TortureSummary {
    var summary = TortureSummary(name: name, seeds: job.all)
    var options = EncryptingFileSystem.Options()
    options.toleratesTornHeader = job.missing != .tornHeader
    options.toleratesTornLog = job.missing != .tornLog
    options.fillsGaps = job.missing != .filledGaps
    let harness = PowerCutHarness(
        name: job.name(name), options: options, syncsFolders: job.missing != .folderSyncs)
    let variations = PowerCutHarness.Variation.all(fault)
    for seed in job.seeds {
        var variation = variations[Int(seed % UInt64(variations.count))]
        variation.syncsCommits = job.missing != .syncs
        variation.spillsCache = variation.spillsCache || job.missing == .keptCache
        let outcome = harness.run(seed..<seed + 1, variation)
        summary.count("faults", outcome.faults)
        summary.count("commits", outcome.commits)
        summary.count("inFlightSurvived", outcome.inFlightSurvived)
        summary.note(outcome.violations.map { "\(variation): \($0)" })
    }
    return summary
}
