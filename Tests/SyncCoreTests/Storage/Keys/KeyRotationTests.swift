import Glibc
import TestSupport
import Testing

@testable import SyncCore

struct KeyRotationTests {
    private static let phrase = "caballo bateria grapa correcta"

    /// A database with a slot of each kind, open, and a rotation of it.
    private func begin() throws -> (KeyedDatabase, KeyRotation) {
        let made = try KeyedDatabase()
        let stretched = try made.ring.stretch(
            secret(Self.phrase), stretching: KeyedDatabase.cheap)
        _ = try made.ring.add(stretched)
        let connection = try Connection(path: made.database, key: try made.ring.open())
        return (made, KeyRotation(of: connection, keys: made.ring))
    }

    private func fileID(of database: String) throws -> [UInt8] {
        Array(try #require(WholeFile(database).bytes).prefix(16))
    }

    // Each phase, and each credential that the next start may come with.
    @Test(
        arguments: KeyRotation.Phase.allCases,
        [KeySlotKind.machine, .recovery, .passphrase])
    func `Interrupted after any step, one of the two opens with everything in it`(
        last: KeyRotation.Phase, kind: KeySlotKind
    ) throws {
        var (made, rotation) = try begin()
        let before = try fileID(of: made.database)
        while rotation.phase != last { try rotation.advance() }
        let left = try made.snapshot()
        let ring = KeyedDatabase.ring(in: left, made.environment)
        switch kind {
        case .machine, .unknown: break
        case .recovery: _ = try ring.recover(with: .recovery(made.recovery))
        case .passphrase: _ = try ring.recover(with: .passphrase(secret(Self.phrase)))
        }
        #expect(try KeyedDatabase.rowCount(ring) == 50)
        // Nothing is left of the interruption, and each slot opens as before.
        #expect(try KeyFile.load(for: ring.database).file.next == nil)
        let names = WholeFile.contents(ofFolder: left.path).keys.sorted()
        #expect(names == ["a.db", "a.db.keys", "machine.key"])
        try ring.check(.recovery(made.recovery))
        try ring.check(.passphrase(secret(Self.phrase)))
        let isNew = try fileID(of: ring.database) != before
        #expect(isNew == (last.rawValue >= KeyRotation.Phase.exchanged.rawValue))
        if kind == .machine {
            #expect(try ring.slots().filter { $0.kind == .machine }.count == 1)
        }
        try rotation.connection.close()
    }

    @Test(arguments: [0, 1, 4096, 20_000])
    func `A copy that was cut off is removed`(count: Int) throws {
        var (made, rotation) = try begin()
        while rotation.phase != .verified { try rotation.advance() }
        let left = try made.snapshot()
        let copy = WholeFile(KeyRotation.copyPath(of: left.file("a.db")))
        copy.write(Array(try #require(copy.bytes).prefix(count)))
        let ring = KeyedDatabase.ring(in: left, made.environment)
        #expect(try KeyedDatabase.rowCount(ring) == 50)
        #expect(copy.bytes == nil)
        try rotation.connection.close()
    }

    @Test func `After a rotation neither the old data key nor the old machine key opens`()
        throws
    {
        var (made, rotation) = try begin()
        let oldKey = try made.ring.open()
        let oldMachine = try made.ring.machineKey.read()
        let oldKeys = try #require(made.keys.bytes)
        while rotation.phase != .settled { try rotation.advance() }
        try rotation.connection.write { connection in
            try connection.run("INSERT INTO note VALUES (NULL, 0)")
        }
        try rotation.connection.close()
        #expect(try made.rowCount() == 51)
        #expect(
            storageFailure { _ = try Connection(path: made.database, key: oldKey) } == .wrongKey)
        #expect(storageFailure { try made.ring.check(.machine(oldMachine)) } == .wrongKey)
        // An old key file put back opens nothing.
        made.keys.write(oldKeys)
        #expect(storageFailure { _ = try made.ring.open() } == .wrongKey)
    }

    @Test func `Rotating twice gives two keys, and keeps the numbers of slots`() throws {
        let (made, first) = try begin()
        let one = KeyRotation.run(on: first.connection, keys: made.ring)
        let afterOne = try fileID(of: made.database)
        let two = KeyRotation.run(on: one.connection, keys: made.ring)
        #expect(one.failure == nil && two.failure == nil)
        try two.connection.close()
        #expect(try fileID(of: made.database) != afterOne)
        #expect(try made.ring.slots().map(\.kind).count == 3)
        #expect(try made.ring.slots().filter { $0.kind != .machine }.map(\.number) == [2, 3])
        #expect(try made.rowCount() == 50)
    }

    @Test func `A rotation that cannot make its copy leaves the database open as it was`()
        throws
    {
        let (made, rotation) = try begin()
        let before = try fileID(of: made.database)
        mkdir(KeyRotation.copyPath(of: made.database), 0o700)
        let outcome = KeyRotation.run(on: rotation.connection, keys: made.ring)
        #expect(outcome.failure != nil)
        #expect(
            try outcome.connection.first("SELECT count(*) FROM note") { $0.integer(0) } == 50)
        rmdir(KeyRotation.copyPath(of: made.database))
        try outcome.connection.close()
        #expect(try made.rowCount() == 50)
        #expect(try KeyFile.load(for: made.database).file.next == nil)
        #expect(try fileID(of: made.database) == before)
    }

    @Test func `A copy that lacks a row is not taken`() throws {
        var (made, rotation) = try begin()
        while rotation.phase != .copied { try rotation.advance() }
        // What is written behind the copy's back stands for a copy that lost it.
        try rotation.connection.write { connection in
            try connection.run("INSERT INTO note VALUES (NULL, 0)")
        }
        #expect(keyFailure { try rotation.advance() } == .copyDiffers("note"))
        try rotation.connection.close()
        #expect(try made.rowCount() == 51)
    }

    @Test func `Slots of a kind that is not known stay until a rotation`() throws {
        let (made, rotation) = try begin()
        try made.edit { keys, dataKey in
            var writer = CBORWriter()
            writer.fields { fields in
                fields.field(1, UInt64(77))
                fields.field(2, "later")
                fields.field(8, UInt64(9))
            }
            keys.setSlots(
                keys.slots + [try KeySlot(encoded: writer.bytes, place: 9)], dataKey)
        }
        let stretched = try made.ring.stretch(
            secret(Self.phrase), stretching: KeyedDatabase.cheap)
        #expect(try made.ring.add(stretched) == 10)
        #expect(try made.ring.slots().contains { $0.kind == .unknown && $0.number == 9 })
        let outcome = KeyRotation.run(on: rotation.connection, keys: made.ring)
        #expect(outcome.failure == nil)
        try outcome.connection.close()
        #expect(try made.ring.slots().contains { $0.kind == .unknown } == false)
    }

    @Test func `Two keys that open no page are left alone`() throws {
        var (made, rotation) = try begin()
        while rotation.phase != .announced { try rotation.advance() }
        let left = try made.snapshot()
        let ring = KeyedDatabase.ring(in: left, made.environment)
        WholeFile(ring.database).write([UInt8](repeating: 3, count: 40_960))
        let before = WholeFile.contents(ofFolder: left.path)
        #expect(keyFailure { _ = try ring.open() } == .unclear)
        #expect(WholeFile.contents(ofFolder: left.path) == before)
        try rotation.connection.close()
    }
}
