import CSQLite
import CSodium

/// A file system for SQLite that encrypts what another one stores.
///
/// SQLite knows it by name and opens every file of a database through it. It makes no temporary
/// files and refuses what it cannot protect. See docs/FILE_FORMAT.md.
package final class EncryptingFileSystem: Sendable {
    /// Protections that tests turn off, to prove that each is needed.
    package struct Options: Sendable {
        /// Whether a first page that is half written may be looked at before its repair.
        package var toleratesTornHeader = true
        /// Whether the log ends quietly at a frame that is half written.
        package var toleratesTornLog = true
        /// Whether a log without one authentic page is refused, not taken for an empty one.
        package var needsProvenKey = true
        /// Whether headers and checksums of the rollback journal must be authentic.
        package var authenticatesJournal = true
        /// Whether opening looks for holes in the log.
        package var findsHoles = true
        /// Whether holes in the file are filled with encrypted pages.
        package var fillsGaps = true

        package init() {}
    }

    /// The file system that the product uses: over the system's own.
    package static let standard = EncryptingFileSystem(name: "syncmail", over: nil)

    /// The name by which SQLite knows it.
    package let name: String
    let keys = KeyRegistry()
    let options: Options
    // The address of SQLite's description of the file system below. SQLite never frees a
    // registered one. It is kept as a number because Swift treats every pointer as unshareable.
    private let lowerAddress: UInt

    /// Registers a file system with SQLite, for the life of the process.
    ///
    /// - Parameters:
    ///   - name: A name that is not taken.
    ///   - lower: The name of the file system that stores the bytes, or nil for the system's.
    ///   - options: What tests turn off.
    package init(name: String, over lower: String?, options: Options = Options()) {
        Sodium.start()
        guard let below = sqlite3_vfs_find(lower) else {
            preconditionFailure("SQLite knows no file system '\(lower ?? "")'.")
        }
        precondition(sqlite3_vfs_find(name) == nil, "The file system '\(name)' exists already.")
        self.name = name
        self.options = options
        lowerAddress = UInt(bitPattern: below)
        register(over: below)
    }

    /// SQLite's description of the file system below.
    var lower: UnsafeMutablePointer<sqlite3_vfs>? { UnsafeMutablePointer(bitPattern: lowerAddress) }

    /// The form of a path that SQLite passes when it opens the file.
    func canonical(_ path: String) -> String {
        guard let lower, let resolve = lower.pointee.xFullPathname else { return path }
        let capacity = Int(lower.pointee.mxPathname) + 1
        var buffer = [CChar](repeating: 0, count: capacity)
        // A failure leaves a path that opening will report.
        let result = resolve(lower, path, Int32(capacity), &buffer)
        guard result & 0xff == SQLITE_OK else { return path }
        return buffer.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? path
        }
    }

    private func register(over below: UnsafeMutablePointer<sqlite3_vfs>) {
        // Never freed: SQLite keeps both for the life of the process.
        let description = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        let nameCopy = name.utf8CString
        let nameMemory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: nameCopy.count)
        _ = nameMemory.initialize(from: nameCopy)
        var vfs = sqlite3_vfs()
        vfs.iVersion = 2
        vfs.szOsFile = Int32(MemoryLayout<csqlite_file>.stride) + below.pointee.szOsFile
        vfs.mxPathname = below.pointee.mxPathname
        vfs.zName = UnsafePointer(nameMemory.baseAddress)
        vfs.pAppData = Unmanaged.passRetained(self).toOpaque()
        vfs.xOpen = openFile
        vfs.xDelete = deleteFile
        vfs.xAccess = accessFile
        vfs.xFullPathname = fullPathname
        vfs.xRandomness = randomness
        vfs.xSleep = sleep
        vfs.xCurrentTime = currentTime
        vfs.xGetLastError = lastError
        vfs.xCurrentTimeInt64 = currentTimeInt64
        description.initialize(to: vfs)
        let result = sqlite3_vfs_register(description, 0)
        precondition(result == SQLITE_OK, "SQLite could not register a file system.")
    }
}

private typealias FileSystemPointer = UnsafeMutablePointer<sqlite3_vfs>?
private typealias FilePointer = UnsafeMutablePointer<sqlite3_file>?

private func fileSystem(_ vfs: FileSystemPointer) -> EncryptingFileSystem? {
    vfs?.pointee.pAppData.map {
        Unmanaged<EncryptingFileSystem>.fromOpaque($0).takeUnretainedValue()
    }
}

private func lower(_ vfs: FileSystemPointer) -> FileSystemPointer {
    fileSystem(vfs)?.lower
}

