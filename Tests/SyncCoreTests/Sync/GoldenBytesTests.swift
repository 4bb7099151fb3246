import Foundation
import SyncCore
import Testing

/// Every form that is sent or signed has bytes in `fixtures` that no version may read otherwise.
struct GoldenBytesTests {
    private let golden = GoldenBytes()
    private let world = EnvelopeWorld()

    /// The names of the files in a folder below `fixtures` that begin with a prefix.
    private func names(_ folder: String, _ prefix: String) throws -> [String] {
        let path = URL(filePath: EnvelopeFixture(folder).path).deletingPathExtension().path
        return try FileManager.default.contentsOfDirectory(atPath: path)
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(".hex") }
            .map { "\(folder)/" + $0.dropLast(".hex".count) }.sorted()
    }

    private func all(_ folder: String, _ prefix: String) throws -> [(String, [UInt8])] {
        try names(folder, prefix).map { ($0, try #require(EnvelopeFixture($0).bytes())) }
    }

    /// The number that names the kind of an encoded message.
    private func kind(_ bytes: [UInt8]) throws -> UInt64 {
        var reader = CBORReader(bytes)
        return try reader.fields().required(1)
    }

    @Test func `bytes that are made now are those of the fixtures`() {
        for (name, bytes) in golden.refusals + golden.laterChanges + golden.tokens {
            EnvelopeFixture(name).check(bytes)
        }
        for (kind, variant, bytes) in golden.bodies {
            EnvelopeFixture("feeds/body-\(kind)\(variant)").check(bytes)
        }
    }

    @Test func `every kind has golden bytes, and each file is read as it was written`() throws {
        var requests: Set<UInt64> = []
        for (name, bytes) in try all("wire", "request-") {
            #expect(try HubRequest(canonicalBytes: bytes).canonicalBytes == bytes, "\(name)")
            requests.insert(try kind(bytes))
        }
        #expect(requests == Set(HubRequest.Kind.allCases.map(\.rawValue)))

        var replies: Set<UInt64> = []
        var refusals: Set<HubRefusal.Code> = []
        for (name, bytes) in try all("wire", "reply-") {
            let reply = try HubReply(canonicalBytes: bytes)
            #expect(reply.canonicalBytes == bytes, "\(name)")
            replies.insert(try kind(bytes))
            if case .refused(let refusal) = reply { refusals.insert(refusal.code) }
        }
        #expect(replies == Set(HubReply.Kind.allCases.map(\.rawValue)))
        #expect(refusals == Set(HubRefusal.Code.allCases))

        var changes: Set<UInt64> = []
        for (name, bytes) in try all("wire", "membership-") {
            let entry = try MembershipEntry(bytes: bytes)
            let change = entry.change.canonicalBytes
            #expect(try MembershipChange(canonicalBytes: change) == entry.change, "\(name)")
            changes.insert(try kind(change))
        }
        #expect(changes == Set(MembershipChange.Kind.allCases.map(\.rawValue)))
    }

    @Test func `every kind of record has golden bytes, and this version reads all of them`()
        throws
    {
        for kind in RecordKind.all {
            let files = try all("feeds", "body-\(kind.name)")
            #expect(!files.isEmpty, "\(kind.name): run scripts/fixtures")
            for (name, bytes) in files { #expect(kind.readsAll(of: bytes), "\(name)") }
        }
        // No file is left of a kind that is gone.
        let known = try RecordKind.all.flatMap { try names("feeds", "body-\($0.name)") }
        #expect(Set(known) == Set(try names("feeds", "body-")))
    }

    @Test func `every kind of record that the source names is known`() throws {
        let root = URL(filePath: EnvelopeFixture("").path).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(atPath: root.path))
        var named: Set<String> = []
        for case let file as String in files where file.hasSuffix(".swift") {
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            for match in text.matches(of: /[kK]ind = "([a-z]+\.[a-z]+)"/) {
                named.insert(String(match.1))
            }
        }
        #expect(named == Set(RecordKind.all.map(\.name)))
    }

    @Test func `both tokens and the version of an envelope are read from the fixtures`() throws {
        let hub = try #require(EnvelopeFixture("wire/token-hub").bytes())
        #expect(try HubToken(canonicalBytes: hub).canonicalBytes == hub)
        let join = try #require(EnvelopeFixture("wire/token-join").bytes())
        #expect(try JoinToken(canonicalBytes: join).canonicalBytes == join)
        let request = HubRequest.getBlob(id: Digest(of: [1]), offset: 512)
        // The first was sealed by version 1, which named no versions.
        for name in ["wire/envelope-get-blob", "wire/envelope-versions"] {
            let fixture = EnvelopeFixture(name)
            fixture.write(ifMissing: world.sealer.seal(request, using: world.environment).bytes)
            let bytes = try #require(fixture.bytes(), "run scripts/fixtures")
            #expect(try world.opener.open(bytes).request == request)
        }
    }
}
