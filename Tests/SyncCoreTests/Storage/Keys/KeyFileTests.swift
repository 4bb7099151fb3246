import Glibc
import SyncCore
import TestSupport
import Testing
import TestThreads

struct KeyFileTests {
    private let folder = TemporaryDirectory()
    private var database: String { folder.file("a.db") }
    private var keys: String { KeyFile.path(for: database) }
    private let environment = Environment.live()

    private func machineKey(_ name: String = "machine.key") throws -> SecretBytes {
        try MachineKey.readOrCreate(at: folder.file(name), environment: environment)
    }

    private func code(_ body: () throws -> Void) -> StorageError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StorageError)?.code
        }
    }

    private func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 10_000)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    private func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "wb") else { return }
        defer { fclose(file) }
        fwrite(bytes, 1, bytes.count, file)
    }

    private func isEqual(_ a: SecretBytes, _ b: SecretBytes) -> Bool {
        a.withBytes { a in b.withBytes { a.elementsEqual($0) } }
    }

    @Test func `A data key returns with the key of the machine, and only with it`() throws {
        let created = try KeyFile.create(
            for: database, machineKey: try machineKey(), environment: environment)
        let opened = try KeyFile.open(for: database, machineKey: try machineKey())
        #expect(isEqual(created, opened))
        #expect(
            code { _ = try KeyFile.open(for: database, machineKey: try machineKey("other")) }
                == .wrongKey)
        #expect(
            code {
                _ = try KeyFile.create(
                    for: database, machineKey: try machineKey(), environment: environment)
            } == .cannotOpen)
        for path in [keys, folder.file("machine.key")] {
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test(.longComputation) func `One damaged copy is survived, and two are reported`() throws {
        _ = try KeyFile.create(
            for: database, machineKey: try machineKey(), environment: environment)
        let good = bytes(of: keys)
        for offset in good.indices {
            var damaged = good
            damaged[offset] ^= 4
            write(damaged, to: keys)
            let result = code {
                _ = try KeyFile.open(for: database, machineKey: try machineKey())
            }
            #expect(result == nil)
            damaged[(offset + good.count / 2) % good.count] ^= 4
            write(damaged, to: keys)
            let both = code {
                _ = try KeyFile.open(for: database, machineKey: try machineKey())
            }
            #expect(both == .damagedKey)
            #expect(bytes(of: keys) == damaged)
        }
    }

    @Test func `Cut, empty, foreign, exposed and missing keys are told apart`() throws {
        _ = try KeyFile.create(
            for: database, machineKey: try machineKey(), environment: environment)
        let good = bytes(of: keys)
        let machine = folder.file("machine.key")
        func opening() -> StorageError.Code? {
            code {
                let key = try MachineKey.read(at: machine)
                _ = try KeyFile.open(for: database, machineKey: key)
            }
        }
        for bytes in [[], Array("hola".utf8), good.dropLast(), Array(good.prefix(60))] {
            write(Array(bytes), to: keys)
            #expect(opening() == .damagedKey)
        }
        write(good, to: keys)
        for path in [keys, machine] {
            chmod(path, 0o644)
            #expect(opening() == .exposedKey)
            chmod(path, 0o600)
            #expect(opening() == nil)
        }
        write([1, 2, 3], to: machine)
        #expect(opening() == .damagedKey)
        unlink(machine)
        #expect(opening() == .missingKey)
    }
}