private func openFile(
    _ vfs: FileSystemPointer, _ path: UnsafePointer<CChar>?, _ file: FilePointer, _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let file else { return FileResult.cannotOpen }
    // Without operations SQLite does not call close.
    file.pointee.pMethods = nil
    // A file without a name is temporary. There must be none: it could not be protected.
    guard let path, let fileSystem = fileSystem(vfs), let below = fileSystem.lower else {
        return FileResult.cannotOpen
    }
    let slot = UnsafeMutableRawPointer(file).assumingMemoryBound(to: csqlite_file.self)
    let lower = LowerFile(
        file: (UnsafeMutableRawPointer(file) + MemoryLayout<csqlite_file>.stride)
            .assumingMemoryBound(to: sqlite3_file.self))
    let opened: EncryptedFile
    switch flags & fileKinds {
    case SQLITE_OPEN_MAIN_DB:
        guard let key = fileSystem.keys.key(for: String(cString: path)) else {
            return FileResult.noKey
        }
        opened = EncryptedMainFile(lower: lower, dataKey: key, options: fileSystem.options)
    case SQLITE_OPEN_WAL:
        guard let main = mainFile(of: path) else { return FileResult.cannotOpen }
        opened = EncryptedLog(lower: lower, main: main, options: fileSystem.options)
    case SQLITE_OPEN_MAIN_JOURNAL:
        guard let main = mainFile(of: path) else { return FileResult.cannotOpen }
        opened = EncryptedJournal(lower: lower, main: main, options: fileSystem.options)
    default:
        return FileResult.cannotOpen
    }
    let result = below.pointee.xOpen?(below, path, lower.file, flags, outFlags)
    guard result == FileResult.done else { return result ?? FileResult.cannotOpen }
    slot.pointee.context = Unmanaged.passRetained(opened).toOpaque()
    file.pointee.pMethods = EncryptedFileOperations.table
    return FileResult.done
}

private let fileKinds =
    SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_TEMP_DB
    | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL
    | SQLITE_OPEN_SUPER_JOURNAL

/// The database that a log or journal belongs to, if it is one of ours.
private func mainFile(of path: UnsafePointer<CChar>) -> EncryptedMainFile? {
    guard let file = sqlite3_database_file_object(path),
        file.pointee.pMethods == EncryptedFileOperations.table
    else { return nil }
    return encryptedFile(file) as? EncryptedMainFile
}

private func deleteFile(
    _ vfs: FileSystemPointer, _ path: UnsafePointer<CChar>?, _ syncsFolder: Int32
) -> Int32 {
    guard let below = lower(vfs) else { return FileResult.deleteFailed }
    return below.pointee.xDelete?(below, path, syncsFolder) ?? FileResult.deleteFailed
}

private func accessFile(
    _ vfs: FileSystemPointer, _ path: UnsafePointer<CChar>?, _ flags: Int32,
    _ answer: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let below = lower(vfs) else { return FileResult.readFailed }
    return below.pointee.xAccess?(below, path, flags, answer) ?? FileResult.readFailed
}

private func fullPathname(
    _ vfs: FileSystemPointer, _ path: UnsafePointer<CChar>?, _ capacity: Int32,
    _ answer: UnsafeMutablePointer<CChar>?
) -> Int32 {
    guard let below = lower(vfs) else { return FileResult.cannotOpen }
    return below.pointee.xFullPathname?(below, path, capacity, answer) ?? FileResult.cannotOpen
}

private func randomness(
    _ vfs: FileSystemPointer, _ count: Int32, _ target: UnsafeMutablePointer<CChar>?
) -> Int32 {
    guard let target else { return 0 }
    randombytes_buf(target, Int(count))
    return count
}

private func sleep(_ vfs: FileSystemPointer, _ microseconds: Int32) -> Int32 {
    guard let below = lower(vfs) else { return 0 }
    return below.pointee.xSleep?(below, microseconds) ?? 0
}

private func currentTime(
    _ vfs: FileSystemPointer, _ time: UnsafeMutablePointer<Double>?
) -> Int32 {
    guard let below = lower(vfs) else { return SQLITE_ERROR }
    return below.pointee.xCurrentTime?(below, time) ?? SQLITE_ERROR
}

private func currentTimeInt64(
    _ vfs: FileSystemPointer, _ time: UnsafeMutablePointer<Int64>?
) -> Int32 {
    guard let below = lower(vfs) else { return SQLITE_ERROR }
    return below.pointee.xCurrentTimeInt64?(below, time) ?? SQLITE_ERROR
}

private func lastError(
    _ vfs: FileSystemPointer, _ capacity: Int32, _ target: UnsafeMutablePointer<CChar>?
) -> Int32 {
    guard let below = lower(vfs) else { return 0 }
    return below.pointee.xGetLastError?(below, capacity, target) ?? 0
}
