/// Something that went wrong with a file of a database, as the file system saw it.
///
/// SQLite does not pass on everything: when the checkpoint fails that it makes by itself after a
/// commit, the commit still succeeds and nobody hears of the disk.
package struct StorageIncident: Hashable, Sendable {
    /// The kinds, each of which calls for something else.
    package enum Kind: String, Sendable, CaseIterable {
        /// A page did not authenticate: damage, or somebody's hand.
        case pageRefused
        /// The volume could not put on stable storage what it had taken.
        case syncFailed
        /// The volume had no room.
        case noRoom
        /// The volume failed to read or write.
        case accessFailed
        /// Committed content was missing from the log when the file was opened.
        case logHole
    }

    /// The files of a database.
    package enum Part: String, Sendable {
        case main
        case log
        case journal

        /// What the file's name adds to that of the database.
        package var suffix: String {
            switch self {
            case .main: ""
            case .log: "-wal"
            case .journal: "-journal"
            }
        }
    }

    package let kind: Kind
    package let part: Part
    /// The page, or the frame of the log, counted from 1; 0 where it is about none.
    package let place: Int

    package init(_ kind: Kind, in part: Part, at place: Int = 0) {
        self.kind = kind
        self.part = part
        self.place = place
    }
}
