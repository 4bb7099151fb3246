import Foundation
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// `fixtures/databases/N` holds what a released version left on a disk, ended by a kill, with its
/// keys; `contents.json` says what is in it.
struct ReplicaFixtureTests {
    private struct Contents: Decodable {
        let rows: [String: Int]
    }

    private static let root = URL(filePath: #filePath).pathComponents.dropFirst().dropLast(4)
        .joined(separator: "/")

    private let folder = TemporaryDirectory()

    /// Copies a fixture, private as the original was, and opens it.
    private func open(
        _ version: String, spoiling spoil: (WholeFile) -> Void = { _ in }
    ) async throws -> Replica {
        for name in ["replica.db", "replica.db-wal", "replica.db.keys", "machine.key"] {
            let bytes = WholeFile("\(Self.folder(of: version))/\(name)").bytes
            WholeFile(folder.file(name)).write(try #require(bytes, "\(name) is missing"))
        }
        spoil(WholeFile(folder.file("replica.db-wal")))
        let path = folder.file("replica.db")
        let key = try KeyFile.open(
            for: path, machineKey: try MachineKey.read(at: folder.file("machine.key")))
        return try await Replica.open(
            path: path, key: key, name: "", folds: Workspace.folds, mayCreate: false,
            habitat: .none, environment: .live())
    }

    private static func folder(of version: String) -> String {
        "/\(root)/fixtures/databases/\(version)"
    }

    private func alarms(of replica: Replica) async throws -> [Alarm] {
        try await replica.read { try AlarmStore($0.connection).all() }
    }

    @Test(arguments: ["1", "2"])
    func `A replica of every released version opens with all it holds`(
        version: String
    ) async throws {
        let contents = try JSONDecoder().decode(
            Contents.self,
            from: Data(
                contentsOf: URL(filePath: Self.folder(of: version) + "/contents.json")))
        let replica = try await open(version)
        for table in contents.rows.keys.sorted() where table != "schema_version" {
            let count = try await replica.inspect { connection in
                try connection.first("SELECT count(*) FROM \(table)") { $0.integer(0) }
            }
            // A later version may add facts of its own as it brings the tables up.
            let stored = try #require(contents.rows[table])
            let isWhole = table == "fact" ? count ?? 0 >= stored : count == stored
            #expect(isWhole, "\(table): \(count ?? 0) rows, not \(stored)")
        }
        let name = try await replica.read { $0.membership.name }
        #expect(name == "Ferretería Ejemplo")
        #expect(try await alarms(of: replica).isEmpty)
        let returnsPages = try await replica.inspect { try $0.returnsPages() }
        #expect(returnsPages, "It was not rewritten so that it can return free pages.")
        let sizes = try await replica.read { try $0.outbox.sizes() }
        #expect(sizes.bodies > 0)
        #expect(sizes.log > 0 && sizes.configuration > 0)
        try await replica.close()
    }

    @Test func `A log that was cut back raises an alarm that stays`() async throws {
        let cut = try await open("1") { log in
            var bytes = log.bytes ?? []
            bytes[5000] ^= 1
            log.write(bytes)
        }
        let raised = try await alarms(of: cut)
        #expect(raised.map(\.kind) == [.logHole])
        try await cut.close()
        // The log is empty by now. The alarm stands in the replica.
        let path = folder.file("replica.db")
        let key = try KeyFile.open(
            for: path, machineKey: try MachineKey.read(at: folder.file("machine.key")))
        let again = try await Replica.open(
            path: path, key: key, name: "", folds: Workspace.folds, environment: .live())
        #expect(try await alarms(of: again) == raised)
        try await again.close()
    }
}
