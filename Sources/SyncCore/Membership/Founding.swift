extension ReplicaTransaction {
    /// Begins an organisation, with this device as its first administrator.
    ///
    /// - Parameters:
    ///   - name: What people call the organisation.
    ///   - branch: The branch this device stands in.
    ///   - recovery: The key to be kept on paper.
    /// - Throws: ``MembershipError`` if this replica belongs to an organisation already.
    package func found(_ name: String, branch: BranchID, recovery: RecoveryKey) throws {
        guard membership.height == 0 else { throw MembershipError(.alreadyKnown) }
        let genesis = Genesis(
            name: name, device: identity.card, branch: branch,
            recovery: recovery.databaseKey.target,
            recoverySigner: recovery.organisationKey.verificationKey,
            epoch: identity.makeEpoch(1, for: [identity.card], using: environment),
            nonce: environment.randomBytes(Genesis.nonceByteCount))
        try admit(nextEntry(.genesis(genesis)))
    }

    /// Entries to be added behind the chain as it is here.
    package func membershipDraft() -> MembershipDraft {
        MembershipDraft(behind: membership, by: identity, using: environment)
    }

    /// The entry that would make a change, signed by this device, but not yet admitted.
    package func nextEntry(
        _ change: MembershipChange, invitationKey: SigningKey? = nil
    ) -> MembershipEntry {
        MembershipEntry(
            change, height: membership.height + 1, previous: membership.head,
            signedBy: identity.signingKey, and: invitationKey)
    }
}
