import SyncCore

extension Hub {
    /// Shows the chain to a device that holds an invitation.
    func greet(
        _ opened: OpenedRequest, invite: InviteID, proof: Signature
    ) async throws -> HubReply {
        try await store.transaction { transaction in
            let membership = transaction.membership
            guard membership.height > 0, membership.organisation == opened.organisation else {
                throw HubRefusal(.otherOrganisation)
            }
            let content = JoiningProof.content(
                organisation: opened.organisation, device: opened.device)
            guard let invitation = membership.invitation(invite),
                invitation.key.isValid(proof, over: content, for: .joining)
            else { throw HubRefusal(.inviteSpent) }
            return .membership(
                try transaction.membershipEntries(
                    after: 0, maximum: Limits.membershipMaximum))
        }
    }

    /// Adds entries behind the last one, all of them or none.
    ///
    /// The first ones a hub is given bring the organisation with them: they must end by naming
    /// this very hub. Entries that are there already are passed over, so that a reply that was
    /// lost can be asked for again.
    func admit(_ entries: [MembershipEntry], _ opened: OpenedRequest) async throws -> HubReply {
        let identity = store.identity
        let now = environment.now()
        let height = try await store.transaction { transaction in
            let known = transaction.membership
            guard known.height == 0 || known.organisation == opened.organisation else {
                throw HubRefusal(.otherOrganisation)
            }
            let wasHub = known.hub?.card.id == identity.id
            guard known.height == 0 || wasHub, !opened.isForRetiredKey else {
                throw HubRefusal(.replaced)
            }
            let stored = try transaction.membershipEntries(after: 0, maximum: .max)
            let hashes = Set(stored.map(\.hash))
            let new = entries.filter { !hashes.contains($0.hash) }
            var next = known
            for entry in new {
                try next.admit(entry, at: now)
                // A chain that brings the organisation tells of a time before this hub.
                if known.height > 0 { try Self.checkCutoff(of: entry, transaction) }
                try transaction.admit(entry, at: now)
                if case .life(let device, _, _) = entry.change {
                    try transaction.thaw(device)
                }
            }
            // The last thing that a hub admits may be the one that takes its place.
            guard next.organisation == opened.organisation,
                wasHub || next.hub?.card.id == identity.id
            else { throw HubRefusal(.otherOrganisation) }
            // A device that joins is known only now.
            try Self.checkAsker(opened, in: next)
            return next.height
        }
        news.post()
        return .admitted(height: height)
    }

    private static func checkAsker(_ opened: OpenedRequest, in membership: Membership) throws {
        guard let key = membership.verificationKey(of: opened.device), opened.isSigned(by: key)
        else { throw HubRefusal(.notAMember) }
        if let survivor = membership.device(opened.device)?.survivor, opened.life != survivor {
            throw HubRefusal(.otherLife)
        }
    }

    /// The entry that names this hub, for whoever asks with a key that it does not have.
    func ownEntry() async throws -> MembershipEntry? {
        let id = store.identity.id
        return try await store.transaction { transaction in
            try transaction.membershipEntries(after: 0, maximum: .max).last { entry in
                if case .hub(let hub) = entry.change { hub.card.id == id } else { false }
            }
        }
    }

    /// Compares what a device holds as the chain with what is stored here.
    ///
    /// What the hub forgot, because it was restored, is admitted again. What excludes its own is
    /// kept as evidence and freezes membership, unless the recovery key has decided. A proposal
    /// that lost the race for its place is never shown here: its author makes it anew.
    func compare(
        _ entries: [MembershipEntry], with opened: OpenedRequest
    ) async throws -> HubReply {
        let (height, isForked) = try await store.transaction { transaction in
            let known = transaction.membership
            guard known.height > 0, known.organisation == opened.organisation else {
                throw HubRefusal(.otherOrganisation)
            }
            _ = try transaction.reconcile(entries)
            // A device that joined in what was forgotten is known only now.
            try Self.checkAsker(opened, in: transaction.membership)
            return (transaction.membership.height, try !transaction.rivals().isEmpty)
        }
        news.post()
        if isForked { throw HubRefusal(.membershipForked) }
        return .admitted(height: height)
    }

    /// Refuses to revoke a device at other counts than those of this moment.
    ///
    /// What is stored here before the revocation counts, and may have been folded already; what
    /// comes later does not. So the cut-off that the administrator signed must be exactly what
    /// is stored, or replicas would judge the records in between differently.
    private static func checkCutoff(
        of entry: MembershipEntry, _ transaction: any ServerTransaction
    ) throws {
        let counted: VersionVector
        let stored: VersionVector
        switch entry.change {
        case .revoke(let device, let cutoff):
            counted = cutoff
            stored = try transaction.vector().filtered { $0.device == device }
        case .life(let device, let survivor, let vector):
            // Neither of two copies chooses itself.
            guard try transaction.evidence(against: entry.author) == nil else {
                throw HubRefusal(.feedFork)
            }
            counted = vector
            stored = try transaction.vector().filtered {
                $0.device == device && $0.incarnation != survivor
            }
        default: return
        }
        guard counted == stored else { throw HubRefusal(.membershipStale) }
    }
}
