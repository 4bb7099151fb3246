/// What the files of one database met, until it is asked for.
///
/// The files and their connection use it from one thread at a time.
final class FileIncidents {
    /// How many different incidents are kept; the first ones tell enough.
    private static let countMaximum = 64

    private var found: [StorageIncident] = []
    /// Whether a sync ever failed.
    ///
    /// It stays so: what the system dropped then does not come back.
    private(set) var hasFailedSync = false

    /// Notes an incident; the same again changes nothing until it was taken.
    func note(_ incident: StorageIncident) {
        if incident.kind == .syncFailed { hasFailedSync = true }
        guard found.count < Self.countMaximum, !found.contains(incident) else { return }
        found.append(incident)
    }

    /// Returns what was noted since the last call, in order.
    func take() -> [StorageIncident] {
        defer { found = [] }
        return found
    }
}

extension StorageIncident.Kind {
    /// What a result of a file's operation tells of the volume, if it is a failure of it.
    init?(result: Int32) {
        switch result {
        case FileResult.notAuthentic: self = .pageRefused
        case FileResult.syncFailed, FileResult.folderSyncFailed: self = .syncFailed
        case FileResult.full: self = .noRoom
        case FileResult.readFailed, FileResult.writeFailed, FileResult.truncateFailed:
            self = .accessFailed
        default: return nil
        }
    }
}
