/// The key of a machine: 32 bytes in a file that only the service may read.
package enum MachineKey {
    /// How many bytes it has.
    package static let byteCount = 32

    /// Reads the key.
    ///
    /// - Throws: ``StorageError``: `missingKey`, `exposedKey` or `damagedKey`.
    package static func read(at path: String) throws(StorageError) -> SecretBytes {
        var bytes = try PrivateFile(path: path).read()
        guard bytes.count == byteCount else { throw StorageError(.damagedKey, path: path) }
        return SecretBytes(consuming: &bytes)
    }

    /// Reads the key, or makes one if there is no file.
    package static func readOrCreate(
        at path: String, environment: Environment
    ) throws(StorageError) -> SecretBytes {
        do throws(StorageError) {
            return try read(at: path)
        } catch {
            guard error.code == .missingKey else { throw error }
        }
        let key = SecretBytes(randomCount: byteCount, from: environment)
        let outcome = key.withBytes { bytes -> StorageError? in
            do throws(StorageError) {
                try PrivateFile(path: path).create(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let outcome { throw outcome }
        return key
    }
}
