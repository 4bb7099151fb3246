/// Compares a chain of membership that was received with the one that is stored.
///
/// ```
///            ┌─ stored ─▶ …            the two entries behind the fork are rivals: membership is
///   … ─ h-1 ─┤                         frozen until the recovery key has rejected one of them
///            └─ received ─▶ … settled
/// ```
package enum MembershipBranches {
    /// What came of the comparison.
    package enum Verdict: Sendable {
        /// Nothing that was received is new, or it was decided against.
        case known
        /// These entries follow the stored ones; whether each may is not decided here.
        case continues([MembershipEntry])
        /// Both are signed, and they exclude each other.
        case rival(MembershipEntry)
        /// The recovery key decided for what was received: it takes the place of what is stored
        /// from the first of these entries on.
        case prevails([MembershipEntry], Membership)
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - received: Consecutive entries, lowest first.
    ///   - stored: The whole stored chain.
    /// - Returns: What to make of it.
    /// - Throws: ``MembershipError`` if what was received breaks a rule, or begins too far on.
    package static func compare(
        _ received: [MembershipEntry], with stored: [MembershipEntry]
    ) throws(MembershipError) -> Verdict {
        guard let first = received.first else { return .known }
        guard first.height >= 1, first.height <= UInt64(stored.count) + 1 else {
            throw MembershipError(.stale)
        }
        for (index, entry) in received.enumerated() {
            let place = Int(first.height) - 1 + index
            guard entry.height == UInt64(place) + 1 else { throw MembershipError(.stale) }
            guard place < stored.count else { return .continues(Array(received[index...])) }
            guard entry.hash == stored[place].hash else {
                return try judge(Array(received[index...]), against: stored, from: place)
            }
        }
        return .known
    }

    /// Judges entries that differ from the stored ones from a place on.
    private static func judge(
        _ rivals: [MembershipEntry], against stored: [MembershipEntry], from place: Int
    ) throws(MembershipError) -> Verdict {
        // Another beginning is another organisation.
        guard place > 0 else { throw MembershipError(.notPermitted) }
        var membership = Membership()
        for entry in stored[..<place] { try membership.admit(entry) }
        let common = membership
        // A single lie among them makes all of them one.
        for entry in rivals { try membership.admit(entry) }
        var own = common
        for entry in stored[place...] { try own.admit(entry) }
        switch (
            membership.rejected.contains(stored[place].hash),
            own.rejected.contains(rivals[0].hash)
        ) {
        case (true, false): return .prevails(rivals, membership)
        case (false, true): return .known
        // Somebody used the paper on both sides; one more decision is needed.
        case (true, true), (false, false): return .rival(rivals[0])
        }
    }
}
