import CSodium

/// A data key, as the slots of a key file hold it.
struct KeySet: Equatable {
    private static let keyIDBytes = 16
    private static let hashBytes = 32
    private static let slotBytesMaximum = 1024
    /// A rotation needs some slots more than people may have.
    private static let readSlotsMaximum = 24
    static let slotsMaximum = 16

    let keyID: [UInt8]
    let commitment: [UInt8]
    private(set) var slots: [KeySlot]
    /// Authenticates the slots; absent in version 1.
    private var seal: [UInt8]?

    /// Makes a set without slots for a data key.
    init(for dataKey: SecretBytes, environment: Environment) {
        keyID = environment.randomBytes(Self.keyIDBytes)
        commitment = Self.hash("commit", key: dataKey)
        slots = []
        setSlots([], dataKey)
    }

    /// Whether the slots are authenticated.
    var isSealed: Bool { seal != nil }

    /// A number that no slot has.
    var nextNumber: UInt64 { (slots.map(\.number).max() ?? 0) + 1 }

    /// Replaces the slots.
    mutating func setSlots(_ slots: [KeySlot], _ dataKey: SecretBytes) {
        self.slots = slots.sorted { $0.number < $1.number }
        seal = Self.seal(self.slots, keyID, dataKey)
    }

    /// Lets go of slots that nobody vouches for: in version 1 anybody could have added some.
    ///
    /// What is left is what the credential itself opens. A set that is sealed stays as it is.
    mutating func dropUnproven(_ dataKey: SecretBytes, for credential: KeyCredential) throws {
        guard !isSealed else { return }
        let keyID = keyID
        setSlots(
            try slots.filter { try $0.open(with: credential, keyID: keyID) != nil }, dataKey)
    }

    /// Opens the data key.
    ///
    /// Returns nil if no slot is for the credential.
    ///
    /// - Throws: ``KeyError``: `damagedSlot`, `altered` if the slots are not those that were
    ///   written, or what stretching a passphrase meets.
    func open(with credential: KeyCredential) throws(KeyError) -> SecretBytes? {
        var failure: KeyError?
        for slot in slots {
            do throws(KeyError) {
                guard let key = try slot.open(with: credential, keyID: keyID) else { continue }
                // The cipher does not commit to its key, so what opened is compared too.
                guard Self.hash("commit", key: key) == commitment else {
                    throw KeyError(.damagedSlot(slot.number))
                }
                try checkSeal(key)
                return key
            } catch {
                // Another slot may be whole.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return nil
    }

    private func checkSeal(_ dataKey: SecretBytes) throws(KeyError) {
        guard let seal else { return }
        guard seal == Self.seal(slots, keyID, dataKey) else { throw KeyError(.altered) }
    }

    private static func seal(
        _ slots: [KeySlot], _ keyID: [UInt8], _ dataKey: SecretBytes
    ) -> [UInt8] {
        var writer = CBORWriter()
        writer.array(slots.count)
        for slot in slots { writer.byteString(slot.encoded) }
        return hash("slots", keyID, writer.bytes, key: dataKey)
    }

    private static func hash(
        _ label: String, _ parts: [UInt8]..., key: SecretBytes
    ) -> [UInt8] {
        let content = Array(label.utf8) + parts.joined()
        var hash = [UInt8](repeating: 0, count: hashBytes)
        key.withBytes { key in
            _ = crypto_generichash(
                &hash, hash.count, content, UInt64(content.count), byte(key.baseAddress),
                key.count)
        }
        return hash
    }
}

// MARK: - Coding

extension KeySet {
    /// Writes the fields 2 to 5.
    func encode(to fields: inout CBORFieldWriter) {
        fields.field(2, Bytes(keyID))
        fields.field(3, Bytes(commitment))
        fields.field(4) { writer in
            writer.array(slots.count)
            for slot in slots { writer.byteString(slot.encoded) }
        }
        fields.field(5, seal.map { Bytes($0) })
    }

    /// Reads the fields 2 to 5.
    init(_ fields: CBORFields, isSealed: Bool) throws(CodingError) {
        keyID = try fields.required(2) { (reader) throws(CodingError) in
            try reader.byteString(count: Self.keyIDBytes)
        }
        commitment = try fields.required(3) { (reader) throws(CodingError) in
            try reader.byteString(count: Self.hashBytes)
        }
        slots = try fields.required(4) { (reader) throws(CodingError) in
            var slots: [KeySlot] = []
            for index in 0..<(try reader.array(maximum: Self.readSlotsMaximum)) {
                let bytes = try reader.byteString(maximum: Self.slotBytesMaximum)
                slots.append(try KeySlot(encoded: bytes, place: index + 1))
            }
            return slots
        }
        guard Set(slots.map(\.number)).count == slots.count else {
            throw CodingError(.value, in: "numbers of slots")
        }
        seal =
            isSealed
            ? try fields.required(5) { (reader) throws(CodingError) in
                try reader.byteString(count: Self.hashBytes)
            } : nil
    }
}
