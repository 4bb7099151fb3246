import Synchronization

/// What a replica adds to the recovery of its database: it knows what was acknowledged, and its
/// records prove themselves.
final class ReplicaCare: Sendable {
    let path: String
    private let environment: Environment
    // The latest time of any commit that was acknowledged. Every record has a later one than
    // those before, so a file whose latest time is earlier has lost records.
    private let acknowledged = Mutex(HybridTime.zero)

    /// How many records at the end of each feed are checked: the disk failed while the last ones
    /// were written.
    private static let recordsMaximum = 512

    init(path: String, environment: Environment) {
        self.path = path
        self.environment = environment
    }

    /// Notes that everything up to a time is on stable storage.
    func acknowledge(_ time: HybridTime) {
        acknowledged.withLock { $0 = max($0, time) }
    }

    /// What the database calls.
    var storage: StorageCare {
        var care = StorageCare()
        care.uptime = environment.uptime
        care.verify = { connection in try self.verify(connection) }
        care.note = { incidents, connection in try self.note(incidents, on: connection) }
        return care
    }

    /// Checks that nothing acknowledged is missing, and that the ends of all feeds are what was
    /// signed.
    private func verify(_ connection: Connection) throws {
        let latest = try ReplicaStore(connection).latestTime()
        guard latest >= acknowledged.withLock(\.self) else {
            throw StorageError(.corrupt, path: path, detail: "acknowledged records are missing")
        }
        var membership = Membership()
        for entry in try ReplicaStore(connection).membershipEntries(after: 0) {
            try membership.admit(entry)
        }
        let feeds = StoredFeeds(connection)
        let (ends, unreadable) = try feeds.ends()
        let findings = try ends.flatMap { end in
            var check = FeedVerification(of: end, in: membership)
            if let next = check.next {
                let (records, heads) = try feeds.page(
                    of: end.row, from: next, maximum: Self.recordsMaximum)
                check.check(records, heads)
            }
            return check.findings
        }
        guard findings.isEmpty, unreadable == 0 else {
            throw StorageError(.corrupt, path: path, detail: "records are not what was signed")
        }
    }

    /// Raises an alarm for each incident.
    private func note(_ incidents: [StorageIncident], on connection: Connection) throws {
        let now = environment.now()
        // After a failed sync this is the write whose sync shows that the disk works again.
        try ReplicaStore(connection).setFact(
            "storage noted", environment.randomNumber().canonicalBytes)
        for incident in incidents {
            guard let kind = incident.kind.alarm else { continue }
            let place =
                switch incident.part {
                case .main: "page \(incident.place)"
                case .log, .journal: "frame \(incident.place)"
                }
            let file = path + incident.part.suffix
            let isPage = kind == .damagedPage
            try AlarmStore(connection).raise(
                Alarm(
                    kind: kind, subject: isPage ? "\(file), \(place)" : file, time: now,
                    detail: incident.place > 0 ? place : incident.kind.rawValue))
        }
    }
}

extension StorageIncident.Kind {
    /// The alarm that people see; none for a full disk, which passes by itself.
    fileprivate var alarm: Alarm.Kind? {
        switch self {
        case .pageRefused: .damagedPage
        case .syncFailed: .failedSync
        case .accessFailed: .diskError
        case .logHole: .logHole
        case .noRoom: nil
        }
    }
}
