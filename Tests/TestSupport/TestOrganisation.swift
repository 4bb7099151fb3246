package import SyncCore

/// An organisation of a few replicas, for tests that need several which know each other.
package struct TestOrganisation {
    /// The replicas; the first made the organisation.
    package let replicas: [Replica]
    private let directory = TemporaryDirectory()

    /// Where a member belongs, and what it may do.
    package struct Place: Sendable {
        package let branch: String
        package let capabilities: [Capability]

        package init(_ branch: String, _ capabilities: [Capability]) {
            self.branch = branch
            self.capabilities = capabilities
        }

        /// The head office, with every capability.
        package static let headOffice = Place("matriz", Capability.allCases)
    }

    /// Makes replicas that all belong and may do everything, each with further views.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - folds: The views.
    ///   - places: The places of those behind the first, if not all are at the head office.
    ///   - name: What the organisation is called.
    /// - Throws: ``StorageError``.
    package init(
        count: Int, folds: [any RecordFold] = [], places: [Place] = [], name: String = "INAIR"
    ) async throws {
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
        let entries = Self.entries(for: replicas.map(\.identity), places, name)
        for replica in replicas {
            try await replica.write { transaction in
                for entry in entries { try transaction.admit(entry) }
            }
        }
    }

    /// Takes the last entries of membership away from a replica, as if it had not heard of them.
    ///
    /// - Returns: The height that it had.
    package func forget(lastEntries count: Int, on index: Int) async throws -> UInt64 {
        try await replicas[index].write { transaction in
            let height = transaction.membership.height
            try transaction.connection.run(
                "DELETE FROM membership WHERE height > ?", .integer(height - UInt64(count)))
            return height
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

    private static func entries(
        for identities: [DeviceIdentity], _ places: [Place], _ name: String
    ) -> [MembershipEntry] {
        let environment = ManualEnvironment(seed: 99).environment
        let founder = identities[0]
        let branch = BranchID(validated: "matriz")
        let genesis = Genesis(
            name: name, device: founder.card, branch: branch,
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
        for (index, identity) in identities.dropFirst().enumerated() {
            let place = places.indices.contains(index) ? places[index] : .headOffice
            let invitationKey = SigningKey(randomFrom: environment)
            let invitation = Invitation(
                id: InviteID(randomFrom: environment), key: invitationKey.verificationKey,
                branch: BranchID(validated: place.branch), capabilities: place.capabilities,
                expires: environment.now().advanced(by: .seconds(3600)))
            add(.invite(invitation), by: founder.signingKey)
            add(
                .joined(invite: invitation.id, card: identity.card), by: identity.signingKey,
                and: invitationKey)
            add(
                .grant(device: identity.id, capabilities: place.capabilities, keys: []),
                by: founder.signingKey)
        }
        return entries
    }
}
