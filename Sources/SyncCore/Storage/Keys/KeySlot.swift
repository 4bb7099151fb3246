import CSodium

/// One way of opening a data key (docs/FILE_FORMAT.md, "Key file").
enum KeySlot: Hashable {
    /// Sealed under the key of this machine: nonce and ciphertext.
    case machine(wrapped: [UInt8])
    /// Sealed to the recovery key of the organisation.
    case recovery(wrapped: [UInt8], publicKey: [UInt8])
    /// Written by a later version, and kept as it is.
    case other(encoded: [UInt8])

    static let dataKeyBytes = 32
    private static let nonceBytes = 24
    private static let tagBytes = 16
    private static let machineBytes = nonceBytes + dataKeyBytes + tagBytes
    private static let recoveryBytes = 32 + dataKeyBytes + tagBytes
    private static let publicKeyBytes = 32

    /// Wraps a data key for a machine.
    init(_ dataKey: SecretBytes, keyID: [UInt8], machineKey: SecretBytes, nonce: [UInt8]) {
        precondition(nonce.count == Self.nonceBytes && machineKey.count == MachineKey.byteCount)
        let data = Self.additionalData(keyID)
        var sealed = [UInt8](repeating: 0, count: Self.dataKeyBytes + Self.tagBytes)
        dataKey.withBytes { plain in
            machineKey.withBytes { key in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &sealed, nil, byte(plain.baseAddress), UInt64(plain.count), data,
                    UInt64(data.count), nil, nonce, byte(key.baseAddress))
            }
        }
        self = .machine(wrapped: nonce + sealed)
    }

    /// Wraps a data key for the holder of a recovery key.
    ///
    /// Nil if that is not a usable key.
    init?(_ dataKey: SecretBytes, recovery target: SealingTarget) {
        guard target.isUsable else { return nil }
        self = .recovery(wrapped: target.seal(dataKey), publicKey: target.bytes)
    }

    /// The data key, if this is a machine's slot and the key opens it.
    func open(machineKey: SecretBytes, keyID: [UInt8]) -> SecretBytes? {
        guard case .machine(let wrapped) = self, machineKey.count == MachineKey.byteCount else {
            return nil
        }
        let data = Self.additionalData(keyID)
        let sealed = Array(wrapped.dropFirst(Self.nonceBytes))
        return opened { target in
            machineKey.withBytes { key in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    target, nil, nil, sealed, UInt64(sealed.count), data, UInt64(data.count),
                    wrapped, byte(key.baseAddress))
            }
        }
    }

    /// The data key, if this is a recovery slot and the key opens it.
    func open(recoveryKey: SealingKey) -> SecretBytes? {
        guard case .recovery(let wrapped, let publicKey) = self,
            recoveryKey.target.bytes == publicKey, let key = recoveryKey.open(wrapped),
            key.count == Self.dataKeyBytes
        else { return nil }
        return key
    }

    private struct Refused: Error {}

    private func opened(
        _ open: (UnsafeMutablePointer<UInt8>) -> Int32
    ) -> SecretBytes? {
        do {
            return try SecretBytes(count: Self.dataKeyBytes) { target in
                guard open(byte(target.baseAddress)) == 0 else { throw Refused() }
            }
        } catch {
            // A key that does not fit is an answer here; the caller turns it into an error.
            return nil
        }
    }

    private static func additionalData(_ keyID: [UInt8]) -> [UInt8] {
        Array("machine".utf8) + keyID
    }
}

extension KeySlot: CBOREncodable, CBORDecodable {
    func encode(to writer: inout CBORWriter) {
        switch self {
        case .machine(let wrapped):
            writer.fields { fields in
                fields.field(1) { $0.unsigned(1) }
                fields.field(2) { $0.byteString(wrapped) }
            }
        case .recovery(let wrapped, let publicKey):
            writer.fields { fields in
                fields.field(1) { $0.unsigned(2) }
                fields.field(2) { $0.byteString(wrapped) }
                fields.field(3) { $0.byteString(publicKey) }
            }
        case .other(let encoded):
            writer.encoded(encoded)
        }
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "key slot")
        switch try fields.required(1, UInt64.self) {
        case 1:
            self = .machine(
                wrapped: try fields.required(2) { (reader) throws(CodingError) in
                    try reader.byteString(count: Self.machineBytes)
                })
        case 2:
            self = .recovery(
                wrapped: try fields.required(2) { (reader) throws(CodingError) in
                    try reader.byteString(count: Self.recoveryBytes)
                },
                publicKey: try fields.required(3) { (reader) throws(CodingError) in
                    try reader.byteString(count: Self.publicKeyBytes)
                })
        default:
            // The bytes are put in by ``KeyFile``, which has them.
            self = .other(encoded: [])
        }
    }
}
