import Glibc
import TestSupport
import Testing
import TestThreads

@testable import SyncCore

struct KeyRingTests {
    private static let phrase = "caballo bateria grapa correcta"

    /// A database with a slot of each kind: machine 1, recovery 2, passphrase 3.
    private func make() throws -> KeyedDatabase {
        let made = try KeyedDatabase()
        let stretched = try made.ring.stretch(
            secret(Self.phrase), stretching: KeyedDatabase.cheap)
        #expect(try made.ring.add(stretched) == 3)
        return made
    }

    private func credentials(of made: KeyedDatabase) throws -> [KeyCredential] {
        [
            .machine(try made.ring.machineKey.read()), .recovery(made.recovery),
            .passphrase(secret(Self.phrase)),
        ]
    }

    @Test func `Every kind of slot opens the same data key`() throws {
        let made = try make()
        #expect(try made.ring.slots().map(\.kind) == [.machine, .recovery, .passphrase])
        #expect(try made.ring.slots().map(\.number) == [1, 2, 3])
        #expect(try made.ring.slots().map(\.isThisMachine) == [true, false, false])
        #expect(try made.ring.slots().allSatisfy { $0.made != nil })
        let expected = try made.ring.open()
        for credential in try credentials(of: made) {
            let key = try made.ring.settle(with: credential)
            let isSame = key.withBytes { key in expected.withBytes { key.elementsEqual($0) } }
            #expect(isSame, "\(credential.kind)")
        }
    }

