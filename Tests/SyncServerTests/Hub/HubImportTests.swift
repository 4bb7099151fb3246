import Foundation
import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Records that reach the hub in a file, because a branch has no network.
struct HubImportTests {
    private let directory = TemporaryDirectory()
    private static let scope = Scope.branch(BranchID(validated: "matriz"))

    /// An organisation whose branch `n1` never speaks with the hub after it joined.
    private struct World {
        let hub: TestHub
        let founder: Replica
        let organisation: Digest
        let branch: Replica

        init() async throws {
            hub = try await TestHub()
            (founder, organisation) = try await hub.foundOrganisation()
            branch = try await hub.join("n1", seed: 2, [], founder, organisation)
            try await hub.synchronise(branch, organisation)
        }

        func stored(_ feed: FeedID) async throws -> UInt64 {
            try await hub.store.transaction { try $0.vector()[feed] }
        }
    }

    private func audit(_ count: Int, on replica: Replica) async throws {
        _ = try await replica.write { transaction in
            for number in 0..<count {
                try transaction.append(
                    UInt64(number), kind: "audit.other", topic: .audit, scope: Self.scope,
                    actor: "test")
            }
        }
    }

    private func export(_ replica: Replica, as name: String) async throws -> String {
        var file: [UInt8] = []
        _ = try await ExportMaker(replica, program: "1").make(write: { file += $0 })
        let path = directory.file(name)
        try Data(file).write(to: URL(filePath: path))
        return path
    }

    private func take(_ path: String, into hub: TestHub) async throws -> HubImport.Outcome {
        try await HubImport(home: directory.path, environment: hub.manual.environment)
            .take(path, named: path, into: hub.hub)
    }

