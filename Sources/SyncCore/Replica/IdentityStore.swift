/// The device's keys, which live in its encrypted database and nowhere else.
struct IdentityStore {
    private let store: ReplicaStore

    fileprivate enum Fact {
        static let name = "device name"
        static let signingSeed = "signing seed"
        static let sealingSeed = "sealing seed"
        static let incarnation = "incarnation"
    }

    init(_ connection: Connection) {
        store = ReplicaStore(connection)
    }

    /// Reads the device's keys, or makes them when there are none.
    func loadOrMake(name: String, environment: Environment) throws -> DeviceIdentity {
        if let identity = try load() { return identity }
        try store.setFact(Fact.name, Array(name.utf8))
        try store.setFact(
            Fact.signingSeed, environment.randomBytes(SigningKey.seedByteCount))
        try store.setFact(
            Fact.sealingSeed, environment.randomBytes(SealingKey.seedByteCount))
        let incarnation = Incarnation(number: environment.randomNumber())
        try store.setFact(Fact.incarnation, incarnation.canonicalBytes)
        guard let identity = try load() else { throw CodingError(.missing, in: "device keys") }
        return identity
    }

    /// The present life of the replica.
    func incarnation() throws -> Incarnation {
        guard let bytes = try store.fact(Fact.incarnation) else {
            throw CodingError(.missing, in: "incarnation")
        }
        return try Incarnation(canonicalBytes: bytes)
    }

    /// Begins another life.
    func setIncarnation(_ incarnation: Incarnation) throws {
        try store.setFact(Fact.incarnation, incarnation.canonicalBytes)
    }

    private func load() throws -> DeviceIdentity? {
        guard let name = try store.fact(Fact.name), var signing = try store.fact(Fact.signingSeed),
            var sealing = try store.fact(Fact.sealingSeed),
            let incarnation = try store.fact(Fact.incarnation)
        else { return nil }
        guard signing.count == SigningKey.seedByteCount, sealing.count == SealingKey.seedByteCount
        else { throw CodingError(.value, in: "device keys") }
        return DeviceIdentity(
            name: String(decoding: name, as: UTF8.self),
            signingKey: SigningKey(seed: SecretBytes(consuming: &signing)),
            sealingKey: SealingKey(seed: SecretBytes(consuming: &sealing)),
            incarnation: try Incarnation(canonicalBytes: incarnation))
    }
}

extension ReplicaTransaction {
    /// The secret from which this replica's sealing key is made, for whoever takes its place.
    ///
    /// The caller wipes it.
    package func sealingSeed() throws -> [UInt8] {
        guard let seed = try replicaStore.fact(IdentityStore.Fact.sealingSeed),
            seed.count == SealingKey.seedByteCount
        else { throw CodingError(.missing, in: "device keys") }
        return seed
    }
}
