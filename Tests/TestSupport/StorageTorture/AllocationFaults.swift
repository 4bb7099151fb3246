import CSQLite
import Glibc
import Synchronization

/// Makes SQLite's memory fail at a chosen allocation.
///
/// SQLite takes its memory from here once ``install()`` was called, before its first use in the
/// process. It counts for all connections, so one test at a time may use it.
package enum AllocationFaults {
    /// Gives SQLite this memory.
    package static func install() {
        var methods = sqlite3_mem_methods()
        methods.xMalloc = allocate
        methods.xFree = release
        methods.xRealloc = reallocate
        methods.xSize = size
        methods.xRoundup = { ($0 + 7) & ~7 }
        methods.xInit = { _ in SQLITE_OK }
        methods.xShutdown = { _ in }
        let result = csqlite_set_memory(&methods)
        precondition(result == SQLITE_OK, "SQLite was in use already.")
    }

    /// Lets an allocation fail, counted from 0, and all later ones too if wanted.
    package static func plan(after count: Int, persists: Bool) {
        failing.store(persists, ordering: .relaxed)
        remaining.store(count, ordering: .relaxed)
    }

    /// Lets no allocation fail any more, and returns whether one did.
    @discardableResult
    package static func cancel() -> Bool {
        let hasFailed = remaining.exchange(.max, ordering: .relaxed) < 0
        failing.store(false, ordering: .relaxed)
        return hasFailed
    }

    // How many allocations succeed before the failure; below 0 it has come.
    fileprivate static let remaining = Atomic<Int>(.max)
    // Whether all allocations after the chosen one fail too.
    fileprivate static let failing = Atomic<Bool>(false)

    fileprivate static func isDue() -> Bool {
        let left = remaining.load(ordering: .relaxed)
        guard left != .max else { return false }
        remaining.store(left - 1, ordering: .relaxed)
        return left == 0 || left < 0 && failing.load(ordering: .relaxed)
    }
}

// Before each piece of memory stands how long it is, in as many bytes as keep it aligned.
private let prefixBytes = 16

private func allocate(_ count: Int32) -> UnsafeMutableRawPointer? {
    marked(AllocationFaults.isDue() ? nil : malloc(Int(count) + prefixBytes), count)
}

private func reallocate(
    _ memory: UnsafeMutableRawPointer?, _ count: Int32
) -> UnsafeMutableRawPointer? {
    guard !AllocationFaults.isDue() else { return nil }
    return marked(realloc(memory.map { $0 - prefixBytes }, Int(count) + prefixBytes), count)
}

private func release(_ memory: UnsafeMutableRawPointer?) {
    free(memory.map { $0 - prefixBytes })
}

private func size(_ memory: UnsafeMutableRawPointer?) -> Int32 {
    memory.map { ($0 - prefixBytes).load(as: Int32.self) } ?? 0
}

private func marked(
    _ start: UnsafeMutableRawPointer?, _ count: Int32
) -> UnsafeMutableRawPointer? {
    start?.storeBytes(of: count, as: Int32.self)
    return start.map { $0 + prefixBytes }
}
