import SyncCore

/// The private sealing keys of hubs whose place this one took, as the embedded store keeps them.
///
/// With them requests can be opened that devices seal for a hub that is gone, and those devices can
/// be told who took its place.
struct FormerHubKeys {
    private static let fact = "former hub keys"
    private static let countMaximum = 64

    private struct Entry: CBOREncodable, CBORDecodable {
        let seed: [UInt8]
        let verificationKey: VerificationKey
        let retired: Timestamp

        init(seed: [UInt8], verificationKey: VerificationKey, retired: Timestamp) {
            self.seed = seed
            self.verificationKey = verificationKey
            self.retired = retired
        }

        func encode(to writer: inout CBORWriter) {
            writer.fields { fields in
                fields.field(1, Bytes(seed))
                fields.field(2, verificationKey)
                fields.field(3, retired)
            }
        }

        init(from reader: inout CBORReader) throws(CodingError) {
            let fields = try reader.fields(in: "former hub key")
            seed = try fields.required(1) { (reader) throws(CodingError) in
                try reader.byteString(count: SealingKey.seedByteCount, in: "former hub key")
            }
            verificationKey = try fields.required(2)
            retired = try fields.required(3)
        }
    }

    private let transaction: ReplicaTransaction

    init(_ transaction: ReplicaTransaction) {
        self.transaction = transaction
    }

    /// The keys.
    func all() throws -> [HubKeys] {
        try entries().map { entry in
            var seed = entry.seed
            return HubKeys(
                sealingKey: SealingKey(seed: SecretBytes(consuming: &seed)),
                verificationKey: entry.verificationKey, retired: entry.retired)
        }
    }

    /// What whoever takes this hub's place needs: its keys, and those that it had taken over.
    ///
    /// - Parameter now: From when on its own are retired.
    /// - Returns: The keys, encoded; they are secret.
    /// - Throws: ``StorageError``.
    func handover(at now: Timestamp) throws -> [UInt8] {
        var seed = try transaction.sealingSeed()
        defer { Sodium.wipe(&seed) }
        let own = Entry(
            seed: seed, verificationKey: transaction.identity.signingKey.verificationKey,
            retired: now)
        return Self.encode(try entries() + [own])
    }

    /// Takes over what another hub handed over.
    func take(_ handover: [UInt8]) throws {
        let all = try entries() + Self.entries(handover)
        try transaction.replicaStore.setFact(Self.fact, Self.encode(all))
    }

    private static func encode(_ entries: [Entry]) -> [UInt8] {
        var writer = CBORWriter()
        writer.values(Array(entries.suffix(countMaximum)))
        return writer.bytes
    }

    private static func entries(_ bytes: [UInt8]) throws -> [Entry] {
        var reader = CBORReader(bytes)
        let entries: [Entry] = try reader.values(maximum: countMaximum)
        try reader.finish(in: "former hub keys")
        return entries
    }

    private func entries() throws -> [Entry] {
        try transaction.replicaStore.fact(Self.fact).map { try Self.entries($0) } ?? []
    }
}

extension SQLiteStore {
    /// Takes over the keys of a hub whose place this one takes, so that devices which still seal
    /// for that one can be told.
    package func takeKeys(of other: SQLiteStore) async throws {
        let now = replica.environment.now()
        let handover = try await other.replica.read { try FormerHubKeys($0).handover(at: now) }
        try await replica.write { try FormerHubKeys($0).take(handover) }
    }
}
