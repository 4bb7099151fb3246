import CSQLite

/// A file of the file system below, which SQLite allocated behind ours.
struct LowerFile {
    let file: UnsafeMutablePointer<sqlite3_file>

    /// The operations, present while the file is open.
    var methods: sqlite3_io_methods? { file.pointee.pMethods?.pointee }

    /// Reads; after a short read the rest of the buffer is zero.
    func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        methods?.xRead?(file, target.baseAddress, Int32(target.count), offset)
            ?? FileResult.readFailed
    }

    /// Writes exactly the bytes given.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        methods?.xWrite?(file, source.baseAddress, Int32(source.count), offset)
            ?? FileResult.writeFailed
    }

    func truncate(to size: Int64) -> Int32 {
        methods?.xTruncate?(file, size) ?? FileResult.truncateFailed
    }

    func sync(_ flags: Int32) -> Int32 {
        methods?.xSync?(file, flags) ?? FileResult.syncFailed
    }

    func size(_ size: UnsafeMutablePointer<Int64>?) -> Int32 {
        methods?.xFileSize?(file, size) ?? FileResult.readFailed
    }

    func control(_ operation: Int32, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        methods?.xFileControl?(file, operation, argument) ?? FileResult.unknown
    }

    func close() -> Int32 {
        methods?.xClose?(file) ?? FileResult.done
    }
}
