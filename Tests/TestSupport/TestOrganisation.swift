package import SyncCore

/// An organisation of a few replicas, for tests that need several which know each other.
package struct TestOrganisation {
    /// The replicas; the first made the organisation.
    package let replicas: [Replica]
    private let directory = TemporaryDirectory()

    /// Makes replicas that all belong and may do everything, each with further views.
    package init(count: Int, folds: [any RecordFold] = []) async throws {
        var replicas: [Replica] = []
        for index in 0..<count {
            let manual = ManualEnvironment(seed: UInt64(index + 1))
            let environment = manual.environment
            let key = SecretBytes(randomCount: 32, from: environment)
            replicas.append(
                try await Replica.open(
                    path: directory.file("replica\(index).db"), key: key, name: "n\(index)",
                    folds: folds, environment: environment))
        }
        self.replicas = replicas
        let entries = Self.entries(for: replicas.map(\.identity))
        for replica in replicas {
            try await replica.write { transaction in
                for entry in entries { try transaction.admit(entry) }
            }
        }
    }

    /// Hands every record that one replica holds to another.
    package func copy(from source: Int, to target: Int) async throws {
        let batches = try await replicas[source].read { transaction in
            try transaction.feeds.vector().feeds.compactMap { feed in
                try transaction.feeds.batch(of: feed, after: 0)
            }
        }
        try await replicas[target].write { transaction in
            for batch in batches { try transaction.admit(batch) }
        }
    }

    private static func entries(for identities: [DeviceIdentity]) -> [MembershipEntry] {
        let environment = ManualEnvironment(seed: 99).environment
        let founder = identities[0]
        let branch = BranchID(validated: "matriz")
        let genesis = Genesis(
            name: "INAIR", device: founder.card, branch: branch,
            recovery: SealingKey(randomFrom: environment).target,
            epoch: ContentEpoch(
                number: 1, target: SealingKey(randomFrom: environment).target, sealedKeys: []),
            nonce: environment.randomBytes(Genesis.nonceByteCount))
        var entries: [MembershipEntry] = []
        func add(
            _ change: MembershipChange, by key: SigningKey, and invitation: SigningKey? = nil
        ) {
            entries.append(
                MembershipEntry(
                    change, height: UInt64(entries.count + 1),
                    previous: entries.last?.hash ?? .zero, signedBy: key, and: invitation))
        }
        add(.genesis(genesis), by: founder.signingKey)
        for identity in identities.dropFirst() {
            let invitationKey = SigningKey(randomFrom: environment)
            let invitation = Invitation(
                id: InviteID(randomFrom: environment), key: invitationKey.verificationKey,
                branch: branch, capabilities: Capability.allCases,
                expires: environment.now().advanced(by: .seconds(3600)))
            add(.invite(invitation), by: founder.signingKey)
            add(
                .joined(invite: invitation.id, card: identity.card), by: identity.signingKey,
                and: invitationKey)
            add(
                .grant(device: identity.id, capabilities: Capability.allCases, keys: []),
                by: founder.signingKey)
        }
        return entries
    }
}