    @Test func `A wrong key, a missing slot and a damaged slot are told apart`() throws {
        let made = try KeyedDatabase()
        let other = SealingKey(randomFrom: made.environment)
        #expect(
            keyFailure { try made.ring.check(.passphrase(secret(Self.phrase))) }
                == .none(.passphrase))
        let stretched = try made.ring.stretch(
            secret(Self.phrase), stretching: KeyedDatabase.cheap)
        _ = try made.ring.add(stretched)
        #expect(
            keyFailure { try made.ring.check(.passphrase(secret(Self.phrase + "s"))) }
                == .wrong(.passphrase))
        #expect(keyFailure { try made.ring.check(.recovery(other)) } == .wrong(.recovery))
        #expect(
            storageFailure {
                try made.ring.check(.machine(MachineKeySource.random(made.environment)))
            } == .wrongKey)
        // A slot whose public key is right and whose contents are another key's.
        try made.edit { keys, dataKey in
            let foreign = MachineKeySource.random(made.environment)
            keys.setSlots(
                keys.slots.map { slot in
                    KeySlot(foreign, for: slot.content, number: slot.number, made: nil) ?? slot
                }, dataKey)
        }
        for credential in try credentials(of: made).dropFirst() {
            #expect(storageFailure { try made.ring.check(credential) } == .damagedKey)
        }
        #expect(try made.rowCount() == 50)
    }

    @Test func `Slots that somebody else added are not taken for ours`() throws {
        let made = try make()
        let thief = SealingKey(randomFrom: made.environment)
        var file = try KeyFile.load(for: made.database).file
        let mine = try made.ring.open()
        let planted = try #require(
            KeySlot(mine, for: .recovery(thief.target), number: 9, made: nil))
        // The thief has no data key to seal the slots with.
        file.current.setSlots(file.current.slots + [planted], MachineKeySource.random(.live()))
        try file.store(for: made.database)
        for credential in try credentials(of: made) {
            #expect(storageFailure { try made.ring.check(credential) } == .damagedKey)
        }
    }

    @Test(.longComputation) func `A bit that flips in either copy is written anew`() throws {
        let made = try make()
        let good = try #require(made.keys.bytes)
        for offset in stride(from: 0, to: good.count, by: 7) {
            var damaged = good
            damaged[offset] ^= 1 << UInt8(offset % 8)
            made.keys.write(damaged)
            _ = try made.ring.open()
            #expect(made.keys.bytes == good, "\(offset)")
            // Both copies: nothing is written, and the error is clear.
            damaged[(offset + good.count / 2) % good.count] ^= 1
            made.keys.write(damaged)
            #expect(storageFailure { _ = try made.ring.open() } == .damagedKey)
            #expect(made.keys.bytes == damaged, "\(offset)")
        }
    }

    @Test(arguments: [
        (UInt64(13), UInt64(8)), (0, 8), (1, 7), (1, 1024 * 1024 + 1), (1 << 60, 8),
        (1, 1 << 60), (.max, .max),
    ])
    func `Outrageous costs are refused before anything is allocated`(
        passes: UInt64, memory: UInt64
    ) throws {
        let made = try make()
        let costs = KeyStretching(passes: passes, memoryKiB: memory)
        try made.edit { keys, dataKey in
            keys.setSlots(
                keys.slots.map { slot in
                    guard case .passphrase(let target, _, let salt) = slot.content else {
                        return slot
                    }
                    let content = KeySlot.Content.passphrase(target, costs, salt: salt)
                    return KeySlot(dataKey, for: content, number: slot.number, made: nil) ?? slot
                }, dataKey)
        }
        let before = made.keys.bytes
        #expect(
            keyFailure { try made.ring.check(.passphrase(secret(Self.phrase))) } == .excessiveCost)
        #expect(made.keys.bytes == before)
        // The other slots are as good as before, and this one does not count as a way in.
        #expect(try made.rowCount() == 50)
        try made.ring.remove(2)
        #expect(keyFailure { try made.ring.remove(1) } == .lastSlot(1))
    }

    @Test func `The last slot that opens cannot be removed`() throws {
        let made = try make()
        #expect(keyFailure { try made.ring.remove(7) } == .unknownSlot(7))
        try made.ring.remove(1)
        // This machine's own slot is gone, so its key opens nothing.
        #expect(storageFailure { _ = try made.ring.open() } == .wrongKey)
        _ = try made.ring.recover(with: .recovery(made.recovery))
        try made.ring.remove(2)
        try made.ring.remove(3)
        #expect(keyFailure { try made.ring.remove(4) } == .lastSlot(4))
        #expect(try made.rowCount() == 50)
    }

    @Test func `A slot of another machine's key is no way in`() throws {
        let made = try KeyedDatabase()
        try made.edit { keys, dataKey in
            let other = KeySlot(
                dataKey, keyID: keys.keyID, machineKey: MachineKeySource.random(.live()),
                number: 5, environment: made.environment)
            keys.setSlots(keys.slots + [other], dataKey)
        }
        try made.ring.remove(2)
        #expect(keyFailure { try made.ring.remove(1) } == .lastSlot(1))
    }

    @Test func `There are at most 16 slots`() throws {
        let made = try KeyedDatabase()
        let stretched = try made.ring.stretch(
            secret(Self.phrase), stretching: KeyedDatabase.cheap)
        for _ in 3...16 { _ = try made.ring.add(stretched) }
        #expect(keyFailure { _ = try made.ring.add(stretched) } == .tooManySlots)
        #expect(try made.ring.slots().count == 16)
    }

    @Test(arguments: ["once letras", "", "doce\u{7f}letras.", String(repeating: "a", count: 1025)])
    func `A passphrase that is too short, too long or unprintable is refused`(
        text: String
    ) throws {
        let made = try KeyedDatabase()
        #expect(
            keyFailure { _ = try made.ring.stretch(secret(text)) } == .passphraseLength(12, 1024))
    }

    @Test func `The recovery key's slot is added once`() throws {
        let made = try make()
        #expect(try made.ring.addRecovery(made.recovery.target) == 2)
        try made.ring.remove(2)
        #expect(try made.ring.addRecovery(made.recovery.target) == 4)
        try made.ring.check(.recovery(made.recovery))
    }

    @Test func `A lost, damaged or foreign machine key is replaced by recovering`() throws {
        let spoilings: [(WholeFile) -> Void] = [
            { unlink($0.path) }, { $0.write([1, 2, 3]) },
            { $0.write([UInt8](repeating: 7, count: 32)) },
        ]
        for spoil in spoilings {
            for index in [1, 2] {
                let made = try make()
                let credential = try credentials(of: made)[index]
                spoil(made.machineKey)
                #expect(storageFailure { _ = try made.ring.open() } != nil)
                _ = try made.ring.recover(with: credential)
                #expect(try made.rowCount() == 50)
                let after = made.keys.bytes
                _ = try made.ring.recover(with: credential)
                #expect(made.keys.bytes == after, "the second time does nothing")
                #expect(try made.ring.slots().filter { $0.kind == .machine }.count == 1)
            }
        }
    }

    @Test func `A key that others may read is refused also when recovering`() throws {
        let made = try make()
        chmod(made.machineKey.path, 0o644)
        let before = WholeFile.contents(ofFolder: made.folder.path)
        #expect(
            storageFailure { _ = try made.ring.recover(with: .recovery(made.recovery)) }
                == .exposedKey)
        #expect(WholeFile.contents(ofFolder: made.folder.path) == before)
    }

    @Test func `systemd's credential is the machine key, and is never written`() throws {
        let made = try KeyedDatabase()
        let credentials = TemporaryDirectory()
        let file = WholeFile(credentials.file("machine.key"))
        file.write(try #require(made.machineKey.bytes))
        chmod(file.path, 0o440)
        unlink(made.machineKey.path)
        let source = MachineKeySource(home: made.folder.path, credentials: credentials.path)
        #expect(source.isCredential)
        let ring = KeyRing(
            database: made.database, machineKey: source, environment: made.environment)
        #expect(try KeyedDatabase.rowCount(ring) == 50)
        let connection = try Connection(path: made.database, key: try ring.open())
        let outcome = KeyRotation.run(on: connection, keys: ring)
        #expect(outcome.failure == nil)
        try outcome.connection.close()
        #expect(try KeyedDatabase.rowCount(ring) == 50)
        #expect(file.bytes?.count == 32)
        #expect(made.machineKey.bytes == nil)
        chmod(file.path, 0o444)
        #expect(storageFailure { _ = try ring.open() } == .exposedKey)
        let without = MachineKeySource(home: made.folder.path, credentials: made.folder.path + "/x")
        #expect(!without.isCredential)
    }
}
