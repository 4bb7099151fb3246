import SyncCore
import TestSupport
import Testing

/// A backup as a file: what it says of itself, and how damage is told.
struct BackupFormatTests {
    /// A replica of one organisation, and a backup of it.
    private struct World {
        let organisation: TestOrganisation
        let directory = TemporaryDirectory()
        let bytes: [UInt8]
        let manifest: BackupManifest
        let dataKey: SecretBytes

        init(kind: BackupManifest.Kind = .device) async throws {
            organisation = try await TestOrganisation(count: 1)
            let replica = organisation.replicas[0]
            for index in 0..<20 {
                let path = RegisterPath("user", "juan\(index)", "name")
                try await replica.write {
                    try $0.configure([path: .text("Juan \(index)")], actor: "test")
                }
            }
            let database = directory.file("home.db")
            let environment = replica.environment
            dataKey = try KeyFile.create(
                for: database,
                machineKey: SecretBytes(randomCount: 32, from: environment),
                environment: environment)
            let key = dataKey
            let folder = try BackupFolder(at: directory.file("work"))
            manifest = try await BackupMaker(replica, kind: kind, program: "1.2.3").make(
                in: folder, keys: try BackupKeys(of: database) { key })
            bytes = try #require(WholeFile(folder.file(BackupMaker.resultName)).bytes)
        }

        /// Unpacks some bytes, in pieces of a size, and returns what they are.
        func unpack(
            _ bytes: [UInt8], pieces: Int = 10_000, as kind: BackupManifest.Kind = .device
        ) throws -> (BackupManifest, BackupFolder) {
            let folder = try BackupFolder(at: directory.file("unpacked"))
            var unpacker = try BackupUnpacker(kind, from: "b.bak", into: folder, as: "r.db")
            for start in stride(from: 0, to: bytes.count, by: pieces) {
                _ = try unpacker.take(Array(bytes[start..<min(start + pieces, bytes.count)]))
            }
            return (try unpacker.finish(), folder)
        }

        func code(_ bytes: [UInt8], as kind: BackupManifest.Kind = .device) -> BackupError.Code? {
            do {
                _ = try unpack(bytes, as: kind)
                return nil
            } catch let error as BackupError {
                return error.code
            } catch {
                Issue.record("\(error)")
                return nil
            }
        }
    }

    @Test(arguments: [1, 7, 4096, 1 << 20])
    func `a backup is read in pieces of any size`(pieces: Int) async throws {
        let world = try await World()
        let bytes = pieces == 1 ? Array(world.bytes.prefix(2000)) : world.bytes
        guard pieces > 1 else {
            #expect(world.code(bytes) == .truncated)
            return
        }
        let (manifest, folder) = try world.unpack(bytes, pieces: pieces)
        #expect(manifest == world.manifest)
        #expect(manifest.program == "1.2.3")
        #expect(WholeFile(folder.file("r.db")).bytes?.count ?? 0 > 4096)
        #expect(
            WholeFile(folder.file("r.db.keys")).bytes
                == WholeFile(world.directory.file("home.db.keys")).bytes)
    }

    @Test func `a backup holds exactly the replica, and opens with its key`() async throws {
        let world = try await World()
        let (manifest, folder) = try world.unpack(world.bytes)
        let copy = try await Replica.open(
            path: folder.file("r.db"), key: world.dataKey, name: "", mayCreate: false,
            habitat: .none, environment: world.organisation.replicas[0].environment)
        let facts = try await BackupCheck(manifest, path: "b.bak").check(copy)
        #expect(facts.recordsCount == 20)
        #expect(
            try await copy.read { try $0.stateDigests() }
                == world.organisation.replicas[0].read { try $0.stateDigests() })
        try await copy.close()
    }

    @Test func `every byte that is cut off is missed, and every one that is added is too many`()
        async throws
    {
        let world = try await World()
        let count = world.bytes.count
        for length in [0, 1, 15, 16, 20, 23, 24, 25, 300, 5000, count / 2, count - 1] {
            let expected: BackupError.Code = length == 0 ? .notABackup : .truncated
            #expect(world.code(Array(world.bytes.prefix(length))) == expected, "\(length)")
        }
        #expect(world.code(world.bytes + [0]) == .tooLong)
    }

    @Test func `every byte that is changed is noticed`() async throws {
        let world = try await World()
        // All of what is not database, and some of that.
        let part = try #require(world.manifest.parts.first)
        let start = world.bytes.count - Int(world.manifest.partsByteCount)
        let end = start + Int(part.byteCount)
        let inside = stride(from: start, to: end, by: 997)
        for place in Array(0..<start) + Array(inside) + Array(end..<world.bytes.count) {
            var bytes = world.bytes
            bytes[place] ^= 0x20
            #expect(world.code(bytes) != nil, "\(place)")
        }
    }

    @Test func `what is wrong is said by name`() async throws {
        let world = try await World()
        let start = world.bytes.count - Int(world.manifest.partsByteCount)
        var altered = world.bytes
        altered[start + 5000] ^= 1
        #expect(world.code(altered) == .altered(part: "database"))
        altered = world.bytes
        altered[world.bytes.count - 1] ^= 1
        #expect(world.code(altered) == .altered(part: "keys"))
        altered = world.bytes
        altered[40] ^= 1
        #expect(world.code(altered) == .signature)
        altered = world.bytes
        altered[19] = 2
        #expect(world.code(altered) == .newer)
        #expect(world.code(Array("PK\u{3}\u{4}".utf8) + world.bytes) == .notABackup)
        #expect(world.code(world.bytes, as: .hub) == .otherKind(.device))
    }

    @Test func `each error says what to do, in both languages`() {
        let codes: [BackupError.Code] = [
            .notABackup, .newer, .truncated, .tooLong, .signature, .altered(part: "keys"),
            .otherKind(.hub), .otherKind(.device), .noKey, .content("x"), .exists, .notEmpty,
            .busy, .disk(28), .disk(13),
        ]
        var seen: Set<String> = []
        for code in codes {
            let text = BackupError(code, path: "/x/b.bak").explanation
            #expect(!text.es.isEmpty && !text.en.isEmpty && text.es != text.en)
            #expect(seen.insert(text.en).inserted, "\(code)")
        }
    }

    @Test func `a manifest signed by another key than the replica's is refused`() async throws {
        let world = try await World()
        let other = try await TestOrganisation(count: 2).replicas[1]
        let (manifest, folder) = try world.unpack(world.bytes)
        let forged = BackupManifest(
            kind: .device, organisation: manifest.organisation,
            key: other.identity.signingKey.verificationKey, incarnation: manifest.incarnation,
            time: manifest.time, program: "1", vector: manifest.vector, parts: manifest.parts)
        let copy = try await Replica.open(
            path: folder.file("r.db"), key: world.dataKey, name: "", mayCreate: false,
            habitat: .none, environment: other.environment)
        await #expect(throws: BackupError(.content("device"), path: "b")) {
            _ = try await BackupCheck(forged, path: "b").check(copy)
        }
        let older = BackupManifest(
            kind: .device, organisation: manifest.organisation, key: manifest.key,
            incarnation: manifest.incarnation, time: manifest.time, program: "1",
            vector: .zero, parts: manifest.parts)
        await #expect(throws: BackupError(.content("manifest"), path: "b")) {
            _ = try await BackupCheck(older, path: "b").check(copy)
        }
        try await copy.close()
    }
}
