import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent
@testable import SyncServer

/// A device that is restored from a backup, or copied, in an organisation with a hub.
struct RestoredDeviceTests {
    /// The time at which the mails of these tests may go.
    private static let later = Timestamp(milliseconds: 1_900_000_000_000)

    /// Queues a mail on the second device that waits for its time, and returns its name.
    private func queue(
        _ number: UInt8, after wait: Duration = .zero, _ organisation: LiveOrganisation
    ) async throws -> MessageID {
        try await organisation.queue(number, on: 1, notBefore: Self.later.advanced(by: wait))
    }

    private func record(
        _ message: MessageID, _ replica: Replica
    ) async throws -> DeliveryRecord {
        let id = DeliveryID(message: message, recipient: 0)
        return try #require(try await replica.read { try $0.outbox.delivery(id) })
    }

    /// What the hub knows of a mail.
    private func hubRecord(
        _ message: MessageID, _ organisation: LiveOrganisation
    ) async throws -> DeliveryRecord? {
        let id = DeliveryID(message: message, recipient: 0)
        return try await organisation.store.transaction { try $0.delivery(id)?.record }
    }

    /// The hub's alarms.
    private func alarms(_ organisation: LiveOrganisation) async throws -> [Alarm.Kind] {
        try await organisation.store.transaction { transaction in
            let sqlite = try #require(transaction as? SQLiteTransaction)
            return try AlarmStore(sqlite.transaction.connection).all().map(\.kind)
        }
    }

    /// Lets a device give a mail into the hub's keeping.
    private func offer(
        _ message: MessageID, from engine: Engine, _ organisation: LiveOrganisation
    ) async throws {
        let workspace = try engine.workspace()
        let channel = try #require(try await workspace.channel())
        _ = try await OfferWorker(replica: workspace.replica, channel: channel)
            .offerWaiting(at: Self.later)
        try await workspace.driver()?.synchronise()
        #expect(try await hubRecord(message, organisation)?.custody == .hub)
    }

    @Test func `what the former life gave to the hub stays there, and the rest is in doubt`()
        async throws
    {
        try await LiveOrganisation.with(engines: 2) { organisation in
            let given = try await queue(1, organisation)
            let kept = try await queue(2, after: .seconds(60), organisation)
            let place = TemporaryDirectory()
            let path = place.file("b.bak")
            try await organisation.run(["backup", "create", path], on: 1)
            try await offer(given, from: organisation.engines[1], organisation)

            let home = TemporaryDirectory()
            let old = organisation.engines[1].home
            WholeFile(home.file("machine.key")).write(
                try #require(WholeFile("\(old)/machine.key").bytes))
            let engine = try await Engine.open(
                home: home.path, environment: organisation.environment)
            let bytes = try #require(WholeFile(path).bytes)
            let ending = try await BackupHome.run(
                ["backup", "restore", "b.bak"], on: engine, files: ["b.bak": bytes])
            #expect(ending.status == .done, "\(ending.error)")
            let replica = try engine.workspace().replica
            #expect(replica.identity.id == (try organisation.replica(1).identity.id))
            #expect(try await record(given, replica).state == .inDoubt(nil))
            #expect(try await record(kept, replica).state == .inDoubt(nil))

            // From the hub it hears what it did after the backup.
            try await engine.workspace().driver()?.synchronise()
            try await engine.workspace().driver()?.synchronise()
            #expect(try await record(given, replica).custody == .hub)
            #expect(try await !record(given, replica).isSuspect)
            #expect(try await record(kept, replica).state == .inDoubt(nil))
            #expect(try await hubRecord(given, organisation)?.isSuspect == false)
            #expect(try await alarms(organisation) == [.newLife])
            #expect(try await organisation.store.dismissAlarms().isEmpty)
            #expect(try await alarms(organisation).isEmpty)

            // It offers nothing by itself, whatever time it is.
            let channel = try #require(try await engine.workspace().channel())
            let pass = try await OfferWorker(replica: replica, channel: channel)
                .offerWaiting(at: Self.later.advanced(by: .seconds(3600)))
            #expect(pass.offered == 0)
            for index in 0..<2 {
                try await organisation.run(["sync"], on: index)
                #expect(
                    try await LogVerifier(organisation.replica(index)).verify().isWhole)
            }
            #expect(try await LogVerifier(replica).verify().isWhole)
            let log = try await organisation.run(["log", "list", "--json"], on: 0)
            #expect(log.contains("RESTORED"))
            try await engine.close()
            withExtendedLifetime(home) {}
        }
    }

    @Test func `a copy that runs beside the original forks nothing and takes nothing from it`()
        async throws
    {
        try await LiveOrganisation.with(engines: 2) { organisation in
            let message = try await queue(3, organisation)
            let original = organisation.engines[1]
            // As `cp -a` of a home at rest.
            let home = TemporaryDirectory()
            try await copyHome(of: original, to: home)
            let engine = try await Engine.open(
                home: home.path, environment: organisation.environment)
            let copy = try engine.workspace().replica
            #expect(try await record(message, copy).state == .inDoubt(nil))
            try await engine.workspace().driver()?.synchronise()
            try await organisation.run(["sync"], on: 1)
            try await organisation.run(["sync"], on: 1)
            // The original remembers what it did, and the hub takes the mail from it.
            let own = try await record(message, organisation.replica(1))
            #expect(!own.isSuspect)
            try await offer(message, from: original, organisation)
            #expect(try await hubRecord(message, organisation)?.isSuspect == false)
            try await engine.workspace().driver()?.synchronise()
            try await engine.workspace().driver()?.synchronise()
            #expect(try await record(message, copy).custody == .hub)
            let copied = try await record(message, copy)
            let stored = try await hubRecord(message, organisation)
            #expect(!copied.isSuspect, "\(copied.facts) \(stored?.facts ?? [])")
            #expect(try await alarms(organisation) == [.newLife])
            #expect(try await LogVerifier(copy).verify().isWhole)
            try await engine.close()
            withExtendedLifetime(home) {}
        }
    }

    /// Copies the files of a home whose engine is open, through a backup of its database.
    private func copyHome(of engine: Engine, to home: TemporaryDirectory) async throws {
        let replica = try engine.workspace().replica
        try await replica.copy(
            to: home.file("replica.db"), key: try await replica.backupKeys().dataKey)
        for name in ["machine.key", "replica.db.keys"] {
            WholeFile(home.file(name)).write(
                try #require(WholeFile("\(engine.home)/\(name)").bytes))
        }
    }
}
