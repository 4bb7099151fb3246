import CSQLite

/// A disk in memory whose power can be cut between any two operations.
///
/// It is a file system for SQLite, to be put below the encrypting one. Every operation that was
/// not synced may be kept, dropped or torn at 512 bytes when the power goes, and new sectors may
/// hold garbage. It is used from one thread at a time, and the same seed gives the same fate.
package final class SimulatedDisk {
    /// What happens when the chosen operation comes.
    package enum Fault: Sendable {
        /// The power goes: this operation and all later ones fail.
        case powerCut
        /// Only this operation fails.
        case error
        /// This operation and all later ones fail.
        case errors
        /// From this operation on, nothing more can be written.
        case full
        /// This operation does nothing and says that it succeeded, as no disk may.
        case silence
    }

    /// The name by which SQLite knows the disk.
    package let name: String
    /// How many operations there were.
    package private(set) var operations = 0
    /// Whether the power is off.
    package var isDead = false
    /// Bytes that must never reach the disk.
    package var canary: [UInt8] = []
    /// Where the canary was written, in order.
    package internal(set) var sightings: [String] = []
    /// How many bytes fit, all files together; nil for as many as come.
    package var capacity: Int?
    /// How many of the next syncs fail as they do on Linux: what was to be written is lost, the
    /// system keeps it in memory, and says of the next sync that all is well.
    package var failingSyncs = 0
    /// Whether every sync of a database's main file fails so, and no other.
    package var failsMainSyncs = false
    /// Whether the system forgets, as soon as a file is closed, what it never wrote.
    package var forgetsOnClose = true
    /// Whether the names of files become durable when their folder is synced.
    package var syncsFolders = true
    private var files: [String: SimulatedFile] = [:]
    // Files that were removed, and may come back until their folder is synced.
    private var removed: [String: SimulatedFile] = [:]
    private var chance = SeededGenerator(seed: 0)
    private var fault: (kind: Fault, operation: Int)?

    /// Registers an empty disk with SQLite, for the life of the process.
    package init(name: String) {
        self.name = name
        register()
    }

    /// Removes every file, and begins a new fate.
    package func reset(seed: UInt64) {
        files = [:]
        removed = [:]
        operations = 0
        isDead = false
        fault = nil
        sightings = []
        capacity = nil
        failingSyncs = 0
        failsMainSyncs = false
        chance = SeededGenerator(seed: seed ^ 0x5eed)
    }

    /// Chooses the operation, counted from the next, at which a fault comes.
    package func plan(_ kind: Fault, after count: Int) {
        fault = (kind, operations + 1 + count)
    }

    /// Whether the planned fault has come.
    package var isFaultOver: Bool { fault.map { operations >= $0.operation } ?? false }

    /// Forgets the planned fault.
    package func cancelFault() {
        fault = nil
    }

    /// Ends the power cut: what was not synced is kept, dropped or torn.
    package func losePower() {
        let kept = chance.number(below: 101)
        let torn = chance.number(below: 101)
        for name in Set(files.keys).union(removed.keys).sorted() {
            let isKept = chance.number(below: 100) < kept
            if !isKept, files[name]?.isNamed != true { files[name] = removed[name] }
            files[name]?.losePower(&chance, keptPercent: kept, tornPercent: torn)
        }
        settleFolder()
        revive()
    }

    /// Ends the death of the process alone: the system keeps all that was written.
    package func revive() {
        isDead = false
        fault = nil
    }

    /// The names of the files, in order.
    package var names: [String] { files.keys.sorted() }

    /// What a file holds.
    package func contents(of name: String) -> [UInt8]? {
        files[name]?.current
    }

    /// Sets what a file holds, on the disk too.
    package func place(_ bytes: [UInt8], in name: String) {
        file(named: name).place(bytes)
    }

    /// Removes a file, which may come back with its contents until the folder is synced.
    package func remove(_ name: String, syncs: Bool) {
        // Of several with one name, the one that the disk knows may come back.
        if let file = files.removeValue(forKey: name), removed[name] == nil || file.isNamed {
            removed[name] = file.isNamed ? file : nil
        }
        if syncs { syncFolder() }
    }

    /// Makes durable which files there are.
    func syncFolder() {
        if syncsFolders { settleFolder() }
    }

    private func settleFolder() {
        removed = [:]
        for file in files.values { file.isNamed = true }
    }

    /// Flips bits of a file.
    package func flip(_ mask: UInt8, at offset: Int, in name: String) {
        files[name]?.flip(mask, at: offset)
    }

    /// The file of that name, if it exists.
    func existing(_ name: String) -> SimulatedFile? {
        files[name]
    }

    /// The file of that name, made if it does not exist.
    func file(named name: String) -> SimulatedFile {
        if let file = files[name] { return file }
        let file = SimulatedFile()
        files[name] = file
        return file
    }

    /// Whether the next sync of a file fails.
    func failsSync(of file: SimulatedFile) -> Bool {
        if failsMainSyncs, names.contains(where: { files[$0] === file && $0.hasSuffix(".db") }) {
            return true
        }
        guard failingSyncs > 0 else { return false }
        failingSyncs -= 1
        return true
    }

    /// How many bytes all files have together.
    package var byteCount: Int { files.values.reduce(0) { $0 + $1.current.count } }

    /// Whether a write fits.
    func hasRoom(for count: Int, at offset: Int, in file: SimulatedFile) -> Bool {
        guard let capacity else { return true }
        let growth = max(0, offset + count - file.current.count)
        guard growth > 0 else { return true }
        return byteCount + growth <= capacity
    }

    /// Looks for the canary in bytes that are about to be written.
    func inspect(_ source: UnsafeRawBufferPointer, at offset: Int, in file: SimulatedFile) {
        guard source.contains(canary) else { return }
        let name = names.first { files[$0] === file } ?? "?"
        sightings.append("\(name) at \(offset)")
    }

    /// Whether the disk is full.
    var isFull: Bool { fault?.kind == .full && isFaultOver }

    /// Whether this operation is the one that does nothing and does not say so.
    var isSilenced: Bool { fault?.kind == .silence && operations == fault?.operation }

    /// Counts an operation, and returns whether it succeeds.
    func attempt(isWriting: Bool = false) -> Bool {
        guard !isDead else { return false }
        operations += 1
        guard let fault, operations >= fault.operation else { return true }
        switch fault.kind {
        case .powerCut:
            isDead = true
            return false
        case .error: return operations > fault.operation
        case .errors: return false
        case .full: return !isWriting
        case .silence: return true
        }
    }
}
