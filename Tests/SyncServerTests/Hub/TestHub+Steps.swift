import SyncCore
import TestSupport

@testable import SyncServer

/// What people do before a test begins.
extension TestHub {
    func foundOrganisation(recovery paper: RecoveryKey? = nil) async throws -> (Replica, Digest) {
        let founder = try await replica("founder", seed: 1)
        let recovery = paper ?? RecoveryKey(randomFrom: founder.environment)
        try await founder.write {
            try $0.found("INAIR", branch: BranchID(validated: "matriz"), recovery: recovery)
        }
        let organisation = try await founder.read { $0.membership.organisation }
        let card = card
        let entries = try await founder.read { transaction in
            try transaction.replicaStore.membershipEntries(after: 0)
                + [transaction.nextEntry(.hub(card))]
        }
        let channel = channel(for: founder, organisation: organisation)
        _ = try await channel.ask(.admit(entries), within: .seconds(1))
        try await founder.write { transaction in
            if let last = entries.last { try transaction.admit(last) }
        }
        return (founder, organisation)
    }

    func writer(
        _ replica: Replica, _ organisation: Digest
    ) -> MembershipWriter {
        MembershipWriter(
            replica: replica, channel: channel(for: replica, organisation: organisation))
    }

    func invite(
        _ capabilities: [Capability], _ founder: Replica, _ organisation: Digest
    ) async throws -> JoinToken {
        let environment = founder.environment
        let seed = environment.randomBytes(SigningKey.seedByteCount)
        let id = InviteID(randomFrom: environment)
        let expires = environment.now().advanced(by: .seconds(3600))
        try await writer(founder, organisation).make { _ in
            var copy = seed
            let key = SigningKey(seed: SecretBytes(consuming: &copy))
            return .invite(
                Invitation(
                    id: id, key: key.verificationKey, branch: BranchID(validated: "matriz"),
                    capabilities: capabilities, expires: expires))
        }
        return JoinToken(
            hub: card, organisation: organisation, invite: id, seed: seed, expires: expires)
    }

    @discardableResult
    func join(
        _ name: String, seed: UInt64, with token: JoinToken, clockAhead: Duration = .zero
    ) async throws -> Replica {
        let replica = try await replica(name, seed: seed, clockAhead: clockAhead)
        let channel = channel(for: replica, organisation: token.organisation)
        try await Joining(replica: replica, token: token, channel: channel).join()
        return replica
    }

    func join(
        _ name: String, seed: UInt64, _ capabilities: [Capability],
        _ founder: Replica, _ organisation: Digest
    ) async throws -> Replica {
        let token = try await invite(capabilities, founder, organisation)
        return try await join(name, seed: seed, with: token)
    }

    func synchronise(
        _ replica: Replica, _ organisation: Digest, speaking versions: ProtocolVersions = .present
    ) async throws {
        try await SyncDriver(
            replica: replica,
            channel: channel(for: replica, organisation: organisation, speaking: versions)
        ).synchronise()
    }
}

extension Replica {
    /// Queues a mail of juan's and offers it to the hub at once, without a body.
    ///
    /// - Parameters:
    ///   - message: Its name.
    ///   - branch: Whose mail it is.
    ///   - hub: The life of the hub that the offer names, if it names one.
    /// - Throws: ``StorageError``.
    func offer(_ message: MessageID, of branch: BranchID, to hub: Incarnation? = nil) async throws {
        let user = UserID(validated: "juan")
        try await write { transaction in
            try transaction.append(
                QueuedReport(
                    message: message, user: user, type: "general",
                    recipients: ["ana@example.com"], byteCount: 100, entity: nil),
                kind: QueuedReport.recordKind, topic: .audit, scope: .branch(branch),
                actor: "juan")
            try transaction.append(
                MailOffer(
                    message: message, branch: branch, user: user, type: "general",
                    recipients: ["ana@example.com"], byteCount: 100,
                    created: Timestamp(milliseconds: 0), epoch: 1, manifest: [1],
                    blob: Digest(of: message.bytes), hub: hub),
                kind: MailOffer.recordKind, topic: .mail, scope: .organisation, actor: "agent")
        }
    }
}
