import CSQLite
import Glibc
import SyncCore

extension SimulatedDisk {
    /// Describes the disk to SQLite, which keeps the description for the life of the process.
    func register() {
        let description = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        let nameCopy = name.utf8CString
        let nameMemory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: nameCopy.count)
        _ = nameMemory.initialize(from: nameCopy)
        var vfs = sqlite3_vfs()
        vfs.iVersion = 1
        vfs.szOsFile = Int32(MemoryLayout<csqlite_file>.stride)
        vfs.mxPathname = pathBytesMaximum
        vfs.zName = UnsafePointer(nameMemory.baseAddress)
        vfs.pAppData = Unmanaged.passRetained(self).toOpaque()
        vfs.xOpen = openFile
        vfs.xDelete = deleteFile
        vfs.xAccess = accessFile
        vfs.xFullPathname = fullPathname
        vfs.xRandomness = { _, count, target in
            if let target { memset(target, 4, Int(count)) }
            return count
        }
        vfs.xSleep = { _, microseconds in microseconds }
        vfs.xCurrentTime = { _, time in
            time?.pointee = 2_460_000.5
            return SQLITE_OK
        }
        vfs.xGetLastError = { _, _, _ in 0 }
        description.initialize(to: vfs)
        let result = sqlite3_vfs_register(description, 0)
        precondition(result == SQLITE_OK, "SQLite could not register the disk.")
    }
}

private let pathBytesMaximum: Int32 = 255

/// An open file: where an operation is counted, and what it acts on.
private final class SimulatedHandle {
    let disk: SimulatedDisk
    let file: SimulatedFile
    /// Whether the next sync of the file syncs its folder too, as the system's file system does
    /// for logs and journals.
    var syncsFolder: Bool

    init(disk: SimulatedDisk, file: SimulatedFile, syncsFolder: Bool) {
        self.disk = disk
        self.file = file
        self.syncsFolder = syncsFolder
    }
}

private enum SimulatedOperations {
    /// Written once, before SQLite sees it, and never freed.
    nonisolated(unsafe) static let table: UnsafePointer<sqlite3_io_methods> = {
        var methods = sqlite3_io_methods()
        methods.iVersion = 1
        methods.xClose = closeFile
        methods.xRead = readFile
        methods.xWrite = writeFile
        methods.xTruncate = truncateFile
        methods.xSync = syncFile
        methods.xFileSize = fileSize
        methods.xLock = { _, _ in SQLITE_OK }
        methods.xUnlock = { _, _ in SQLITE_OK }
        methods.xCheckReservedLock = { _, answer in
            answer?.pointee = 0
            return SQLITE_OK
        }
        methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        methods.xSectorSize = { _ in 512 }
        methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        table.initialize(to: methods)
        return UnsafePointer(table)
    }()
}

private func disk(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedDisk? {
    vfs?.pointee.pAppData.map { Unmanaged<SimulatedDisk>.fromOpaque($0).takeUnretainedValue() }
}

private func slot(
    _ file: UnsafeMutablePointer<sqlite3_file>
) -> UnsafeMutablePointer<csqlite_file> {
    UnsafeMutableRawPointer(file).assumingMemoryBound(to: csqlite_file.self)
}

private func handle(_ file: UnsafeMutablePointer<sqlite3_file>?) -> SimulatedHandle? {
    file.flatMap { slot($0).pointee.context }.map {
        Unmanaged<SimulatedHandle>.fromOpaque($0).takeUnretainedValue()
    }
}

private func openFile(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?,
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
    _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let file, let path, let disk = disk(vfs), disk.attempt() else {
        return FileResult.cannotOpen
    }
    let name = String(cString: path)
    guard flags & SQLITE_OPEN_CREATE != 0 || disk.existing(name) != nil else {
        return FileResult.cannotOpen
    }
    let handle = SimulatedHandle(
        disk: disk, file: disk.file(named: name),
        syncsFolder: flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0)
    slot(file).pointee.context = Unmanaged.passRetained(handle).toOpaque()
    file.pointee.pMethods = SimulatedOperations.table
    outFlags?.pointee = flags
    return FileResult.done
}

private func deleteFile(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?, _ syncs: Int32
) -> Int32 {
    guard let path, let disk = disk(vfs), disk.attempt() else { return FileResult.deleteFailed }
    disk.remove(String(cString: path), syncs: syncs != 0)
    return FileResult.done
}

private func accessFile(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?, _ flags: Int32,
    _ answer: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let path, let disk = disk(vfs), disk.attempt() else { return FileResult.readFailed }
    answer?.pointee = disk.existing(String(cString: path)) == nil ? 0 : 1
    return FileResult.done
}

private func fullPathname(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?,
    _ capacity: Int32, _ answer: UnsafeMutablePointer<CChar>?
) -> Int32 {
    guard let path, let answer, strlen(path) < Int(capacity) else {
        return FileResult.cannotOpen
    }
    strcpy(answer, path)
    return FileResult.done
}

private func closeFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
    guard let file, let context = slot(file).pointee.context else { return FileResult.done }
    slot(file).pointee.context = nil
    let handle = Unmanaged<SimulatedHandle>.fromOpaque(context).takeUnretainedValue()
    if handle.disk.forgetsOnClose { handle.file.forgetCached() }
    Unmanaged<SimulatedHandle>.fromOpaque(context).release()
    return FileResult.done
}

private func readFile(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ target: UnsafeMutableRawPointer?,
    _ count: Int32, _ offset: Int64
) -> Int32 {
    guard let handle = handle(file), handle.disk.attempt() else { return FileResult.readFailed }
    let target = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
    guard !handle.disk.isSilenced else { return FileResult.done }
    let isWhole = handle.file.read(target, at: Int(offset))
    return isWhole ? FileResult.done : FileResult.shortRead
}

private func writeFile(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ source: UnsafeRawPointer?, _ count: Int32,
    _ offset: Int64
) -> Int32 {
    guard let handle = handle(file) else { return FileResult.writeFailed }
    guard handle.disk.hasRoom(for: Int(count), at: Int(offset), in: handle.file) else {
        return FileResult.full
    }
    let wasDead = handle.disk.isDead
    let succeeds = handle.disk.attempt(isWriting: true)
    guard !handle.disk.isSilenced else { return FileResult.done }
    let isInterrupted = !wasDead && handle.disk.isDead
    if succeeds || isInterrupted {
        let source = UnsafeRawBufferPointer(start: source, count: Int(count))
        handle.disk.inspect(source, at: Int(offset), in: handle.file)
        handle.file.write(source, at: Int(offset), isInterrupted: isInterrupted)
    }
    guard !succeeds else { return FileResult.done }
    return handle.disk.isFull ? FileResult.full : FileResult.writeFailed
}

private func truncateFile(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ size: Int64
) -> Int32 {
    guard let handle = handle(file), handle.disk.attempt() else {
        return FileResult.truncateFailed
    }
    handle.file.truncate(to: Int(size))
    return FileResult.done
}

private func syncFile(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32) -> Int32 {
    guard let handle = handle(file), handle.disk.attempt() else { return FileResult.syncFailed }
    if handle.disk.failsSync(of: handle.file) {
        handle.file.failSync()
        return FileResult.syncFailed
    }
    handle.file.sync()
    if handle.syncsFolder { handle.disk.syncFolder() }
    handle.syncsFolder = false
    return FileResult.done
}

private func fileSize(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ size: UnsafeMutablePointer<Int64>?
) -> Int32 {
    guard let handle = handle(file), handle.disk.attempt() else { return FileResult.readFailed }
    size?.pointee = Int64(handle.file.current.count)
    return FileResult.done
}
