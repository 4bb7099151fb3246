/// Brings a new device into an organisation with the token it was given.
///
/// No administrator need be online: the token's key signs for the administrator who made it.
/// Whoever stands between the device and the hub sees sealed requests and can change nothing.
package struct Joining: Sendable {
    private static let replyWait = Duration.seconds(30)

    private let replica: Replica
    private let token: JoinToken
    private let channel: any HubChannel

    /// Prepares joining.
    ///
    /// - Parameters:
    ///   - replica: A replica that belongs to no organisation.
    ///   - token: What the administrator handed over.
    ///   - channel: The way to the hub that the token names.
    package init(replica: Replica, token: JoinToken, channel: any HubChannel) {
        self.replica = replica
        self.token = token
        self.channel = channel
    }

    /// Joins.
    ///
    /// A second time, after a reply was lost, finds the entry of the first and is done.
    ///
    /// - Throws: ``TokenError``, ``HubRefusal`` or ``MembershipError`` if the device cannot.
    package func join() async throws {
        var seed = token.seed
        let invitationKey = SigningKey(seed: SecretBytes(consuming: &seed))
        let chain: [MembershipEntry]
        do {
            chain = try await fetchChain(invitationKey)
        } catch  where replica.environment.now() > token.expires {
            // This device's clock may be wrong, so the hub decides; it only explains what failed.
            throw TokenError.expired
        }
        guard chain.first?.hash == token.organisation else {
            throw HubRefusal(.otherOrganisation)
        }
        let token = token
        let joined = try await replica.write { transaction -> MembershipEntry? in
            for entry in chain where entry.height > transaction.membership.height {
                try transaction.admit(entry)
            }
            guard transaction.membership.device(transaction.identity.id) == nil else { return nil }
            return transaction.nextEntry(
                .joined(invite: token.invite, card: transaction.identity.card),
                invitationKey: invitationKey)
        }
        guard let joined else { return }
        _ = try await channel.ask(.admit([joined]), within: Self.replyWait)
        try await replica.write { try $0.admit(joined) }
    }

    private func fetchChain(_ invitationKey: SigningKey) async throws -> [MembershipEntry] {
        let proof = invitationKey.signature(
            over: JoiningProof.content(
                organisation: token.organisation, device: replica.identity.id),
            for: .joining)
        let reply = try await channel.ask(
            .greet(invite: token.invite, proof: proof), within: Self.replyWait)
        guard case .membership(let chain) = reply else { throw HubRefusal(.malformed) }
        return chain
    }
}

/// What an invitation's key signs so that a device that does not belong yet may read the chain.
package enum JoiningProof {
    /// The content of the signature.
    package static func content(organisation: Digest, device: DeviceID) -> [UInt8] {
        organisation.bytes + device.bytes
    }
}
