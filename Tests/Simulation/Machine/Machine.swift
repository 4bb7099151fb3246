import Synchronization
import SyncCore
import TestSupport

/// One computer of a simulation: a disk that loses power, clocks that go wrong, and at most one
/// process.
final class Machine: Sendable {
    private struct State {
        var boot = 0
        /// Which file of that name it is; a copy is another one.
        var file = 1
        var chance: SeededRandom
        var lane: Lane?
    }

    /// The replica's file.
    static let path = "/replica.db"
    /// Where a backup is made.
    static let backupPath = "/backup.db"

    let name: String
    let clock: MachineClock
    let key: SecretBytes
    private let number: UInt64
    private let site: DiskSite
    private let scheduler: Scheduler
    private let state: Mutex<State>

    init(
        _ name: String, number: Int, on site: DiskSite, key: SecretBytes, scheduler: Scheduler,
        seed: UInt64
    ) {
        self.name = name
        self.number = UInt64(number)
        self.site = site
        self.key = key
        self.scheduler = scheduler
        clock = MachineClock(scheduler: scheduler)
        state = Mutex(State(chance: SeededRandom(seed: seed &+ UInt64(number) &* 7919)))
        site.reset(seed: seed &+ UInt64(number))
    }

    /// Uses the disk.
    func withDisk<Value: Sendable>(_ body: @Sendable (SimulatedDisk) -> Value) -> Value {
        site.withDisk(body)
    }

    /// The tasks of the process, while one runs.
    var lane: Lane? { state.withLock(\.lane) }

    /// Starts a process.
    func start() -> Lane {
        let lane = scheduler.makeLane()
        state.withLock { $0.lane = lane }
        return lane
    }

    /// Ends the process where it is; none of its tasks goes on.
    ///
    /// Closing its files is what the system does then: nothing more reaches the disk.
    func kill(closing close: @escaping @Sendable () async throws -> Void) {
        guard let lane = state.withLock({ $0.lane.take() }) else { return }
        withDisk { $0.isDead = true }
        scheduler.kill(lane) {
            do { try await close() } catch {
                // The disk is gone; what mattered was to let go of the memory.
            }
        }
        withDisk { $0.revive() }
    }

    /// Cuts the power: the process ends, and what was not synced may be lost.
    func losePower(closing close: @escaping @Sendable () async throws -> Void) {
        kill(closing: close)
        withDisk { $0.losePower() }
        clock.reboot()
        state.withLock { $0.boot += 1 }
    }

    /// What the process draws on.
    func environment(of lane: Lane) -> Environment {
        let clock = clock
        return Environment(
            now: { clock.wall }, uptime: { clock.uptime },
            sleep: { wait in try await lane.sleep(for: clock.trueDuration(of: wait)) },
            randomBytes: { self.randomBytes($0) })
    }

    /// What the process's database stands on.
    func ground(of lane: Lane) -> StorageGround {
        StorageGround(fileSystem: site.fileSystem, executor: lane.storage)
    }

    /// Where the file is, as the machine sees it.
    var habitat: Habitat {
        let (boot, file) = state.withLock { ($0.boot, $0.file) }
        return Habitat(
            machine: Digest(of: Array(name.utf8)), boot: "boot \(boot)", disk: number,
            inode: UInt64(file), birth: Int64(file))
    }

    /// Notes that the file is now another one of the same name.
    func noteNewFile() {
        state.withLock { $0.file += 1 }
    }

    /// Everything on the disk, as programs see it.
    func image() -> DiskImage {
        withDisk { disk in
            DiskImage(
                files: disk.names.filter { !$0.hasPrefix(Self.backupPath) }
                    .map { ($0, disk.contents(of: $0) ?? []) })
        }
    }

    /// Puts an image in the place of everything on the disk.
    func place(_ image: DiskImage, seed: UInt64) {
        site.reset(seed: seed)
        withDisk { disk in
            for (name, bytes) in image.files { disk.place(bytes, in: name) }
        }
    }

    private func randomBytes(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in UInt8(truncatingIfNeeded: state.chance.next()) }
        }
    }
}

/// The files of a disk at a moment.
struct DiskImage: Sendable {
    let files: [(name: String, bytes: [UInt8])]

    /// The file of a backup in the place of the replica, which must then be marked.
    static func backup(_ bytes: [UInt8]) -> DiskImage {
        DiskImage(files: [(Machine.path, bytes)])
    }
}
