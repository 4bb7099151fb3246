import Outbox
import SyncCore
import TestSupport
import Testing

struct OfferWorkerTests {
    private func world() async throws -> (OutboxDevice, ScriptedHub, OfferWorker) {
        let device = try await OutboxDevice()
        let manual = device.manual
        let hub = ScriptedHub(
            for: device.replica.identity.id, now: { manual.environment.now() })
        return (device, hub, OfferWorker(replica: device.replica, channel: hub))
    }

    private func large() throws -> MailSubmission {
        try QueueFixture.mail(1, text: String(repeating: "Línea de texto. ", count: 60_000))
    }

    @Test func `custody passes when every byte is at the hub`() async throws {
        let (device, hub, worker) = try await world()
        try await device.enqueue([large()])
        #expect(try await worker.offerWaiting().offered == 1)
        #expect(hub.count(of: "putBlob") > 1)
        let record = try #require(try await device.deliveries().first)
        #expect(record.custody == .hub)
        try await hub.pull(from: device.replica)
        #expect(hub.states == ["queued"])
        // The hub holds nothing that it could read.
        let text = Array("Línea de texto".utf8)
        #expect(hub.blobs.allSatisfy { blob in blob.firstRange(of: text) == nil })
        #expect(try await worker.offerWaiting().offered == 0)
    }

    @Test(arguments: [ScriptedHub.Fault.loseRequest, .loseReply, .refuse(.unavailable)])
    func `an upload that breaks off keeps custody here, and goes on where it stopped`(
        fault: ScriptedHub.Fault
    ) async throws {
        let (device, hub, worker) = try await world()
        try await device.enqueue([large()])
        hub.lose("putBlob", fault)
        let pass = try await worker.offerWaiting()
        #expect(pass.offered == 0)
        #expect(pass.isUnfinished)
        #expect(try await device.deliveries().first?.custody == .origin)
        #expect(try await worker.offerWaiting().offered == 1)
        #expect(hub.blobs.count == 1)
        #expect(try await device.deliveries().first?.custody == .hub)
    }

    @Test func `a stale membership asks for a sync`() async throws {
        let (device, hub, worker) = try await world()
        try await device.enqueue([QueueFixture.mail(1)])
        hub.lose("putBlob", .refuse(.membershipStale))
        #expect(try await worker.offerWaiting().needsSync)
        #expect(try await device.deliveries().first?.custody == .origin)
    }

    @Test func `what is cancelled, held or not due is not offered`() async throws {
        let (device, _, worker) = try await world()
        var later = try QueueFixture.mail(3)
        later.terms.notBefore = device.manual.environment.now().advanced(by: .seconds(60))
        try await device.enqueue([QueueFixture.mail(1), QueueFixture.mail(2), later])
        for (number, decision) in [(1, OutboxDecision.cancel), (2, .hold)] {
            let id = DeliveryID(
                message: MessageID(validated: QueueFixture.bytes(1, number)), recipient: 0)
            _ = try await device.replica.write {
                try $0.decide(decision, about: id, actor: "juan")
            }
        }
        #expect(try await worker.offerWaiting().offered == 0)
        device.manual.advance(by: .seconds(61))
        #expect(try await worker.offerWaiting().offered == 1)
    }

    @Test func `a recipient that is held keeps no other one here, and follows later`()
        async throws
    {
        let (device, hub, worker) = try await world()
        let mail = try QueueFixture.mail(1, to: ["a@example.com", "b@example.com"])
        try await device.enqueue([mail])
        let id = DeliveryID(message: mail.message, recipient: 0)
        _ = try await device.replica.write { try $0.decide(.hold, about: id, actor: "juan") }
        #expect(try await worker.offerWaiting().offered == 1)
        #expect(try await worker.offerWaiting().offered == 0)
        try await hub.pull(from: device.replica)
        #expect(hub.offers.last?.recipients == ["", "b@example.com"])
        _ = try await device.replica.write { try $0.decide(.release, about: id, actor: "juan") }
        #expect(try await worker.offerWaiting().offered == 1)
        try await hub.pull(from: device.replica)
        #expect(hub.offers.last?.recipients == ["a@example.com", ""])
    }

    @Test func `a cancelled recipient is left out of the offer`() async throws {
        let (device, hub, worker) = try await world()
        let mail = try QueueFixture.mail(1, to: ["a@example.com", "b@example.com"])
        try await device.enqueue([mail])
        let id = DeliveryID(message: mail.message, recipient: 0)
        _ = try await device.replica.write {
            try $0.decide(.cancel, about: id, actor: "juan")
        }
        #expect(try await worker.offerWaiting().offered == 1)
        try await hub.pull(from: device.replica)
        #expect(hub.offers.first?.recipients == ["", "b@example.com"])
    }

    // Nobody but the origin can make a mail, change one or add a recipient.
    @Test func `a mail that the hub changed is not sent`() async throws {
        let (device, hub, _) = try await world()
        let server = RememberingServer()
        try await device.enqueue([QueueFixture.mail(1)])
        let life = try await DispatchLife(of: device, hub: hub, server: server)
        _ = try await life.offers?.offerWaiting()
        try await hub.pull(from: device.replica)
        hub.change { offer in
            offer = MailOffer(
                message: offer.message, branch: offer.branch, user: offer.user, type: offer.type,
                recipients: ["espia@example.net"], byteCount: offer.byteCount,
                created: offer.created, epoch: offer.epoch, manifest: offer.manifest,
                blob: offer.blob)
        }
        for _ in 0..<3 { await life.keeper.step() }
        await life.dispatcher.runUntilIdle()
        #expect(server.taken.isEmpty)
        #expect(hub.count(of: "claim") == 0)
    }
}
