extension ReplicaTransaction {
    /// Takes in a part of the chain that somebody else has, wherever it parts from the stored one.
    ///
    /// What merely follows is admitted. An entry that excludes a stored one is kept beside it and
    /// freezes membership, with an alarm. A branch for which the recovery key decided takes the
    /// place of the stored one, and the configuration is folded again, because it may have other
    /// authors now. The same again changes nothing.
    ///
    /// - Parameter received: Consecutive entries, lowest first.
    /// - Returns: Whether who belongs changed.
    /// - Throws: ``MembershipError`` if what was received breaks a rule; nothing changes then.
    @discardableResult
    package func reconcile(_ received: [MembershipEntry]) throws -> Bool {
        let stored = try replicaStore.membershipEntries(after: 0)
        switch try MembershipBranches.compare(received, with: stored) {
        case .known:
            return false
        case .continues(let entries):
            for entry in entries { try admit(entry) }
            return !entries.isEmpty
        case .rival(let entry):
            try keepRival(entry)
            return false
        case .prevails(let entries, let next):
            try replaceMembership(from: entries[0].height, with: entries, giving: next)
            return true
        }
    }

    /// The entries that exclude stored ones and were not decided about yet, lowest first.
    package func rivals() throws -> [MembershipEntry] {
        try replicaStore.rivals()
    }

    private func keepRival(_ entry: MembershipEntry) throws {
        guard try replicaStore.rivals().count < Self.rivalsMaximum else { return }
        try replicaStore.keepRival(entry)
        try replicaStore.alarms.raise(
            Alarm(
                kind: .membershipFork, subject: entry.height.description,
                time: environment.now(), detail: entry.hash.description))
    }

    /// How many rivals are kept: one is enough to freeze, and the rest is evidence.
    private static let rivalsMaximum = 16
}

extension ReplicaStore {
    /// The entries that exclude stored ones, lowest first.
    func rivals() throws -> [MembershipEntry] {
        try connection.rows("SELECT entry FROM membership_rival ORDER BY height, hash") {
            try MembershipEntry(bytes: $0.bytes(0))
        }
    }

    /// Keeps an entry that excludes a stored one; a second time changes nothing.
    func keepRival(_ entry: MembershipEntry) throws {
        try connection.run(
            "INSERT INTO membership_rival (hash, height, entry) VALUES (?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            .bytes(entry.hash.bytes), .integer(entry.height), .bytes(entry.bytes))
    }

    /// Forgets an entry that was decided against.
    func removeRival(_ hash: Digest) throws {
        try connection.run("DELETE FROM membership_rival WHERE hash = ?", .bytes(hash.bytes))
    }

    /// Takes the entries from a height on away.
    func removeMembership(from height: UInt64) throws {
        try connection.run("DELETE FROM membership WHERE height >= ?", .integer(height))
    }
}
