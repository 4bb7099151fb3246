/// Puts the parts of a backup that comes in pieces into a folder.
///
/// The database becomes `NAME` and its key file `NAME.keys`, both private and synced. Nothing of
/// it may be used unless ``finish()`` returned.
package struct BackupUnpacker: ~Copyable {
    private var reader: BackupReader
    private let database: BackupFile
    private let keysPath: String
    private var keys: [UInt8] = []
    private var received: UInt64 = 0
    private var expected: UInt64?

    /// Prepares to unpack.
    ///
    /// - Parameters:
    ///   - kind: Whose replica it must hold.
    ///   - path: What errors call the backup.
    ///   - folder: Where the parts go.
    ///   - name: What the database shall be called.
    /// - Throws: ``BackupError`` if nothing can be written there.
    package init(
        _ kind: BackupManifest.Kind, from path: String, into folder: BackupFolder, as name: String
    ) throws(BackupError) {
        reader = BackupReader(kind: kind, path: path)
        database = try BackupFile(creating: folder.file(name))
        keysPath = KeyFile.path(for: folder.file(name))
    }

    /// Takes the next bytes of the backup.
    ///
    /// - Returns: How far it has come, from 0 to 1.
    /// - Throws: ``BackupError``.
    package mutating func take(_ bytes: [UInt8]) throws(BackupError) -> Double {
        for event in try reader.read(bytes) {
            switch event {
            case .manifest(let manifest): expected = manifest.partsByteCount
            case .bytes(let piece, BackupManifest.databaseName):
                try database.write(piece)
                received += UInt64(piece.count)
            case .bytes(let piece, _):
                keys += piece
                received += UInt64(piece.count)
            }
        }
        guard let expected, expected > 0 else { return 0 }
        return min(Double(received) / Double(expected), 1)
    }

    /// Says that the backup has ended, and returns what it is.
    package mutating func finish() throws(BackupError) -> BackupManifest {
        let manifest = try reader.finish()
        try database.sync()
        let file = try BackupFile(creating: keysPath)
        try file.write(keys[...])
        try file.sync()
        return manifest
    }
}
