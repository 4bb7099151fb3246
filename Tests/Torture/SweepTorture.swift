import SyncCore
import TestSupport

/// Lets every call of the disk fail in turn.
func errorTorture(_ job: TortureJob) -> TortureSummary {
    if job.missing == .errorResults { return sweepTorture("ioerror", [.silence], job) }
    return sweepTorture("ioerror", [.oneCall, .allCalls, .fullDisk], job)
}

/// Lets every allocation of SQLite fail in turn.
func memoryTorture(_ job: TortureJob) -> TortureSummary {
    AllocationFaults.install()
    return sweepTorture("oom", [.oneAllocation, .allAllocations], job)
}

private func sweepTorture(
    _ name: String, _ failures: [FaultSweepHarness.Failure], _ job: TortureJob
) -> TortureSummary {
    var summary = TortureSummary(name: name, seeds: job.all)
    let journals: [ConnectionOptions.Journal] = [.writeAheadLog, .rollback]
    let harnesses = journals.flatMap { journal in
        [false, true].map { returnsPages in
            FaultSweepHarness(
                name: job.name("\(name) \(journal) \(returnsPages)"), journal: journal,
                returnsPages: returnsPages)
        }
    }
    // The shares divide the calls of each piece of work, not the pieces.
    for seed in job.all {
        for harness in harnesses {
            for failure in failures {
                do {
                    let outcome = try harness.run(
                        seed: seed, failure, part: job.part, of: job.parts,
                        acknowledgesEarly: job.missing == .lateAnswer)
                    summary.count("\(failure)", outcome.calls)
                    summary.count("commits", outcome.commits)
                    summary.note(outcome.violations)
                } catch {
                    summary.note(["seed \(seed): the work could not be prepared: \(error)"])
                }
            }
        }
    }
    return summary
}
