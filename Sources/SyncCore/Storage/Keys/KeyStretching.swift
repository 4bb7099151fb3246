import CSodium

/// How a passphrase becomes a key: Argon2id, and what it costs.
///
/// The costs stand in the slot, so that later versions may raise them. They are compared with
/// limits before anything is allocated: whoever can write the file must not be able to make the
/// program fill the machine's memory.
package struct KeyStretching: Hashable, Sendable {
    /// What a new slot costs: 0.4 s and 256 MiB on a small server.
    package static let standard = KeyStretching(passes: 3, memoryKiB: 256 * 1024)

    private static let passesMaximum: UInt64 = 12
    private static let memoryKiBMaximum: UInt64 = 1024 * 1024
    private static let memoryKiBMinimum = UInt64(crypto_pwhash_argon2id_MEMLIMIT_MIN) / 1024
    static let saltBytes = Int(crypto_pwhash_argon2id_SALTBYTES)

    let passes: UInt64
    let memoryKiB: UInt64

    package init(passes: UInt64, memoryKiB: UInt64) {
        self.passes = passes
        self.memoryKiB = memoryKiB
    }

    /// Whether this program is ready to pay the costs.
    var isAcceptable: Bool {
        (1...Self.passesMaximum).contains(passes)
            && (Self.memoryKiBMinimum...Self.memoryKiBMaximum).contains(memoryKiB)
    }

    /// The key pair that a passphrase makes.
    ///
    /// - Throws: ``KeyError``: `excessiveCost` without having allocated anything, or `noMemory`.
    func key(from passphrase: SecretBytes, salt: [UInt8]) throws(KeyError) -> SealingKey {
        guard isAcceptable else { throw KeyError(.excessiveCost) }
        precondition(salt.count == Self.saltBytes, "A salt has 16 bytes.")
        var result: Int32 = -1
        let seed = SecretBytes(count: SealingKey.seedByteCount) { seed in
            passphrase.withBytes { passphrase in
                result = crypto_pwhash_argon2id(
                    byte(seed.baseAddress), UInt64(seed.count),
                    UnsafeRawPointer(byte(passphrase.baseAddress))
                        .assumingMemoryBound(to: CChar.self),
                    UInt64(passphrase.count), salt, passes, Int(memoryKiB) * 1024,
                    crypto_pwhash_argon2id_ALG_ARGON2ID13)
            }
        }
        guard result == 0 else { throw KeyError(.noMemory) }
        return SealingKey(seed: seed)
    }
}