    @Test func `a file of a branch without network reaches the hub and everybody, once`()
        async throws
    {
        let world = try await World()
        try await audit(3, on: world.branch)
        let feed = world.branch.identity.feed(.audit, Self.scope)
        let file = try await export(world.branch, as: "n1.sync")
        for new in [3, 0] {
            let outcome = try await take(file, into: world.hub)
            #expect(outcome.fork == nil)
            #expect(outcome.text.en.contains("“n1”") && outcome.text.en.contains("\(new) new"))
            #expect(outcome.text.es.contains("Importado de «n1»"))
            #expect(outcome.json.text.contains("\"new_records\":\(new)"))
            #expect(try await world.stored(feed) == 3)
        }
        #expect(world.hub.hub.refusals.all.isEmpty)
        try await world.hub.synchronise(world.founder, world.organisation)
        #expect(
            try await world.founder.read { try $0.stateDigests() }
                == world.hub.store.stateDigests())
        // When the branch has a network one day, nothing comes twice.
        try await audit(1, on: world.branch)
        try await world.hub.synchronise(world.branch, world.organisation)
        #expect(try await world.stored(feed) == 4)
    }

    @Test func `two histories of a device are kept, told, and freeze it`() async throws {
        let world = try await World()
        try await audit(1, on: world.branch)
        let feed = world.branch.identity.feed(.audit, Self.scope)
        let liar = LyingAuthor(replica: world.branch, organisation: world.organisation)
        var request = ExchangeRequest()
        request.batches = [liar.batch([liar.record()])]
        _ = try await world.hub.channel(for: world.branch, organisation: world.organisation)
            .ask(.exchange(request), within: .seconds(1))
        let outcome = try await take(
            try await export(world.branch, as: "n1.sync"), into: world.hub)
        #expect(outcome.fork?.exitStatus == .badData)
        #expect(outcome.fork?.explanation.en.contains(feed.device.description) == true)
        #expect(try await world.hub.store.transaction { try $0.frozenDevices() } == [feed.device])
        #expect(world.hub.hub.refusals.all.map(\.name) == ["feedFork"])
        #expect(try await world.stored(feed) == 1)
    }

    @Test func `of a revoked device the log is taken, and no configuration`() async throws {
        let world = try await World()
        let admin = try await world.hub.join(
            "n2", seed: 3, [.admin], world.founder, world.organisation)
        try await world.hub.writer(world.founder, world.organisation).make { _ in
            .grant(device: admin.identity.id, capabilities: [.admin], keys: [])
        }
        try await world.hub.synchronise(admin, world.organisation)
        try await audit(1, on: admin)
        try await admin.write {
            try $0.configure([RegisterPath("mail", "size"): .integer(1)], actor: "n2")
        }
        let file = try await export(admin, as: "n2.sync")
        try await world.hub.writer(world.founder, world.organisation).revoke(admin.identity.id)
        let outcome = try await take(file, into: world.hub)
        #expect(outcome.json.text.contains("\"refused\":1"))
        #expect(try await world.stored(admin.identity.feed(.audit, Self.scope)) == 1)
        #expect(try await world.stored(admin.identity.feed(.config, .organisation)) == 0)
        #expect(world.hub.hub.refusals.all.map(\.name) == ["notPermitted"])
    }

    @Test func `a file that is cut, altered or another organisation's changes nothing`()
        async throws
    {
        let world = try await World()
        try await audit(3, on: world.branch)
        let file = try await export(world.branch, as: "n1.sync")
        let whole = [UInt8](try Data(contentsOf: URL(filePath: file)))
        let other = try await TestHub(seed: 700)
        let (stranger, _) = try await other.foundOrganisation(
            recovery: RecoveryKey(randomFrom: ManualEnvironment(seed: 71).environment))
        let foreign = try await export(stranger, as: "foreign.sync")
        let before = try await world.hub.store.stateDigests()
        var rows: [(String, [UInt8], ExportError.Code)] = [
            ("nothing", [], .notAnExport), ("rubbish", Array("hola".utf8), .notAnExport),
            ("cut", Array(whole.dropLast(9)), .truncated), ("longer", whole + [0], .tooLong),
            ("foreign", [UInt8](try Data(contentsOf: URL(filePath: foreign))), .otherOrganisation),
        ]
        var changed = whole
        changed[whole.count / 2] ^= 1
        rows.append(("changed", changed, .altered))
        for (name, bytes, code) in rows {
            let path = directory.file("bad.sync")
            try Data(bytes).write(to: URL(filePath: path))
            do {
                _ = try await take(path, into: world.hub)
                Issue.record("\(name) was taken")
            } catch let error as ExportError {
                #expect(error.code == code, "\(name)")
            }
            #expect(try await world.hub.store.stateDigests() == before, "\(name)")
        }
    }

    @Test func `a hub that runs takes a file through its own door, and tells failures`()
        async throws
    {
        let world = try await World()
        try await audit(2, on: world.branch)
        let file = try await export(world.branch, as: "n1.sync")
        let (home, hub) = (directory.path, world.hub.hub)
        let files = HubImport(home: home, environment: .live())
        let control = try #require(try ControlSocket(in: home))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await control.run(
                    .live(), importer: { try await files.take($0, named: $1, into: hub) },
                    { _, _, _ in .null })
            }
            let imported = try await Self.off {
                try ControlSocket.ask(home, toImport: file, named: "n1.sync")
            }
            #expect(imported?.hasForks == false)
            #expect(imported?.text.en.contains("2 new records") == true)
            #expect(imported?.json.hasPrefix("{\"maker\":") == true)
            let error = await #expect(throws: (any Error).self) {
                _ = try await Self.off {
                    try ControlSocket.ask(home, toImport: "/dev/null", named: "mi\tarchivo")
                }
            }
            let told = try #require(error as? any ExplainedError)
            #expect(told.exitStatus == .badData)
            #expect(told.explanation.en.contains("mi archivo cannot be imported"))
            group.cancelAll()
            while true {
                do { guard try await group.next() != nil else { break } } catch {
                    continue
                }
            }
        }
    }

    /// Runs what blocks on a thread of its own.
    private static func off<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { turn in
            Thread.detachNewThread { turn.resume(with: Result { try body() }) }
        }
    }
}
