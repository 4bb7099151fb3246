import CUnix
import Glibc

/// Gives a database another data key, and this machine another key of its own.
///
/// A page is encrypted under one data key, so a new file is made and takes the place of the old
/// one. The key file is the journal: it holds both data keys until the exchange is certain, and
/// ``KeyRing/open()`` brings an interruption at any step to one end or the other.
///
/// ```
///  begun ─▶ announced ─▶ renewed ─▶ copied ─▶ verified ─▶ exchanged ─▶ settled
///                 a start from here goes back ◀──────┤      goes on ──▶
/// ```
///
/// Meanwhile the database can be neither read nor written, and its disk needs room for it twice.
package struct KeyRotation {
    /// What has been done.
    package enum Phase: Int, Sendable, CaseIterable {
        case begun
        /// The key file holds both data keys, under both machine keys.
        case announced
        /// The machine's key is the new one.
        case renewed
        /// The copy holds everything.
        case copied
        /// The copy was compared, and is on stable storage.
        case verified
        /// The copy has taken the place of the database.
        case exchanged
        /// The key file holds the new data key alone.
        case settled
    }

    /// What a rotation leaves.
    package struct Outcome {
        /// The connection to use from then on; closed if the database could not be opened again.
        package let connection: Connection
        /// The data key of the database, or nil if it is not known to have changed.
        package let key: SecretBytes?
        /// Why it failed, if it did: then the database is as it was, or under the new key; never
        /// between the two.
        package let failure: (any Error)?
    }

    package private(set) var phase = Phase.begun
    /// The connection to the database as it is now; closed for a moment during the exchange.
    package private(set) var connection: Connection
    private let ring: KeyRing
    private let options: ConnectionOptions
    private let dataKey: SecretBytes
    private let nextMachineKey: SecretBytes?
    private var isClosed = false

    /// Prepares a rotation of a database that is open.
    ///
    /// - Parameters:
    ///   - connection: The open database.
    ///   - ring: Its keys.
    ///   - options: How it was opened.
    package init(
        of connection: Connection, keys ring: KeyRing,
        options: ConnectionOptions = ConnectionOptions()
    ) {
        self.connection = connection
        var options = options
        options.mayCreate = false
        self.options = options
        self.ring = ring
        dataKey = SecretBytes(randomCount: KeySlot.dataKeyBytes, from: ring.environment)
        nextMachineKey =
            ring.machineKey.isCredential ? nil : MachineKeySource.random(ring.environment)
    }

    /// Where the new file is made.
    package static func copyPath(of database: String) -> String { database + ".next" }

    /// Rotates.
    ///
    /// - Parameters:
    ///   - connection: The open database.
    ///   - ring: Its keys.
    ///   - options: How it was opened.
    /// - Returns: What to go on with.
    package static func run(
        on connection: Connection, keys ring: KeyRing,
        options: ConnectionOptions = ConnectionOptions()
    ) -> Outcome {
        var rotation = KeyRotation(of: connection, keys: ring, options: options)
        do {
            // What an earlier one left must not be mistaken for this one.
            _ = try ring.open()
            while rotation.phase != .settled { try rotation.advance() }
            return Outcome(
                connection: rotation.connection, key: rotation.dataKey, failure: nil)
        } catch {
            let isExchanged = rotation.phase == .exchanged
            let key = rotation.goBack() ?? (isExchanged ? rotation.dataKey : nil)
            return Outcome(
                connection: rotation.connection, key: key,
                failure: isExchanged ? KeyError(.unsettled) : error)
        }
    }

    /// Ends what failed, as the next start would, and returns the data key of the database.
    private mutating func goBack() -> SecretBytes? {
        do {
            let key = try ring.open()
            guard isClosed else { return key }
            connection = try Connection(path: ring.database, key: key, options: options)
            return key
        } catch {
            // The failure that led here is told. The next start tries this again; until then a
            // connection that is closed says so.
            return nil
        }
    }

    /// Does the next step.
    package mutating func advance() throws {
        switch phase {
        case .begun: try announce()
        case .announced: try renewMachineKey()
        case .renewed: try copy()
        case .copied: try verify()
        case .verified: try exchange()
        case .exchanged: try settle()
        case .settled: return
        }
        phase = Phase(rawValue: phase.rawValue + 1) ?? .settled
    }

    private func announce() throws {
        let machine = try ring.machineKey.read()
        var current = try KeyFile.load(for: ring.database).file.current
        guard let currentKey = try current.open(with: .machine(machine)) else {
            throw StorageError(.wrongKey, path: ring.database)
        }
        try current.dropUnproven(currentKey, for: .machine(machine))
        var next = KeySet(for: dataKey, environment: ring.environment)
        var slots = current.slots.compactMap { slot in
            KeySlot(dataKey, for: slot.content, number: slot.number, made: slot.made)
        }
        for key in [machine, nextMachineKey].compactMap(\.self) {
            let number = (slots + current.slots).map(\.number).max() ?? 0
            slots.append(
                KeySlot(
                    dataKey, keyID: next.keyID, machineKey: key, number: number + 1,
                    environment: ring.environment))
        }
        next.setSlots(slots, dataKey)
        if let nextMachineKey {
            let slot = KeySlot(
                currentKey, keyID: current.keyID, machineKey: nextMachineKey,
                number: current.nextNumber, environment: ring.environment)
            current.setSlots(current.slots + [slot], currentKey)
        }
        try KeyFile(current: current, next: next).store(for: ring.database)
    }

    private func renewMachineKey() throws {
        guard let nextMachineKey else { return }
        try ring.machineKey.replace(with: nextMachineKey)
    }

    private func copy() throws {
        let path = Self.copyPath(of: ring.database)
        try ring.removeCopy()
        // SQLite would let others read it.
        let file = cunix_open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StorageError(.cannotOpen, path: path, detail: String(cString: strerror(errno)))
        }
        close(file)
        try connection.copy(to: path, key: dataKey)
    }

    private func verify() throws {
        let path = Self.copyPath(of: ring.database)
        let copy = try Connection(path: path, key: dataKey, options: options)
        try KeyRotationCheck(original: connection, copy: copy).check()
        // It takes the place of the other file, and the same life goes on in it.
        try LifeStore.noteReplacement(in: copy)
        try copy.close()
        try sync(path)
        try PrivateFile(path: path).syncFolder()
    }

    private func sync(_ path: String) throws {
        let file = cunix_open(path, O_RDWR | O_CLOEXEC, 0)
        guard file >= 0 else { throw StorageError(.cannotOpen, path: path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw StorageError(.inputOutput, path: path) }
    }

    /// Puts the copy in the place of the database, and opens it.
    private mutating func exchange() throws {
        try connection.close()
        isClosed = true
        let log = ring.database + "-wal"
        var status = stat()
        // A log under the old key would be taken for an empty one under the new.
        guard lstat(log, &status) != 0 || status.st_size == 0 else {
            throw StorageError(.inputOutput, path: log)
        }
        guard rename(Self.copyPath(of: ring.database), ring.database) == 0 else {
            let reason = String(cString: strerror(errno))
            throw StorageError(.inputOutput, path: ring.database, detail: reason)
        }
        try PrivateFile(path: ring.database).syncFolder()
        connection = try Connection(
            path: ring.database, key: dataKey, options: options)
        isClosed = false
    }

    private func settle() throws {
        _ = try ring.open()
    }
}

