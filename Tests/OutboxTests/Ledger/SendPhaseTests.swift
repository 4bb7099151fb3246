import Outbox
import SyncCore
import TestSupport
import Testing
import TestThreads

/// A device that ends in each phase of a send, with the real dispatcher, journal and encrypted
/// replica, and what its next life makes of it.
struct SendPhaseTests {
    /// A device with mails in its outbox, its hub if it has one, and where the mails go.
    private struct World {
        var device: OutboxDevice
        let hub: ScriptedHub?
        let server: any MailPost

        init(hasHub: Bool, _ server: any MailPost = RememberingServer()) async throws {
            self.server = server
            device = try await OutboxDevice()
            let manual = device.manual
            hub =
                hasHub
                ? ScriptedHub(for: device.replica.identity.id, now: { manual.environment.now() })
                : nil
            try await device.enqueue(
                (1...5).map { try QueueFixture.mail($0, to: ["cliente\($0)@example.com"]) }
                    + [QueueFixture.mail(6, to: ["ana@example.com", "bea@example.com"])])
        }

        func live(_ killer: Killer = Killer(at: 0), connections: Int) async throws {
            try await DispatchLife(
                of: device, hub: hub, server: server, killer: killer, connections: connections
            ).work(device, hub)
        }

        /// The recipients of which the log says one of some words.
        func recipients(_ words: [LogWord]) async throws -> Set<String> {
            var addresses: Set<String> = []
            for line in try await device.log(words) {
                addresses.insert(try await address(of: try #require(line.delivery)))
            }
            return addresses
        }

        func address(of delivery: DeliveryID) async throws -> String {
            try #require(
                try await device.replica.read { try $0.outbox.address(of: delivery) })
        }
    }

    private static let recipientsCount = 7

    @Test(.longComputation, arguments: [(true, 1), (false, 1), (true, 2)])
    func `a device killed in any phase of a send loses no mail and sends none twice`(
        hasHub: Bool, connections: Int
    ) async throws {
        var claimedAtOnce = 0
        for phase in SendPhase.allCases where hasHub || phase != .offered {
            var time = 0
            while true {
                time += 1
                let killer = Killer(in: phase, time: time)
                let place = "\(phase) \(time), hub \(hasHub), \(connections) connections"
                let isStruck = try await kill(
                    killer, isFirst: time == 1, in: phase, hasHub: hasHub,
                    connections: connections, place)
                guard isStruck else { break }
                if phase == .claimed { claimedAtOnce = max(claimedAtOnce, killer.amount) }
                try #require(time < 100)
            }
            #expect(time > 1, "\(phase) was never passed")
        }
        #expect(claimedAtOnce > 1, "No device ended with several mails claimed.")
    }

    // The journal's word comes before the body's first byte also where a real conversation is
    // pipelined, so that the next mail is on its way while a verdict is awaited.
    @Test(
        .realWorld, arguments: [SendPhase.connected, .begun, .handedOver, .answered, .concluded])
    func `over a real connection too, nothing is lost and nothing sent twice`(
        phase: SendPhase
    ) async throws {
        let post = try await SMTPPost(isSilent: phase == .handedOver)
        var time = 0
        while true {
            time += 1
            let isStruck = try await kill(
                Killer(in: phase, time: time), isFirst: time == 1, in: phase, hasHub: true,
                connections: 1, server: post.begin(), "\(phase) \(time) over SMTP")
            guard isStruck else { break }
            try #require(time < 100)
            // A server that is silent is asked once.
            if phase == .handedOver { break }
        }
        #expect(time > 1 || phase == .handedOver, "\(phase) was never passed")
    }

    /// Runs one life until the killer strikes and others after it; returns whether it struck.
    private func kill(
        _ killer: Killer, isFirst: Bool, in phase: SendPhase, hasHub: Bool, connections: Int,
        server: any MailPost = RememberingServer(), _ place: String
    ) async throws -> Bool {
        var world = try await World(hasHub: hasHub, server)
        do { try await world.live(killer, connections: connections) } catch {
            try #require(killer.hasStruck, "\(place): \(error)")
        }
        let isStruck = killer.hasStruck
        if isStruck {
            let begun = world.server.begun
            try await world.device.restart()
            let doubt = try await checkRestart(of: world, begun: begun, place)
            if isFirst, phase.isBeforeData {
                #expect(doubt.isEmpty && begun.isEmpty, "\(place)")
            }
            try await world.live(connections: connections)
            try await world.live(connections: connections)
            try await checkEnd(of: world, doubt: doubt, place)
        }
        try await world.device.replica.close()
        return isStruck
    }

    /// Settles the journal: in doubt is what was begun and has no outcome, and nothing else.
    private func checkRestart(
        of world: World, begun: Set<String>, _ place: String
    ) async throws -> Set<String> {
        let concluded = try await world.recipients([.sent])
        let journalled = try await world.recipients([.dataBegun])
        let life = try await DispatchLife(of: world.device, hub: world.hub, server: world.server)
        var doubt: Set<String> = []
        for delivery in try await life.dispatcher.settle() {
            doubt.insert(try await world.address(of: delivery))
        }
        // What a server may have was begun, and what was begun is in the journal.
        #expect(begun.isSubset(of: journalled), "\(place)")
        #expect(Set(try world.server.copies.keys).isSubset(of: journalled), "\(place)")
        #expect(doubt == journalled.subtracting(concluded), "\(place)")
        return doubt
    }

    private func checkEnd(of world: World, doubt: Set<String>, _ place: String) async throws {
        let copies = try world.server.copies
        let records = try await world.device.deliveries()
        #expect(records.count == Self.recipientsCount, "\(place)")
        for record in records {
            let address = try await world.address(of: record.delivery)
            switch record.state {
            case .sent: #expect(copies[address] == 1, "\(place): \(address)")
            case .inDoubt:
                #expect(doubt.contains(address), "\(place): \(address)")
                #expect(copies[address] ?? 0 <= 1, "\(place): \(address)")
            default: Issue.record("\(place): \(address) is \(record.state)")
            }
        }
        if let states = world.hub?.states {
            #expect(states.sorted() == records.map(\.state.word).sorted(), "\(place)")
        }
    }
}
