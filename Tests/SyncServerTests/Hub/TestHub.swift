import HTTPService
import Glibc
import SyncCore
import SyncServer
import TestSupport
import Testing

@testable import SyncServer

/// A hub in memory of a test, and devices that talk to it through the real seal.
struct TestHub {
    let hub: Hub
    let store: SQLiteStore
    let manual: ManualEnvironment
    private let directory: TemporaryDirectory

    init(seed: UInt64 = 500) async throws {
        directory = TemporaryDirectory()
        manual = ManualEnvironment(seed: seed)
        let environment = manual.environment
        store = try await SQLiteStore(
            path: directory.file("hub.db"),
            key: SecretBytes(randomCount: 32, from: environment), environment: environment)
        hub = try await Hub(store: store, environment: environment)
    }

    private init(
        store: SQLiteStore, manual: ManualEnvironment, hub: Hub, directory: TemporaryDirectory
    ) {
        (self.store, self.manual, self.hub, self.directory) = (store, manual, hub, directory)
    }

    /// The same hub after a start, perhaps of another version.
    func reopened(speaking versions: ProtocolVersions = .present) async throws -> TestHub {
        TestHub(
            store: store, manual: manual,
            hub: try await Hub(
                store: store, environment: manual.environment, versions: versions),
            directory: directory)
    }

    var card: HubCard { HubCard(url: "https://hub.example.mx", card: store.identity.card) }

    /// A device's way to this hub.
    func channel(
        for replica: Replica, organisation: Digest, speaking versions: ProtocolVersions = .present
    ) -> HubClient {
        HubClient(
            identity: replica.identity, organisation: organisation, hub: store.identity.card,
            transport: DirectTransport(handler: HubHandler(hub: hub)),
            environment: replica.environment, versions: versions,
            life: { replica.identity.incarnation })
    }

    /// A new replica that belongs to nothing yet; the seed gives its key, and `later` its chance
    /// from now on.
    func replica(
        _ name: String, seed: UInt64, later: UInt64? = nil, habitat: HabitatCheck = .file,
        folds: [any RecordFold] = [], clockAhead: Duration = .zero
    ) async throws -> Replica {
        let manual = ManualEnvironment(seed: seed)
        manual.setWall(manual.environment.now().advanced(by: clockAhead))
        let environment = manual.environment
        let key = SecretBytes(randomCount: 32, from: environment)
        return try await Replica.open(
            path: directory.file("\(name).db"),
            key: key, name: name, folds: folds, habitat: habitat,
            environment: later.map { seed in
                let manual = ManualEnvironment(seed: seed)
                manual.setWall(manual.environment.now().advanced(by: clockAhead))
                return manual.environment
            } ?? environment)
    }

    /// Copies the file of a replica that is closed.
    func copyReplica(_ name: String, as copy: String) throws {
        let source = try #require(fopen(directory.file("\(name).db"), "r"))
        defer { fclose(source) }
        let target = try #require(fopen(directory.file("\(copy).db"), "w"))
        defer { fclose(target) }
        // A database that others may read is refused.
        try #require(fchmod(fileno(target), 0o600) == 0)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, source)
            guard count > 0 else { break }
            try #require(fwrite(buffer, 1, count, target) == count)
        }
    }
}

/// Carries requests to a hub in the same process.
struct DirectTransport: SyncTransport {
    let handler: HubHandler

    func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8] {
        await handler.respond(
            to: HTTPRequest(method: .post, path: HubHandler.path, body: request)
        ).body
    }
}
