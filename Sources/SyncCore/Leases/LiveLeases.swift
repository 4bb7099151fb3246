/// The leases under which claims may be made at one moment.
///
/// A ledger is told them with every operation; it keeps no clock of its own for them.
package struct LiveLeases: Sendable {
    /// A lease that has not ended, and how long it still lasts.
    package struct Entry: Hashable, Sendable {
        /// Who may claim, and under which fence.
        package let grant: LeaseGrant
        /// How long it still lasts.
        package let remaining: Duration

        package init(grant: LeaseGrant, remaining: Duration) {
            self.grant = grant
            self.remaining = remaining
        }
    }

    // Invariant: every entry lasts longer than zero, and stands under its own account.
    private var entries: [AccountID: Entry] = [:]

    /// Creates the moment when nobody may claim anything.
    package init() {}

    /// Takes leases; those that have ended are left out.
    package init(_ leases: some Sequence<Entry>) {
        for lease in leases where lease.remaining > .zero {
            entries[lease.grant.account] = lease
        }
    }

    /// Returns the lease of an account, if somebody holds it.
    package subscript(account: AccountID) -> Entry? { entries[account] }

    /// Tells whether claims may be made under a grant.
    package func contains(_ grant: LeaseGrant) -> Bool {
        entries[grant.account]?.grant == grant
    }
}
