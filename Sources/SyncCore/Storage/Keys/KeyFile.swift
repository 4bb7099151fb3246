/// The file beside a database that holds its data key, wrapped once per way of opening it.
///
/// ```swift
/// let key = try KeyFile.open(for: "replica.db", machineKey: machineKey)
/// let database = try Database(path: "replica.db", key: key, modules: […])
/// ```
///
/// ``KeyRing`` changes it.
package struct KeyFile: Equatable {
    static let version: UInt64 = 2

    /// The data key of the database.
    var current: KeySet
    /// The data key that a rotation is about to give the database.
    var next: KeySet?

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
        let dataKey = SecretBytes(randomCount: KeySlot.dataKeyBytes, from: environment)
        var keys = KeySet(for: dataKey, environment: environment)
        var slots = [
            KeySlot(
                dataKey, keyID: keys.keyID, machineKey: machineKey, number: 1,
                environment: environment)
        ]
        if let recoveryKey {
            guard
                let slot = KeySlot(
                    dataKey, for: .recovery(recoveryKey), number: 2, made: environment.now())
            else { throw StorageError(.wrongKey, path: path(for: database), detail: "recovery") }
            slots.append(slot)
        }
        keys.setSlots(slots, dataKey)
        let bytes = KeyFile(current: keys).fileBytes
        try PrivateFile(path: path(for: database)).create(bytes)
        return dataKey
    }

    /// Opens the data key of a database with the key of this machine.
    ///
    /// Nothing is written, so anybody may call it who may read the files.
    ///
    /// - Throws: ``StorageError``: `missingKey`, `exposedKey`, `damagedKey`, `newerSchema`, or
    ///   `wrongKey` if the machine's key opens no slot; ``KeyError``.
    package static func open(
        for database: String, machineKey: SecretBytes
    ) throws -> SecretBytes {
        let file = try load(for: database).file
        return try file.opened(with: .machine(machineKey), for: database).chosen.key
    }

    /// Reads the file; the second value tells whether both copies were whole.
    static func load(
        for database: String
    ) throws(StorageError) -> (file: KeyFile, isWhole: Bool) {
        let path = path(for: database)
        return try read(try PrivateFile(path: path).read(), path: path)
    }

    /// Writes the file anew.
    ///
    /// After a power cut either the old or the new one is there.
    func store(for database: String) throws(StorageError) {
        try PrivateFile(path: Self.path(for: database)).replace(fileBytes)
    }
}

extension KeyFile: CBOREncodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, Self.version)
            current.encode(to: &fields)
            fields.field(6, next.map { Bytes(Self.encoded($0)) })
        }
    }

    private static func encoded(_ keys: KeySet) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { keys.encode(to: &$0) }
        return writer.bytes
    }

    /// Reads the map inside a copy.
    ///
    /// - Throws: ``CodingError``, with the place `version` for a version not known here.
    init(map: [UInt8]) throws(CodingError) {
        var reader = CBORReader(map)
        let fields = try reader.fields(in: "key file")
        try reader.finish(in: "key file")
        let version = try fields.required(1, UInt64.self)
        guard (1...Self.version).contains(version) else {
            throw CodingError(.value, in: "version")
        }
        current = try KeySet(fields, isSealed: version > 1)
        guard version > 1, let bytes = try fields.optional(6, Bytes.self)?.bytes else {
            next = nil
            return
        }
        var inner = CBORReader(bytes)
        next = try KeySet(try inner.fields(in: "next keys"), isSealed: true)
        try inner.finish(in: "next keys")
    }
}
