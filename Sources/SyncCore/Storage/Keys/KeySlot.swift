import CSodium

/// One way of opening a data key (docs/FILE_FORMAT.md, "Key file").
struct KeySlot: Hashable {
    /// What is particular to a kind.
    enum Content: Hashable {
        /// Sealed under the key of this machine: nonce and ciphertext.
        case machine
        /// Sealed to the recovery key of the organisation.
        case recovery(SealingTarget)
        /// Sealed to the key that a passphrase makes.
        case passphrase(SealingTarget, KeyStretching, salt: [UInt8])
        /// Written by a later version.
        case unknown
    }

    static let dataKeyBytes = 32
    static let numberMaximum: UInt64 = 1 << 32
    private static let nonceBytes = 24
    private static let tagBytes = 16
    private static let machineBytes = nonceBytes + dataKeyBytes + tagBytes
    private static let sealedBytes = 32 + dataKeyBytes + tagBytes

    let content: Content
    /// Names the slot, as long as the file lives.
    let number: UInt64
    /// When it was made, if that is known.
    let made: Timestamp?
    private let wrapped: [UInt8]
    /// The slot as it stands in the file, with fields that only a later version knows.
    let encoded: [UInt8]

    /// The kind that people read.
    var kind: KeySlotKind {
        switch content {
        case .machine: .machine
        case .recovery: .recovery
        case .passphrase: .passphrase
        case .unknown: .unknown
        }
    }

    /// Wraps a data key for a machine.
    init(
        _ dataKey: SecretBytes, keyID: [UInt8], machineKey: SecretBytes, number: UInt64,
        environment: Environment
    ) {
        precondition(machineKey.count == MachineKey.byteCount, "A machine key has 32 bytes.")
        let nonce = environment.randomBytes(Self.nonceBytes)
        let data = Self.additionalData(keyID)
        var sealed = [UInt8](repeating: 0, count: Self.dataKeyBytes + Self.tagBytes)
        dataKey.withBytes { plain in
            machineKey.withBytes { key in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &sealed, nil, byte(plain.baseAddress), UInt64(plain.count), data,
                    UInt64(data.count), nil, nonce, byte(key.baseAddress))
            }
        }
        self.init(.machine, wrapped: nonce + sealed, number: number, made: environment.now())
    }

    /// Wraps a data key for the holder of a recovery key or of a passphrase.
    ///
    /// Nil if the content names no usable key.
    init?(_ dataKey: SecretBytes, for content: Content, number: UInt64, made: Timestamp?) {
        switch content {
        case .recovery(let target), .passphrase(let target, _, _):
            guard target.isUsable else { return nil }
            self.init(content, wrapped: target.seal(dataKey), number: number, made: made)
        case .machine, .unknown: return nil
        }
    }

    private init(_ content: Content, wrapped: [UInt8], number: UInt64, made: Timestamp?) {
        self.content = content
        self.wrapped = wrapped
        self.number = number
        self.made = made
        encoded = Self.encode(content, wrapped, number, made)
    }

    /// The data key, or nil if the credential is not for this slot.
    ///
    /// - Throws: ``KeyError``: `damagedSlot` if the credential is right and the slot is not, or
    ///   what stretching a passphrase meets.
    func open(with credential: KeyCredential, keyID: [UInt8]) throws(KeyError) -> SecretBytes? {
        switch (content, credential) {
        case (.machine, .machine(let key)): return open(machineKey: key, keyID: keyID)
        case (.recovery(let target), .recovery(let key)): return try open(key, target)
        case (.passphrase(let target, let stretching, let salt), .passphrase(let text)):
            return try open(stretching.key(from: text, salt: salt), target)
        case (.machine, _), (.recovery, _), (.passphrase, _), (.unknown, _): return nil
        }
    }

    private func open(_ key: SealingKey, _ target: SealingTarget) throws(KeyError) -> SecretBytes? {
        guard key.target == target else { return nil }
        guard let dataKey = key.open(wrapped), dataKey.count == Self.dataKeyBytes else {
            throw KeyError(.damagedSlot(number))
        }
        return dataKey
    }

    private struct Refused: Error {}

    private func open(machineKey: SecretBytes, keyID: [UInt8]) -> SecretBytes? {
        guard machineKey.count == MachineKey.byteCount else { return nil }
        let data = Self.additionalData(keyID)
        let sealed = Array(wrapped.dropFirst(Self.nonceBytes))
        do {
            return try SecretBytes(count: Self.dataKeyBytes) { target in
                let result = machineKey.withBytes { key in
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        byte(target.baseAddress), nil, nil, sealed, UInt64(sealed.count), data,
                        UInt64(data.count), wrapped, byte(key.baseAddress))
                }
                guard result == 0 else { throw Refused() }
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

// MARK: - Coding

extension KeySlot {
    private static func encode(
        _ content: Content, _ wrapped: [UInt8], _ number: UInt64, _ made: Timestamp?
    ) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { fields in
            switch content {
            case .machine: fields.field(1, UInt64(1))
            case .recovery: fields.field(1, UInt64(2))
            case .passphrase: fields.field(1, UInt64(3))
            case .unknown: preconditionFailure("A slot of an unknown kind is never made.")
            }
            fields.field(2, Bytes(wrapped))
            switch content {
            case .machine, .unknown: break
            case .recovery(let target): fields.field(3, target)
            case .passphrase(let target, let stretching, let salt):
                fields.field(3, target)
                fields.field(4, Bytes(salt))
                fields.field(5, stretching.passes)
                fields.field(6, stretching.memoryKiB)
            }
            fields.field(8, number)
            fields.field(9, made)
        }
        return writer.bytes
    }

    /// Reads a slot, which has the number of its place if it names none.
    init(encoded: [UInt8], place: Int) throws(CodingError) {
        var reader = CBORReader(encoded)
        let fields = try reader.fields(in: "key slot")
        try reader.finish(in: "key slot")
        self.encoded = encoded
        number =
            try fields.optional(8) { (reader) throws(CodingError) in
                try reader.unsigned(maximum: Self.numberMaximum, in: "number of a slot")
            } ?? UInt64(place)
        made = try fields.optional(9)
        func bytes(_ key: UInt64, _ count: Int) throws(CodingError) -> [UInt8] {
            try fields.required(key) { (reader) throws(CodingError) in
                try reader.byteString(count: count, in: "key slot")
            }
        }
        switch try fields.required(1, UInt64.self) {
        case 1: (content, wrapped) = (.machine, try bytes(2, Self.machineBytes))
        case 2:
            content = .recovery(try fields.required(3))
            wrapped = try bytes(2, Self.sealedBytes)
        case 3:
            let stretching = KeyStretching(
                passes: try fields.required(5), memoryKiB: try fields.required(6))
            content = .passphrase(
                try fields.required(3), stretching, salt: try bytes(4, KeyStretching.saltBytes))
            wrapped = try bytes(2, Self.sealedBytes)
        default: (content, wrapped) = (.unknown, [])
        }
    }
}
