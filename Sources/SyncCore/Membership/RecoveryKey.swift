/// The key that is kept on paper and recovers what nobody else can.
///
/// It is shown once, when the organisation begins, in groups of five characters with a
/// checksum. Only its public half is stored.
package struct RecoveryKey: Sendable {
    private static let checksumByteCount = 3
    private static let groupLength = 5

    /// The half that things are sealed for.
    package let target: SealingTarget
    private let seed: [UInt8]

    /// Makes a new key.
    package init(randomFrom environment: Environment) {
        self.init(seed: environment.randomBytes(SealingKey.seedByteCount))
    }

    /// Reads what was written on paper: groups, case and look-alikes do not matter.
    ///
    /// - Throws: ``TokenError/mistyped`` if a character is missing or wrong.
    package init(_ text: String) throws(TokenError) {
        let compact = text.filter { !$0.isWhitespace && $0 != "-" }
        guard let bytes = Base32.decode(compact),
            bytes.count == SealingKey.seedByteCount + Self.checksumByteCount
        else { throw .mistyped }
        let seed = Array(bytes.prefix(SealingKey.seedByteCount))
        guard Self.checksum(of: seed) == bytes.suffix(Self.checksumByteCount) else {
            throw .mistyped
        }
        self.init(seed: seed)
    }

    private init(seed: [UInt8]) {
        self.seed = seed
        target = Self.key(seed).target
    }

    /// What is to be written on paper.
    package var text: String {
        let characters = Array(Base32.encode(seed + Self.checksum(of: seed)))
        return stride(from: 0, to: characters.count, by: Self.groupLength).map { start in
            String(characters[start..<min(start + Self.groupLength, characters.count)])
        }.joined(separator: "-")
    }

    /// The key itself, to open what was sealed for it.
    package var sealingKey: SealingKey { Self.key(seed) }

    private static func key(_ seed: [UInt8]) -> SealingKey {
        var copy = seed
        return SealingKey(seed: SecretBytes(consuming: &copy))
    }

    private static func checksum(of seed: [UInt8]) -> [UInt8] {
        Array(
            Digest(of: Array("syncmail recovery key 1".utf8), seed).bytes.prefix(checksumByteCount))
    }
}
