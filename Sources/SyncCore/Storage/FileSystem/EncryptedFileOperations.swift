import CSQLite

/// The operations that SQLite calls on an open file.
enum EncryptedFileOperations {
    /// SQLite's table of them, the same for every file.
    ///
    /// It is written once, before SQLite sees it, and never freed.
    nonisolated(unsafe) static let table: UnsafePointer<sqlite3_io_methods> = {
        var methods = sqlite3_io_methods()
        // Version 2 has no operation that maps a file into memory.
        methods.iVersion = 2
        methods.xClose = closeFile
        methods.xRead = readFile
        methods.xWrite = writeFile
        methods.xTruncate = truncateFile
        methods.xSync = syncFile
        methods.xFileSize = fileSize
        methods.xLock = lockFile
        methods.xUnlock = unlockFile
        methods.xCheckReservedLock = checkReservedLock
        methods.xFileControl = controlFile
        methods.xSectorSize = sectorSize
        methods.xDeviceCharacteristics = deviceCharacteristics
        methods.xShmMap = mapSharedMemory
        methods.xShmLock = lockSharedMemory
        methods.xShmBarrier = sharedMemoryBarrier
        methods.xShmUnmap = unmapSharedMemory
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        table.initialize(to: methods)
        return UnsafePointer(table)
    }()
}

private typealias FilePointer = UnsafeMutablePointer<sqlite3_file>?

/// The object behind a file that SQLite has open.
func encryptedFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> EncryptedFile? {
    guard let file else { return nil }
    let slot = UnsafeMutableRawPointer(file).assumingMemoryBound(to: csqlite_file.self)
    return slot.pointee.context.map {
        Unmanaged<EncryptedFile>.fromOpaque($0).takeUnretainedValue()
    }
}

private func closeFile(_ file: FilePointer) -> Int32 {
    guard let file else { return FileResult.done }
    let slot = UnsafeMutableRawPointer(file).assumingMemoryBound(to: csqlite_file.self)
    guard let context = slot.pointee.context else { return FileResult.done }
    slot.pointee.context = nil
    return Unmanaged<EncryptedFile>.fromOpaque(context).takeRetainedValue().lower.close()
}

private func readFile(
    _ file: FilePointer, _ target: UnsafeMutableRawPointer?, _ count: Int32, _ offset: Int64
) -> Int32 {
    let target = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
    guard let file = encryptedFile(file) else { return FileResult.readFailed }
    return file.note(file.read(target, at: offset), at: offset)
}

private func writeFile(
    _ file: FilePointer, _ source: UnsafeRawPointer?, _ count: Int32, _ offset: Int64
) -> Int32 {
    let source = UnsafeRawBufferPointer(start: source, count: Int(count))
    guard let file = encryptedFile(file) else { return FileResult.writeFailed }
    return file.note(file.write(source, at: offset), at: offset)
}

private func truncateFile(_ file: FilePointer, _ size: Int64) -> Int32 {
    guard let file = encryptedFile(file) else { return FileResult.truncateFailed }
    return file.note(file.truncate(to: size))
}

private func syncFile(_ file: FilePointer, _ flags: Int32) -> Int32 {
    guard let file = encryptedFile(file) else { return FileResult.syncFailed }
    let result = file.lower.sync(flags)
    // Whatever the reason, what was to be synced may be gone.
    guard result == FileResult.done else { return file.note(FileResult.syncFailed) }
    return result
}

private func fileSize(_ file: FilePointer, _ size: UnsafeMutablePointer<Int64>?) -> Int32 {
    encryptedFile(file)?.lower.size(size) ?? FileResult.readFailed
}

private func controlFile(
    _ file: FilePointer, _ operation: Int32, _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    encryptedFile(file)?.control(operation, argument) ?? FileResult.unknown
}

private func lockFile(_ file: FilePointer, _ level: Int32) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return SQLITE_ERROR }
    return lower.methods?.xLock?(lower.file, level) ?? SQLITE_ERROR
}

private func unlockFile(_ file: FilePointer, _ level: Int32) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return SQLITE_ERROR }
    return lower.methods?.xUnlock?(lower.file, level) ?? SQLITE_ERROR
}

private func checkReservedLock(
    _ file: FilePointer, _ answer: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return SQLITE_ERROR }
    return lower.methods?.xCheckReservedLock?(lower.file, answer) ?? SQLITE_ERROR
}

private func sectorSize(_ file: FilePointer) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return 0 }
    return lower.methods?.xSectorSize?(lower.file) ?? 0
}

/// Promises only what holds for encrypted pages.
///
/// A page's ciphertext changes as a whole, so nothing that relies on writing part of a page or on
/// atomic writes may be claimed. Safe overwriting is claimed: it makes SQLite write exactly the
/// ranges that this file system knows.
private func deviceCharacteristics(_ file: FilePointer) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return 0 }
    let below = lower.methods?.xDeviceCharacteristics?(lower.file) ?? 0
    let kept = SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | SQLITE_IOCAP_IMMUTABLE
    return below & kept | SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

private func mapSharedMemory(
    _ file: FilePointer, _ region: Int32, _ size: Int32, _ extends: Int32,
    _ answer: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return FileResult.readFailed }
    return lower.methods?.xShmMap?(lower.file, region, size, extends, answer)
        ?? FileResult.readFailed
}

private func lockSharedMemory(
    _ file: FilePointer, _ offset: Int32, _ count: Int32, _ flags: Int32
) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return SQLITE_ERROR }
    return lower.methods?.xShmLock?(lower.file, offset, count, flags) ?? SQLITE_ERROR
}

private func sharedMemoryBarrier(_ file: FilePointer) {
    guard let lower = encryptedFile(file)?.lower else { return }
    lower.methods?.xShmBarrier?(lower.file)
}

private func unmapSharedMemory(_ file: FilePointer, _ deletes: Int32) -> Int32 {
    guard let lower = encryptedFile(file)?.lower else { return FileResult.done }
    return lower.methods?.xShmUnmap?(lower.file, deletes) ?? FileResult.done
}
