/// Entries that are about to be added behind the chain, each checked against those before it.
///
/// They are admitted together or not at all, so that a device never loses a capability without
/// the new epoch that goes with it.
package struct MembershipDraft {
    /// Who belongs once the entries are admitted.
    package private(set) var membership: Membership
    /// The entries, in order.
    package private(set) var entries: [MembershipEntry] = []

    private let identity: DeviceIdentity
    private let environment: Environment

    /// Begins behind some chain.
    ///
    /// - Parameters:
    ///   - membership: The chain.
    ///   - identity: Who signs.
    ///   - environment: Chance.
    package init(
        behind membership: Membership, by identity: DeviceIdentity, using environment: Environment
    ) {
        self.membership = membership
        self.identity = identity
        self.environment = environment
    }

    /// Adds a change.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - key: Who signs it, if not this device.
    /// - Throws: ``MembershipError`` if a rule forbids it.
    package mutating func add(
        _ change: MembershipChange, signedBy key: SigningKey? = nil
    ) throws(MembershipError) {
        let entry = MembershipEntry(
            change, height: membership.height + 1, previous: membership.head,
            signedBy: key ?? identity.signingKey)
        try membership.admit(entry)
        entries.append(entry)
    }

    /// Adds a new epoch, whose key the devices get that may send by now.
    ///
    /// - Parameter key: Who signs it, if not this device.
    /// - Throws: ``MembershipError`` if a rule forbids it.
    package mutating func addEpoch(signedBy key: SigningKey? = nil) throws(MembershipError) {
        let epoch = identity.makeEpoch(
            UInt64(membership.epochs.count) + 1,
            for: membership.devices(with: .sender).map(\.card), using: environment)
        try add(.epoch(epoch), signedBy: key)
    }
}
