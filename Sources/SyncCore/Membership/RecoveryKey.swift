/// The key that is kept on paper and recovers what nobody else can.
///
/// It is shown once, when the organisation begins, in groups of four characters with a checksum
/// (docs/FILE_FORMAT.md, "Recovery key"). Two keys are derived from it; only their public halves
/// are stored.
package struct RecoveryKey: Sendable {
    private static let checksumByteCount = 3
    private static let groupLength = 4
    private static let characterCount = 56

    private let seed: SecretBytes
    /// The key to which each device seals the data key of its replica.
    package let databaseKey: SealingKey
    /// The key that signs what no administrator can.
    package let organisationKey: SigningKey

    /// Makes a new key.
    package init(randomFrom environment: Environment) {
        self.init(seed: SecretBytes(randomCount: SealingKey.seedByteCount, from: environment))
    }

    /// Reads what was written on paper: groups, case and look-alikes do not matter.
    ///
    /// - Throws: ``RecoveryKeyError``, which tells a slip of the pen from a key that is wrong.
    package init(_ text: SecretBytes) throws(RecoveryKeyError) {
        var characters = text.withBytes { bytes in
            bytes.filter { $0 > 0x20 && $0 != UInt8(ascii: "-") }
        }
        defer { Sodium.wipe(&characters) }
        if let index = characters.firstIndex(where: { !Base32.allows($0) }) {
            throw .wrongCharacter(group: index / Self.groupLength + 1)
        }
        guard characters.count == Self.characterCount else {
            throw .wrongLength(count: characters.count, expected: Self.characterCount)
        }
        guard var bytes = Base32.decode(characters: characters) else { throw .mistyped }
        defer { Sodium.wipe(&bytes) }
        var seed = Array(bytes.prefix(SealingKey.seedByteCount))
        guard Self.checksum(of: seed).elementsEqual(bytes.suffix(Self.checksumByteCount)) else {
            Sodium.wipe(&seed)
            throw .mistyped
        }
        self.init(seed: SecretBytes(consuming: &seed))
    }

    private init(seed: SecretBytes) {
        self.seed = seed
        databaseKey = SymmetricKey(derivedFrom: seed, for: "syncmail recovery database 1")
            .withSecret { SealingKey(seed: $0) }
        organisationKey = SymmetricKey(derivedFrom: seed, for: "syncmail recovery organisation 1")
            .withSecret { SigningKey(seed: $0) }
    }

    /// What is to be written on paper.
    package var text: String {
        seed.withBytes { bytes in
            let seed = Array(bytes)
            let characters = Array(Base32.encode(seed + Self.checksum(of: seed)))
            return stride(from: 0, to: characters.count, by: Self.groupLength).map { start in
                String(characters[start..<min(start + Self.groupLength, characters.count)])
            }.joined(separator: "-")
        }
    }

    private static func checksum(of seed: [UInt8]) -> [UInt8] {
        Array(
            Digest(of: Array("syncmail recovery key 1".utf8), seed).bytes.prefix(checksumByteCount))
    }
}

/// A slip in what was typed from paper.
///
/// It names places, never characters: those are the secret.
package enum RecoveryKeyError: Error, Hashable, Sendable {
    /// A character cannot occur.
    case wrongCharacter(group: Int)
    /// Characters are missing, or too many.
    case wrongLength(count: Int, expected: Int)
    /// The checksum does not fit: a character was taken for another, or groups changed places.
    case mistyped
}

extension RecoveryKeyError: ExplainedError {
    package var explanation: LocalizedText {
        switch self {
        case .wrongCharacter(let group):
            LocalizedText(
                es: "La clave de recuperación está mal escrita: el grupo \(group) tiene un "
                    + "carácter que no existe en ella. Corríjalo; no se cambió nada.",
                en: "The recovery key is mistyped: group \(group) has a character that does not "
                    + "occur in one. Correct it; nothing was changed.")
        case .wrongLength(let count, let expected):
            LocalizedText(
                es: "La clave de recuperación está mal escrita: tiene \(count) caracteres y "
                    + "deben ser \(expected), en 14 grupos de 4. No se cambió nada.",
                en: "The recovery key is mistyped: it has \(count) characters instead of "
                    + "\(expected), in 14 groups of 4. Nothing was changed.")
        case .mistyped:
            LocalizedText(
                es: "La clave de recuperación está mal escrita: su suma de control no coincide. "
                    + "Revise cada grupo con el papel; no se cambió nada.",
                en: "The recovery key is mistyped: its checksum does not fit. Compare each group "
                    + "with the paper; nothing was changed.")
        }
    }

    package var exitStatus: ExitStatus { .badData }
}
