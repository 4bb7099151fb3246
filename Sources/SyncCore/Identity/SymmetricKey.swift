import CSodium

/// A key that both seals and opens (XChaCha20-Poly1305).
package struct SymmetricKey: Sendable {
    private let secret: SecretBytes

    /// How many bytes a key has.
    package static let byteCount = Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
    /// How many bytes a seal adds: a random nonce in front, a tag behind.
    package static let overheadByteCount = nonceByteCount + tagByteCount

    private static let nonceByteCount = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    private static let tagByteCount = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)

    /// Uses a secret of 32 bytes as key.
    package init(_ secret: SecretBytes) {
        precondition(secret.count == Self.byteCount, "A key has 32 bytes.")
        self.secret = secret
    }

    /// Makes a new key.
    package init(randomFrom environment: Environment) {
        secret = SecretBytes(randomCount: Self.byteCount, from: environment)
    }

    /// Derives a key for one use from a secret and the use's name (BLAKE2b).
    package init(derivedFrom secret: SecretBytes, for use: String, _ context: [UInt8]...) {
        // Each part is preceded by its length, so that no two lists of parts read the same.
        var message = CBORWriter()
        message.text(use)
        message.array(context.count)
        for part in context { message.byteString(part) }
        self.secret = SecretBytes(count: Self.byteCount) { target in
            secret.withBytes { secret in
                guard let target = target.baseAddress, let key = secret.baseAddress else { return }
                crypto_generichash(
                    target.assumingMemoryBound(to: UInt8.self), Self.byteCount, message.bytes,
                    UInt64(message.bytes.count), key.assumingMemoryBound(to: UInt8.self),
                    secret.count)
            }
        }
    }

    /// Lends the key's bytes, to seal the key itself for somebody.
    package func withSecret<Result>(_ body: (SecretBytes) throws -> Result) rethrows -> Result {
        try body(secret)
    }

    /// Seals content, bound to a context that is not sealed: `nonce ‖ ciphertext ‖ tag`.
    package func seal(
        _ content: [UInt8], context: [UInt8], nonce: [UInt8]
    ) -> [UInt8] {
        precondition(nonce.count == Self.nonceByteCount, "A nonce has 24 bytes.")
        let start = nonce.count
        return [UInt8](
            unsafeUninitializedCapacity: start + content.count + Self.tagByteCount
        ) { buffer, count in
            _ = buffer.initialize(fromContentsOf: nonce)
            secret.withBytes { key in
                guard let target = buffer.baseAddress, let key = key.baseAddress else { return }
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    target + start, nil, content, UInt64(content.count), context,
                    UInt64(context.count), nil, nonce, key.assumingMemoryBound(to: UInt8.self))
            }
            count = start + content.count + Self.tagByteCount
        }
    }

    /// Seals content under a random nonce.
    package func seal(
        _ content: [UInt8], context: [UInt8], using environment: Environment
    ) -> [UInt8] {
        seal(content, context: context, nonce: environment.randomBytes(Self.nonceByteCount))
    }

    /// Opens what this key sealed for this context, or returns nothing.
    package func open(_ sealed: [UInt8], context: [UInt8]) -> [UInt8]? {
        let count = sealed.count - Self.overheadByteCount
        guard count >= 0 else { return nil }
        var isOpen = false
        let content = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            isOpen = secret.withBytes { key in
                sealed.withUnsafeBufferPointer { sealed in
                    guard let sealed = sealed.baseAddress, let key = key.baseAddress else {
                        return false
                    }
                    return crypto_aead_xchacha20poly1305_ietf_decrypt(
                        buffer.baseAddress, nil, nil, sealed + Self.nonceByteCount,
                        UInt64(count + Self.tagByteCount), context, UInt64(context.count), sealed,
                        key.assumingMemoryBound(to: UInt8.self)) == 0
                }
            }
            initialized = isOpen ? count : 0
        }
        return isOpen ? content : nil
    }
}
