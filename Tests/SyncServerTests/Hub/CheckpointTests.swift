import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// A hub cannot show two devices different histories without being found out.
struct CheckpointTests {
    /// A hub, an administrator and two devices of one branch.
    private struct World {
        let hub: TestHub
        let organisation: Digest
        let devices: [Replica]

        init() async throws {
            hub = try await TestHub()
            let (founder, organisation) = try await hub.foundOrganisation()
            self.organisation = organisation
            devices = [
                founder, try await hub.join("n1", seed: 2, [], founder, organisation),
                try await hub.join("n2", seed: 3, [], founder, organisation),
            ]
            for index in devices.indices { try await writeAndSync(index) }
        }

        func write(_ index: Int) async throws {
            _ = try await devices[index].write { transaction in
                try transaction.append(
                    UInt64(index), kind: "audit.other", topic: .audit,
                    scope: .branch(BranchID(validated: "matriz")), actor: "test")
            }
        }

        func writeAndSync(_ index: Int) async throws {
            try await write(index)
            try await sync(index)
        }

        func sync(_ index: Int) async throws {
            try await hub.synchronise(devices[index], organisation)
        }

        func newest(_ index: Int) async throws -> Checkpoint? {
            try await devices[index].read { try $0.checkpoints.newest() }
        }

        func kinds(_ index: Int) async throws -> Set<Alarm.Kind> {
            Set(try await devices[index].read { try AlarmStore($0.connection).all() }.map(\.kind))
        }

        /// Takes the last heads out of the hub's tree, as a hub does that has two of them.
        func forget(leaves count: Int) async throws {
            try await hub.store.transaction { transaction in
                let sqlite = try #require(transaction as? SQLiteTransaction)
                let size = Int(try sqlite.acceptedCount()) - count
                let connection = sqlite.transaction.connection
                for level in 0..<20 {
                    try connection.run(
                        "DELETE FROM hub_tree WHERE level = ? AND number >= ?",
                        .integer(level), .integer(size >> level))
                }
            }
        }

        /// Carries what one device holds to another, past the hub.
        func carry(from source: Int, to target: Int) async throws {
            var file: [UInt8] = []
            _ = try await ExportMaker(devices[source], program: "1").make(write: { file += $0 })
            let bytes = file
            let directory = TemporaryDirectory()
            _ = try await ExportImport(
                into: devices[target], path: "f", spool: directory.file("file")
            ).run(from: { try await $0(bytes) })
        }
    }

    /// A hub that acts as if it had not been shown what a device remembers.
    private struct Forgetful: HubChannel {
        let channel: HubClient

