import CSQLite

/// A database of SQLite without any encryption, to compare with and to prove that a watch sees.
final class PlainDatabase {
    struct Failure: Error {
        let code: Int32
        let words: String

        /// Whether the file contradicts itself.
        var isDamage: Bool { code & 0xff == SQLITE_CORRUPT }
    }

    private var handle: OpaquePointer?

    /// Opens a database in memory, or on a disk that SQLite knows by name.
    init(path: String = ":memory:", on disk: String? = nil) throws {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let result = sqlite3_open_v2(path, &handle, flags, disk)
        guard result == SQLITE_OK else { throw Failure(code: result, words: "opening") }
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// How many rows were inserted, changed or deleted so far.
    var changes: Int { Int(sqlite3_total_changes64(handle)) }

    /// Executes statements, and returns the first column of their rows.
    @discardableResult
    func run(_ sql: String) throws -> [String] {
        var texts: [String] = []
        let result = withUnsafeMutablePointer(to: &texts) { texts in
            sqlite3_exec(handle, sql, collect, texts, nil)
        }
        guard result == SQLITE_OK else {
            throw Failure(code: result, words: String(cString: sqlite3_errmsg(handle)))
        }
        return texts
    }
}

extension PlainDatabase {
    /// Moves the log into the main file, and does something after its length was read and before
    /// it is used.
    ///
    /// There SQLite lets go of the file's memory, if the log was changed by another connection.
    func interruptCheckpoint(_ body: @escaping () -> Void) throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let result = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard result == SQLITE_OK, let file, let methods = file.pointee.pMethods else {
            throw Failure(code: result, words: "finding the file")
        }
        // The operations of this one file, with the interruption behind them.
        let interruption = Unmanaged.passRetained(Interruption(body))
        let changed = UnsafeMutablePointer<InterruptedMethods>.allocate(capacity: 1)
        changed.initialize(
            to: InterruptedMethods(methods: methods.pointee, context: interruption.toOpaque()))
        changed.pointee.methods.xUnfetch = interruptUnfetching
        defer {
            file.pointee.pMethods = methods
            changed.deallocate()
            interruption.release()
        }
        file.pointee.pMethods = UnsafeRawPointer(changed)
            .assumingMemoryBound(to: sqlite3_io_methods.self)
        try run("PRAGMA wal_checkpoint(PASSIVE)")
    }
}

private struct InterruptedMethods {
    var methods: sqlite3_io_methods
    let context: UnsafeMutableRawPointer
}

private final class Interruption {
    private var body: (() -> Void)?

    init(_ body: @escaping () -> Void) {
        self.body = body
    }

    func happen() {
        let once = body
        body = nil
        once?()
    }
}

private func interruptUnfetching(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ offset: Int64, _ page: UnsafeMutableRawPointer?
) -> Int32 {
    guard let methods = file?.pointee.pMethods else { return SQLITE_OK }
    let context = UnsafeRawPointer(methods).assumingMemoryBound(to: InterruptedMethods.self)
        .pointee.context
    Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue().happen()
    return SQLITE_OK
}

private func collect(
    _ context: UnsafeMutableRawPointer?, _ count: Int32,
    _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    let texts = context?.assumingMemoryBound(to: [String].self)
    texts?.pointee.append(values?[0].map { String(cString: $0) } ?? "NULL")
    return SQLITE_OK
}
