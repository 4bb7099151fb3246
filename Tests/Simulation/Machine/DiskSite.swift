import Synchronization
import SyncCore
import TestSupport

/// A place for a disk, used by one simulation after the other.
///
/// SQLite keeps a file system for the life of the process, so disks are emptied, not made.
final class DiskSite: Sendable {
    /// The real encrypting file system, above the simulated disk.
    let fileSystem: EncryptingFileSystem
    private let disk: Mutex<SimulatedDisk>

    init(name: String) {
        let disk = SimulatedDisk(name: "disk of \(name)")
        fileSystem = EncryptingFileSystem(name: name, over: "disk of \(name)")
        self.disk = Mutex(disk)
    }

    /// Empties the disk.
    func reset(seed: UInt64) {
        withDisk { $0.reset(seed: seed) }
    }

    func withDisk<Value: Sendable>(_ body: @Sendable (SimulatedDisk) -> Value) -> Value {
        // The disk is used from one thread, and never by itself while this runs.
        disk.withLock { body($0) }
    }
}