        func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
            guard case .exchange(var exchange) = request else {
                return try await channel.ask(request, within: wait)
            }
            exchange.checkpoint = nil
            return try await channel.ask(.exchange(exchange), within: wait)
        }
    }

    @Test func `devices remember ever newer checkpoints, and sign them into their heads`()
        async throws
    {
        let world = try await World()
        let first = try #require(try await world.newest(1))
        try await world.writeAndSync(0)
        try await world.writeAndSync(1)
        let second = try #require(try await world.newest(1))
        #expect(second.size > first.size)
        let feed = world.devices[1].identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        let head = try await world.devices[1].read {
            try $0.feeds.batch(of: feed, after: 1)?.head
        }
        #expect(head?.checkpoint == first.bytes)
        for index in world.devices.indices {
            try await world.sync(index)
            #expect(try await world.kinds(index).isEmpty)
            let report = try await LogVerifier(world.devices[index]).verify()
            #expect(report.isWhole)
            #expect(report.checkpoint?.size == 5)
        }
    }

    @Test func `one record that crosses exposes two histories, and log verify names both`()
        async throws
    {
        let world = try await World()
        for index in [1, 2] { try await world.sync(index) }
        // n1 is shown its own head; then the hub forgets it, and shows n2 another tree.
        try await world.writeAndSync(1)
        try await world.forget(leaves: 1)
        try await world.writeAndSync(2)
        let (one, other) = (try await world.newest(1), try await world.newest(2))
        #expect(one?.size == other?.size)
        #expect(one?.root != other?.root)
        #expect(try await world.kinds(1).isEmpty)
        // The head in which n2 names what it was shown reaches n1 on a stick.
        try await world.write(2)
        try await world.carry(from: 2, to: 1)
        #expect(try await world.kinds(1) == [.splitView])
        let report = try await LogVerifier(world.devices[1]).verify()
        #expect(!report.isWhole)
        #expect(report.findings.isEmpty)
        let evidence = try #require(report.splitViews.first)
        #expect(
            Set([evidence.first.root, evidence.second.root]) == Set([one, other].map { $0?.root }))
        #expect(evidence.witness?.feed.device == world.devices[2].identity.id)
        for checkpoint in [evidence.first, evidence.second] {
            #expect(checkpoint.isSigned(by: world.hub.store.identity.signingKey.verificationKey))
        }
    }

    @Test func `a checkpoint of another size has to be proved by the hub`() async throws {
        let world = try await World()
        for index in [1, 2] { try await world.sync(index) }
        try await world.writeAndSync(1)
        try await world.forget(leaves: 1)
        try await world.writeAndSync(2)
        try await world.writeAndSync(2)
        // The hub shows n1 its own tree again, and that goes on to grow.
        try await world.write(2)
        try await world.carry(from: 2, to: 1)
        #expect(try await world.kinds(1).isEmpty)
        let unproven = try await world.devices[1].read {
            try $0.checkpoints.unproven(maximum: 9)
        }
        #expect(unproven.count == 1)
        try await world.forget(leaves: 2)
        let batch = try await world.devices[1].read { transaction in
            try transaction.feeds.batch(
                of: transaction.identity.feed(.audit, .branch(BranchID(validated: "matriz"))),
                after: 1)
        }
        try await world.hub.store.transaction { transaction in
            let sqlite = try #require(transaction as? SQLiteTransaction)
            let tables = CheckpointTables(connection: sqlite.transaction.connection)
            if let batch { try tables.append(batch.head) }
            for _ in 0..<3 { try tables.append(try #require(batch).head) }
        }
        try await world.sync(1)
        #expect(try await world.kinds(1) == [.splitView])
    }

    @Test func `a hub that cannot prove what a device remembers is found out`() async throws {
        let world = try await World()
        try await world.sync(1)
        let before = try #require(try await world.newest(1))
        try await world.forget(leaves: 2)
        let feed = world.devices[2].identity.feed(.audit, .branch(BranchID(validated: "matriz")))
        let batch = try await world.devices[2].read { try $0.feeds.batch(of: feed, after: 0) }
        try await world.hub.store.transaction { transaction in
            let sqlite = try #require(transaction as? SQLiteTransaction)
            let tables = CheckpointTables(connection: sqlite.transaction.connection)
            for _ in 0..<3 { try tables.append(try #require(batch).head) }
        }
        let channel = world.hub.channel(
            for: world.devices[1], organisation: world.organisation)
        try await SyncDriver(
            replica: world.devices[1], channel: Forgetful(channel: channel)
        ).synchronise()
        #expect(try await world.kinds(1) == [.splitView])
        // What the device goes on to tell others is what it was shown first.
        #expect(try await world.newest(1) == before)
    }

    @Test func `a hub that was set back, and is shown what it signed, begins another life`()
        async throws
    {
        let world = try await World()
        try await world.sync(1)
        let life = world.hub.store.identity.incarnation
        try await world.forget(leaves: 1)
        try await world.sync(1)
        #expect(world.hub.store.identity.incarnation != life)
        let wish = LeaseRequest(
            account: AccountID(validated: "ventas"), fence: nil, canReach: true)
        let channel = world.hub.channel(
            for: world.devices[0], organisation: world.organisation)
        guard
            case .lease(let replies) = try await channel.ask(.lease([wish]), within: .seconds(1)),
            case .refused = replies[0].outcome
        else {
            Issue.record("A lease was granted while one that was forgotten may last.")
            return
        }
        // A device's own hand cannot do that: it has to be the hub's signature.
        let next = world.hub.store.identity.incarnation
        let newest = try #require(try await world.newest(1))
        let forged = Checkpoint(
            organisation: world.organisation, of: world.devices[1].identity, size: 99,
            root: newest.root, time: newest.time)
        var request = ExchangeRequest()
        request.checkpoint = forged.bytes
        _ = try await channel.ask(.exchange(request), within: .seconds(1))
        #expect(world.hub.store.identity.incarnation == next)
    }

    @Test func `a hub that is shown what it signed in a life it forgot begins another, once`()
        async throws
    {
        let world = try await World()
        let own = world.hub.store.identity
        let forgotten = DeviceIdentity(
            name: own.name, signingKey: own.signingKey, sealingKey: own.sealingKey,
            incarnation: Incarnation(number: own.incarnation.number ^ 1))
        let checkpoint = Checkpoint(
            organisation: world.organisation, of: forgotten, size: 1,
            root: Digest(of: [1]), time: Timestamp(milliseconds: 1))
        let channel = world.hub.channel(
            for: world.devices[0], organisation: world.organisation)
        var request = ExchangeRequest()
        request.checkpoint = checkpoint.bytes
        _ = try await channel.ask(.exchange(request), within: .seconds(1))
        let next = world.hub.store.identity.incarnation
        #expect(next != own.incarnation)
        #expect(
            try await world.hub.store.formerLives().map(\.incarnation)
                == [forgotten.incarnation, own.incarnation])
        _ = try await channel.ask(.exchange(request), within: .seconds(1))
        #expect(world.hub.store.identity.incarnation == next)
    }

    @Test func `a hub that stops giving checkpoints is told of`() async throws {
        struct Silent: HubChannel {
            let channel: HubClient

            func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
                let reply = try await channel.ask(request, within: wait)
                guard case .exchange(var exchange) = reply else { return reply }
                exchange.checkpoint = nil
                return .exchange(exchange)
            }
        }
        let world = try await World()
        try await world.sync(1)
        let channel = world.hub.channel(
            for: world.devices[1], organisation: world.organisation)
        let silent = SyncDriver(replica: world.devices[1], channel: Silent(channel: channel))
        try await silent.synchronise()
        #expect(try await world.kinds(1) == [.checkpointMissing])
        try await world.sync(1)
        #expect(try await world.kinds(1).isEmpty)
    }
}
