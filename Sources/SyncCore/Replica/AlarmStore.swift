/// Something that a person must look at: it stays until its cause is gone.
package struct Alarm: Hashable, Sendable {
    /// The kinds, each with one cause.
    package enum Kind: String, Sendable, CaseIterable {
        /// Two records with one identity: a device was cloned, or lies.
        case fork
        /// Two membership entries with one predecessor: the hub, or an administrator, showed
        /// different devices different lists of members.
        case membershipFork
        /// A list of members that breaks the rules, which only a hub that lies shows.
        case falseMembership
        /// Two offers of one mail whose contents differ.
        case otherContent
        /// Records whose signature is wrong.
        case notAuthentic
        /// Two replicas hold the same records and different results.
        case digestMismatch
        /// A device wrote two histories, and waits for a person to choose which life goes on.
        case frozen
        /// A hub signed two checkpoints that cannot belong to one history.
        case splitView
        /// A hub that gave out checkpoints gives none any more.
        case checkpointMissing
        /// A record that was not the one the hub has, and was fetched again.
        case otherRecord
        /// A view was not what its records say, and was made again from them.
        case repaired
        /// A hub that lost what it had acknowledged.
        case hubWentBack
        /// An account that cannot be used until somebody mends it.
        case account
        /// A device began another life: it was copied, restored or set back.
        case newLife
        /// Committed changes vanished from this device's files after they were written.
        case logHole
        /// Pages that are not what this program wrote: a failing disk, or somebody's hand.
        case damagedPage
        /// One of the two copies in the key file was not what this program wrote.
        case damagedKeys
        /// The disk could not put on stable storage what it had taken.
        case failedSync
        /// The disk failed to read or write.
        case diskError
        /// This device's wall clock was set back behind what it had written.
        case clockWentBack
    }

    package let kind: Kind
    /// What it is about: a feed, a topic and scope, an account.
    package let subject: String
    package let time: Timestamp
    /// What a person needs to know, without secrets.
    package let detail: String

    package init(kind: Kind, subject: String, time: Timestamp, detail: String) {
        self.kind = kind
        self.subject = subject
        self.time = time
        self.detail = detail
    }
}

extension Alarm.Kind {
    /// Whether the machine itself is the cause, and an examination can settle it.
    package var isOfMachine: Bool {
        switch self {
        case .logHole, .damagedPage, .damagedKeys, .failedSync, .diskError, .clockWentBack,
            .repaired:
            true
        default: false
        }
    }

    /// Whether it tells of something that happened once: it ends when a person has seen to it.
    package var isEvent: Bool { isOfMachine || self == .newLife }
}

/// The alarms of a replica.
package struct AlarmStore {
    private let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    package static let schema = SchemaModule(
        name: "alarms",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE alarm (
                        kind TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        time INTEGER NOT NULL,
                        detail TEXT NOT NULL,
                        PRIMARY KEY (kind, subject)
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    /// Raises an alarm; one that stands already keeps its time.
    package func raise(_ alarm: Alarm) throws {
        try connection.run(
            "INSERT INTO alarm (kind, subject, time, detail) VALUES (?, ?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            .text(alarm.kind.rawValue), .text(alarm.subject),
            .integer(alarm.time.milliseconds), .text(alarm.detail))
    }

    /// Ends an alarm whose cause is gone.
    package func clear(_ kind: Alarm.Kind, subject: String) throws {
        try connection.run(
            "DELETE FROM alarm WHERE kind = ? AND subject = ?", .text(kind.rawValue),
            .text(subject))
    }

    /// Ends the alarms of a kind whose subject begins with some words.
    func clear(_ kind: Alarm.Kind, subjectsBeginning prefix: String) throws {
        for alarm in try all() where alarm.kind == kind && alarm.subject.hasPrefix(prefix) {
            try clear(kind, subject: alarm.subject)
        }
    }

    /// The alarms that stand, oldest first.
    package func all() throws -> [Alarm] {
        try connection.rows(
            "SELECT kind, subject, time, detail FROM alarm ORDER BY time, kind, subject"
        ) { row in
            guard let kind = Alarm.Kind(rawValue: row.text(0)) else {
                throw CodingError(.value, in: "stored alarm")
            }
            return Alarm(
                kind: kind, subject: row.text(1),
                time: Timestamp(milliseconds: Int64(row.integer(2))), detail: row.text(3))
        }
    }
}
