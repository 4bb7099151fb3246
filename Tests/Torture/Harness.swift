import TestSupport

/// A way to torture: a function from a share of the seeds to what they met.
struct Harness: Sendable {
    let name: String
    /// How many runs there are unless more or fewer are asked for.
    let runsDefault: UInt64
    /// What it can be run without.
    let safeties: [Safety]
    /// In how many shares at most: failures of memory concern the whole process.
    var partsMaximum = Int.max
    let run: @Sendable (TortureJob) -> TortureSummary

    /// Every harness.
    ///
    /// A new one is a file of its own and a line here.
    static let all = [
        Harness(
            name: "powercut", runsDefault: 10_000,
            safeties: [.tornHeader, .tornLog, .filledGaps, .syncs, .folderSyncs],
            run: { storageTorture("powercut", .powerCut, $0) }),
        Harness(
            name: "crash", runsDefault: 1000, safeties: [.keptCache],
            run: { storageTorture("crash", .kill, $0) }),
        Harness(
            name: "kill", runsDefault: 1000, safeties: [.keptCache, .lateAnswer],
            run: { killTorture($0) }),
        Harness(
            name: "ioerror", runsDefault: 1, safeties: [.lateAnswer, .errorResults],
            run: { errorTorture($0) }),
        Harness(
            name: "oom", runsDefault: 1, safeties: [.lateAnswer], partsMaximum: 1,
            run: { memoryTorture($0) }),
        // More runs than changes: every change is made once.
        Harness(
            name: "tamper", runsDefault: 1_000_000, safeties: [.journalTags, .logScan],
            run: { tamperTorture($0) }),
        Harness(
            name: "leak", runsDefault: 200, safeties: [.encryption], run: { leakTorture($0) }),
        Harness(
            name: "differential", runsDefault: 10, safeties: [.everyStatement],
            run: { differentialTorture($0) }),
    ]
}
