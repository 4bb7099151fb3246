import Glibc

/// The key of a machine: 32 bytes in a file that only the service may read.
package enum MachineKey {
    /// How many bytes it has.
    package static let byteCount = 32

    /// Reads the key.
    ///
    /// - Throws: ``StorageError``: `missingKey`, `exposedKey` or `damagedKey`.
    package static func read(at path: String) throws(StorageError) -> SecretBytes {
        try MachineKeySource(path: path).read()
    }

    /// Reads the key, or makes one if there is no file.
    package static func readOrCreate(
        at path: String, environment: Environment
    ) throws(StorageError) -> SecretBytes {
        try MachineKeySource(path: path).readOrCreate(environment: environment)
    }
}

/// Where the key of this machine comes from.
package struct MachineKeySource: Sendable, Equatable {
    private static let fileName = "machine.key"

    /// The file.
    package let path: String
    /// Whether systemd put it there: then it can be read and never written.
    package let isCredential: Bool

    /// A file that belongs to the program.
    package init(path: String) {
        self.path = path
        isCredential = false
    }

    /// The key of a home: systemd's credential if the service has it, or else a file in the home.
    ///
    /// - Parameters:
    ///   - home: The directory.
    ///   - credentials: What `$CREDENTIALS_DIRECTORY` says.
    package init(home: String, credentials: String?) {
        let credential = credentials.map { "\($0)/\(Self.fileName)" }
        isCredential = credential.map { access($0, F_OK) == 0 } ?? false
        path = isCredential ? credential ?? "" : "\(home)/\(Self.fileName)"
    }

    /// Reads the key.
    ///
    /// - Throws: ``StorageError``: `missingKey`, `exposedKey` or `damagedKey`.
    package func read() throws(StorageError) -> SecretBytes {
        var bytes = try PrivateFile(path: path, isReadableByGroup: isCredential).read()
        guard bytes.count == MachineKey.byteCount else {
            throw StorageError(.damagedKey, path: path)
        }
        return SecretBytes(consuming: &bytes)
    }

    /// Reads the key, or makes one if there is no file.
    package func readOrCreate(environment: Environment) throws(StorageError) -> SecretBytes {
        do throws(StorageError) {
            return try read()
        } catch {
            guard error.code == .missingKey else { throw error }
        }
        let key = Self.random(environment)
        try PrivateFile(path: path).create(key)
        return key
    }

    /// Reads the key, or makes one if there is none or what is there is no key.
    func readOrReplace(environment: Environment) throws(StorageError) -> SecretBytes {
        do throws(StorageError) {
            return try readOrCreate(environment: environment)
        } catch {
            guard error.code == .damagedKey, !isCredential else { throw error }
        }
        let key = Self.random(environment)
        try replace(with: key)
        return key
    }

    /// Writes another key in place of this one.
    func replace(with key: SecretBytes) throws(StorageError) {
        precondition(!isCredential, "systemd's credentials cannot be written.")
        try PrivateFile(path: path).replace(key)
    }

    static func random(_ environment: Environment) -> SecretBytes {
        SecretBytes(randomCount: MachineKey.byteCount, from: environment)
    }
}
