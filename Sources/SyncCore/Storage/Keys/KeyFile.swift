import CSodium

/// The file beside a database that holds its data key, wrapped once per way of opening it.
///
/// ```swift
/// let key = try KeyFile.open(for: "replica.db", machineKey: machineKey)
/// let database = try Database(path: "replica.db", key: key, modules: […])
/// ```
package struct KeyFile: Equatable {
    private static let keyIDBytes = 16
    private static let commitmentBytes = 32
    private static let slotsMaximum = 16
    private static let slotBytesMaximum = 1024
    static let version: UInt64 = 1

    let keyID: [UInt8]
    let commitment: [UInt8]
    var slots: [KeySlot]

    /// Where the keys of a database are.
    package static func path(for database: String) -> String { database + ".keys" }

    /// Makes a data key for a new database, and its key file.
    ///
    /// - Parameters:
    ///   - database: The path of the database.
    ///   - machineKey: The key of this machine.
    ///   - recoveryKey: The public key whose holder may recover, if there is one.
    ///   - environment: The source of chance.
    /// - Returns: The data key.
    /// - Throws: ``StorageError``; a key file that exists is never replaced.
    package static func create(
        for database: String, machineKey: SecretBytes, recoveryKey: SealingTarget? = nil,
        environment: Environment
    ) throws(StorageError) -> SecretBytes {
        let path = path(for: database)
        let dataKey = SecretBytes(randomCount: KeySlot.dataKeyBytes, from: environment)
        let keyID = environment.randomBytes(keyIDBytes)
        var slots = [
            KeySlot(
                dataKey, keyID: keyID, machineKey: machineKey,
                nonce: environment.randomBytes(24))
        ]
        if let recoveryKey {
            guard let slot = KeySlot(dataKey, recovery: recoveryKey) else {
                throw StorageError(.wrongKey, path: path, detail: "recovery key")
            }
            slots.append(slot)
        }
        let file = KeyFile(keyID: keyID, commitment: commitment(to: dataKey), slots: slots)
        let bytes = file.fileBytes
        let failure = bytes.withUnsafeBytes { bytes -> StorageError? in
            do throws(StorageError) {
                try PrivateFile(path: path).create(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        return dataKey
    }

    /// Opens the data key of a database with the key of this machine.
    ///
    /// - Throws: ``StorageError``: `missingKey`, `exposedKey`, `damagedKey`, `newerSchema`, or
    ///   `wrongKey` if the machine's key opens no slot.
    package static func open(
        for database: String, machineKey: SecretBytes
    ) throws(StorageError) -> SecretBytes {
        try open(for: database) { slot, keyID in
            slot.open(machineKey: machineKey, keyID: keyID)
        }
    }

    /// Opens the data key of a database with the recovery key.
    package static func open(
        for database: String, recoveryKey: SealingKey
    ) throws(StorageError) -> SecretBytes {
        try open(for: database) { slot, _ in slot.open(recoveryKey: recoveryKey) }
    }

    private static func open(
        for database: String, with open: (KeySlot, _ keyID: [UInt8]) -> SecretBytes?
    ) throws(StorageError) -> SecretBytes {
        let path = path(for: database)
        let file = try KeyFile(fileBytes: try PrivateFile(path: path).read(), path: path)
        for slot in file.slots {
            // The cipher does not commit to its key, so what opened is compared too.
            if let key = open(slot, file.keyID), commitment(to: key) == file.commitment {
                return key
            }
        }
        throw StorageError(.wrongKey, path: database)
    }

    private static func commitment(to dataKey: SecretBytes) -> [UInt8] {
        let label = Array("commit".utf8)
        var hash = [UInt8](repeating: 0, count: commitmentBytes)
        dataKey.withBytes { key in
            _ = crypto_generichash(
                &hash, hash.count, label, UInt64(label.count), byte(key.baseAddress), key.count)
        }
        return hash
    }
}

extension KeyFile: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1) { $0.unsigned(Self.version) }
            fields.field(2) { $0.byteString(keyID) }
            fields.field(3) { $0.byteString(commitment) }
            fields.field(4) { writer in
                writer.array(slots.count)
                for slot in slots { writer.byteString(slot.canonicalBytes) }
            }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "key file")
        keyID = try fields.required(2) { (reader) throws(CodingError) in
            try reader.byteString(count: Self.keyIDBytes)
        }
        commitment = try fields.required(3) { (reader) throws(CodingError) in
            try reader.byteString(count: Self.commitmentBytes)
        }
        slots = try fields.required(4) { (reader) throws(CodingError) in
            var slots: [KeySlot] = []
            for _ in 0..<(try reader.array(maximum: Self.slotsMaximum)) {
                let bytes = try reader.byteString(maximum: Self.slotBytesMaximum)
                let slot = try KeySlot(canonicalBytes: bytes)
                slots.append(slot == .other(encoded: []) ? .other(encoded: bytes) : slot)
            }
            return slots
        }
    }
}
