/// A passphrase that was made into a key, of which this is the public half.
package struct StretchedPassphrase: Sendable {
    let content: KeySlot.Content
}

/// What the slots of a database's key file are changed with.
///
/// Only who holds the home's lock, or the only open connection, may change them: each change
/// reads the file, writes it whole, and knows nothing of others.
package struct KeyRing: Sendable {
    /// What people see of a slot.
    package struct Slot: Hashable, Sendable {
        package let number: UInt64
        package let kind: KeySlotKind
        package let made: Timestamp?
        /// Whether it opens with this machine's key, as it does whenever the program starts.
        package let isThisMachine: Bool
    }

    /// How long a passphrase may be, in bytes.
    package static let passphraseBytes: ClosedRange<UInt64> = 12...1024

    /// The path of the database.
    package let database: String
    /// Where the key of this machine is.
    package let machineKey: MachineKeySource
    let environment: Environment

    package init(database: String, machineKey: MachineKeySource, environment: Environment) {
        self.database = database
        self.machineKey = machineKey
        self.environment = environment
    }

    // MARK: - Opening

    /// Opens the data key with this machine's key, when nobody else has the database open.
    ///
    /// It ends a rotation that was interrupted, and writes a damaged copy of the key file anew.
    ///
    /// - Throws: ``StorageError``, ``KeyError``.
    package func open() throws -> SecretBytes {
        try settle(with: .machine(try machineKey.read()))
    }

    /// Whether a copy of the key file is damaged, which opening mends.
    ///
    /// - Throws: ``StorageError`` if there is no copy that is whole.
    package func needsMending() throws(StorageError) -> Bool {
        try !KeyFile.load(for: database).isWhole
    }

    /// Opens the data key with a credential and gives this machine a slot of its own.
    ///
    /// Slots of other machine keys go: a home lives on one machine. A second time does nothing.
    ///
    /// - Throws: ``StorageError``, ``KeyError``.
    package func recover(with credential: KeyCredential) throws -> SecretBytes {
        let dataKey = try settle(with: credential)
        let key = try machineKey.readOrReplace(environment: environment)
        var keys = try KeyFile.load(for: database).file.current
        if try keys.open(with: .machine(key)) == nil {
            try keys.dropUnproven(dataKey, for: credential)
            let slot = KeySlot(
                dataKey, keyID: keys.keyID, machineKey: key, number: keys.nextNumber,
                environment: environment)
            keys.setSlots(keys.slots.filter { $0.kind != .machine } + [slot], dataKey)
            try KeyFile(current: keys).store(for: database)
        }
        return dataKey
    }

    /// Whether a credential opens the database; nothing is changed.
    ///
    /// - Throws: ``StorageError`` or ``KeyError`` that says why it does not.
    package func check(_ credential: KeyCredential) throws {
        _ = try KeyFile.load(for: database).file.opened(with: credential, for: database)
    }

    // MARK: - Slots

    /// The slots, by number.
    package func slots() throws -> [Slot] {
        let keys = try KeyFile.load(for: database).file.current
        let machine = readMachineKey()
        return try keys.slots.map { slot in
            let isThisMachine =
                try machine.flatMap {
                    try slot.open(with: .machine($0), keyID: keys.keyID)
                } != nil
            return Slot(
                number: slot.number, kind: slot.kind, made: slot.made,
                isThisMachine: isThisMachine)
        }.sorted { $0.number < $1.number }
    }

    /// Makes the key of a passphrase, which takes time and memory and needs no database.
    ///
    /// - Throws: ``KeyError``: `passphraseLength`, `noMemory`.
    package func stretch(
        _ passphrase: SecretBytes, stretching: KeyStretching = .standard
    ) throws(KeyError) -> StretchedPassphrase {
        try Self.checkPassphrase(passphrase)
        let salt = environment.randomBytes(KeyStretching.saltBytes)
        let key = try stretching.key(from: passphrase, salt: salt)
        return StretchedPassphrase(
            content: .passphrase(key.target, stretching, salt: salt))
    }

    /// Adds a slot that a passphrase opens, and returns its number.
    ///
    /// - Throws: ``KeyError``: `tooManySlots`; ``StorageError``.
    package func add(_ passphrase: StretchedPassphrase) throws -> UInt64 {
        try add(passphrase.content)
    }

    /// Adds a slot that the organisation's recovery key opens, and returns its number.
    ///
    /// If there is one already, nothing is changed.
    package func addRecovery(_ target: SealingTarget) throws -> UInt64 {
        let keys = try KeyFile.load(for: database).file.current
        if keys.isSealed, let slot = keys.slots.first(where: { $0.content == .recovery(target) }) {
            return slot.number
        }
        return try add(.recovery(target))
    }

    /// Removes a slot.
    ///
    /// - Throws: ``KeyError``: `unknownSlot`, or `lastSlot` if no other opens the database.
    package func remove(_ number: UInt64) throws {
        try change { keys, dataKey in
            guard keys.slots.contains(where: { $0.number == number }) else {
                throw KeyError(.unknownSlot(number))
            }
            let rest = keys.slots.filter { $0.number != number }
            let machine = readMachineKey()
            let isOpenable = try rest.contains { slot in
                switch slot.content {
                case .recovery: true
                case .passphrase(_, let stretching, _): stretching.isAcceptable
                case .machine:
                    try machine.flatMap {
                        try slot.open(with: .machine($0), keyID: keys.keyID)
                    } != nil
                case .unknown: false
                }
            }
            guard isOpenable else { throw KeyError(.lastSlot(number)) }
            keys.setSlots(rest, dataKey)
        }
    }

    /// Refuses a passphrase that is too short, too long or has control characters.
    package static func checkPassphrase(_ passphrase: SecretBytes) throws(KeyError) {
        let isPlain = passphrase.withBytes { $0.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }
        guard passphraseBytes.contains(UInt64(passphrase.count)), isPlain else {
            throw KeyError(
                .passphraseLength(passphraseBytes.lowerBound, passphraseBytes.upperBound))
        }
    }

    private func add(_ content: KeySlot.Content) throws -> UInt64 {
        try change { keys, dataKey in
            guard keys.slots.count < KeySet.slotsMaximum else { throw KeyError(.tooManySlots) }
            let number = keys.nextNumber
            guard
                let slot = KeySlot(dataKey, for: content, number: number, made: environment.now())
            else { throw StorageError(.wrongKey, path: database, detail: "recovery key") }
            keys.setSlots(keys.slots + [slot], dataKey)
            return number
        }
    }

    /// Changes the slots of the data key, which this machine's key opens.
    private func change<Value>(
        _ body: (inout KeySet, _ dataKey: SecretBytes) throws -> Value
    ) throws -> Value {
        let credential = KeyCredential.machine(try machineKey.read())
        let dataKey = try settle(with: credential)
        var keys = try KeyFile.load(for: database).file.current
        try keys.dropUnproven(dataKey, for: credential)
        let value = try body(&keys, dataKey)
        try KeyFile(current: keys).store(for: database)
        return value
    }

    /// This machine's key, or nothing where it cannot be read: then it opens no slot.
    private func readMachineKey() -> SecretBytes? {
        do throws(StorageError) {
            return try machineKey.read()
        } catch {
            return nil
        }
    }
}