extension KeyRing {
    /// Opens the data key, and ends a rotation that was interrupted.
    ///
    /// Whichever data key the database has is the one that is kept. A second time does nothing.
    func settle(with credential: KeyCredential) throws -> SecretBytes {
        let (file, isWhole) = try KeyFile.load(for: database)
        let opened = try file.opened(with: credential, for: database)
        guard file.next != nil else {
            if !isWhole { try file.store(for: database) }
            return opened.chosen.key
        }
        guard opened.isCertain else { throw KeyError(.unclear) }
        var keys = file.current
        if case .next = opened.chosen, let next = file.next { keys = next }
        if case .machine = credential {
            // The other machine key is that of the end which was not reached.
            keys.setSlots(
                try keys.slots.filter { slot in
                    try slot.kind != .machine
                        || slot.open(with: credential, keyID: keys.keyID) != nil
                }, opened.chosen.key)
        }
        try KeyFile(current: keys).store(for: database)
        try removeCopy()
        return opened.chosen.key
    }

    /// Removes the copy that a rotation made or began.
    func removeCopy() throws(StorageError) {
        let copy = KeyRotation.copyPath(of: database)
        for path in [copy, copy + "-wal", copy + "-journal"] {
            guard unlink(path) == 0 || errno == ENOENT else {
                let reason = String(cString: strerror(errno))
                throw StorageError(.cannotOpen, path: path, detail: reason)
            }
        }
    }
}

/// Whether a copy holds what the original holds.
private struct KeyRotationCheck {
    let original: Connection
    let copy: Connection

    /// Compares, and throws ``KeyError`` with the place of the first difference.
    func check() throws {
        let findings = try copy.rows("PRAGMA integrity_check(1)") { $0.text(0) }
        guard findings == ["ok"] else { throw KeyError(.copyDiffers("integrity_check")) }
        let schema = "SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name"
        let tables = try original.rows(schema) { [$0.text(0), $0.text(1)] }
        guard try copy.rows(schema, body: { [$0.text(0), $0.text(1)] }) == tables else {
            throw KeyError(.copyDiffers("sqlite_schema"))
        }
        let names = try original.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        ) { $0.text(0) }
        for name in names {
            let quoted = name.replacing("\"", with: "\"\"")
            let count = "SELECT count(*) FROM \"\(quoted)\""
            let (before, after) = (
                try original.first(count) { $0.integer(0) }, try copy.first(count) { $0.integer(0) }
            )
            guard before == after else { throw KeyError(.copyDiffers(name)) }
        }
    }
}
