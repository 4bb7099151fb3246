import SyncCore
import Testing
import TestThreads

struct EnvelopeTests {
    private let world = EnvelopeWorld()
    private let request = HubRequest.getBlob(id: Digest(of: [1]), offset: 512)

    @Test func `Every request and reply passes through the seal`() throws {
        let replies = world.replies()
        for (index, (name, request)) in world.requests().enumerated() {
            let (bytes, opener) = world.sealer.seal(request, using: world.environment)
            let opened = try world.opener.open(bytes)
            #expect(opened.request == request, "\(name)")
            #expect(opened.organisation == world.organisation)
            #expect(opened.device == world.admin.id)
            #expect(opened.isSigned(by: world.admin.verificationKey))
            for reply in [replies[index].reply, replies[replies.count - 1].reply] {
                let sealed = opened.replySealer.seal(reply, using: world.environment)
                #expect(try opener.open(sealed) == reply)
            }
        }
    }

    @Test func `The same bytes may come twice`() throws {
        let (bytes, opener) = world.sealer.seal(request, using: world.environment)
        for height in 1...2 as ClosedRange<UInt64> {
            let opened = try world.opener.open(bytes)
            let reply = opened.replySealer.seal(
                .admitted(height: height), using: world.environment)
            #expect(try opener.open(reply) == .admitted(height: height))
        }
    }

    @Test func `Sealing twice gives other bytes under another key`() {
        let first = world.sealer.seal(request, using: world.environment).bytes
        let second = world.sealer.seal(request, using: world.environment).bytes
        #expect(first.prefix(12) == second.prefix(12))
        #expect(first[12..<44] != second[12..<44])
    }

    @Test func `An envelope sealed by an earlier version still opens`() throws {
        let name = "wire/envelope-get-blob"
        let made = world.sealer.seal(request, using: world.environment).bytes
        guard let bytes = EnvelopeFixture(name).bytes() else {
            EnvelopeFixture(name).check(made)
            return
        }
        let opened = try world.opener.open(bytes)
        #expect(opened.request == request)
        #expect(opened.isSigned(by: world.admin.verificationKey))
    }

    @Test(.longComputation) func `Every changed bit of a request is refused`() {
        let (bytes, _) = world.sealer.seal(request, using: world.environment)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let expected: EnvelopeError.Code =
                bit < 32 ? .malformed : bit < 96 ? .unknownHub : .notAuthentic
            do {
                _ = try world.opener.open(changed)
                Issue.record("bit \(bit) changed nothing")
            } catch {
                if error.code != expected { Issue.record("bit \(bit): \(error.code)") }
            }
        }
    }

    @Test func `Every changed bit of a reply is refused`() throws {
        let (bytes, opener) = world.sealer.seal(request, using: world.environment)
        let reply = try world.opener.open(bytes).replySealer
            .seal(.admitted(height: 9), using: world.environment)
        for bit in 0..<reply.count * 8 {
            var changed = reply
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            do {
                _ = try opener.open(changed)
                Issue.record("bit \(bit) changed nothing")
            } catch {
                let expected: EnvelopeError.Code = bit < 32 ? .malformed : .notAuthentic
                if error.code != expected { Issue.record("bit \(bit): \(error.code)") }
            }
        }
    }

    @Test func `Every truncation and every extension is refused`() throws {
        let (bytes, opener) = world.sealer.seal(request, using: world.environment)
        let reply = try world.opener.open(bytes).replySealer
            .seal(.released, using: world.environment)
        for count in bytes.indices {
            if (try? world.opener.open(Array(bytes.prefix(count)))) != nil {
                Issue.record("\(count) bytes of a request were opened")
            }
        }
        for count in reply.indices {
            if (try? opener.open(Array(reply.prefix(count)))) != nil {
                Issue.record("\(count) bytes of a reply were opened")
            }
        }
        #expect(throws: EnvelopeError(.notAuthentic)) { try world.opener.open(bytes + [0]) }
        #expect(throws: EnvelopeError(.notAuthentic)) { try opener.open(reply + [0]) }
    }

    @Test func `A reply answers its own request only`() throws {
        let first = world.sealer.seal(request, using: world.environment)
        let second = world.sealer.seal(request, using: world.environment)
        let reply = try world.opener.open(first.bytes).replySealer
            .seal(.released, using: world.environment)
        #expect(throws: EnvelopeError(.notAuthentic)) { try second.opener.open(reply) }
        #expect(throws: EnvelopeError(.malformed)) { try first.opener.open(first.bytes) }
    }

    @Test func `A reply is bound to its request even if chance repeats itself`() throws {
        // Two devices restored from one image, with the same state of chance: the same
        // ephemeral key, and so the same keys.
        let twin = EnvelopeWorld()
        let first = world.sealer.seal(request, using: world.environment)
        let second = twin.sealer.seal(.getBlob(id: .zero, offset: 0), using: twin.environment)
        #expect(first.bytes.prefix(44) == second.bytes.prefix(44))
        let reply = try world.opener.open(first.bytes).replySealer
            .seal(.released, using: world.environment)
        #expect(try first.opener.open(reply) == .released)
        #expect(throws: EnvelopeError(.notAuthentic)) { try second.opener.open(reply) }
    }

    @Test func `Another hub's key is answered in the clear`() {
        let other = EnvelopeWorld(seed: 2)
        let (bytes, opener) = world.sealer.seal(request, using: world.environment)
        #expect(throws: EnvelopeError(.unknownHub)) { try other.opener.open(bytes) }
        #expect(throws: EnvelopeError(.unknownHub)) {
            try opener.open(SealedEnvelope.unknownHubReply)
        }
    }

    @Test func `What is not an envelope is called so`() {
        let (_, opener) = world.sealer.seal(request, using: world.environment)
        let page = Array("<html><body>Portal cautivo</body></html>".utf8)
        let long = Array("SMR1".utf8) + [UInt8](repeating: 0, count: Limits.replyBytesMaximum)
        let longRequest =
            Array("SME1".utf8) + [UInt8](repeating: 0, count: Limits.requestBytesMaximum)
        for bytes in [[], page, long] {
            #expect(throws: EnvelopeError(.malformed)) { try opener.open(bytes) }
        }
        for bytes in [[], page, longRequest] {
            #expect(throws: EnvelopeError(.malformed)) { try world.opener.open(bytes) }
        }
    }

    @Test func `An ephemeral key of low order is refused`() {
        var (bytes, _) = world.sealer.seal(request, using: world.environment)
        bytes.replaceSubrange(12..<44, with: [UInt8](repeating: 0, count: 32))
        #expect(throws: EnvelopeError(.notAuthentic)) { try world.opener.open(bytes) }
    }

    @Test func `A request is believed of its signer only`() throws {
        let stranger = SigningKey(randomFrom: world.environment)
        // A stranger who claims to be the administrator, and one who is honest about his name.
        for device in [world.admin.id, stranger.verificationKey.deviceID] {
            let sealer = RequestSealer(
                key: stranger, device: device, organisation: world.organisation,
                hub: world.hub.card)
            let opened = try world.opener.open(
                sealer.seal(request, using: world.environment).bytes)
            #expect(!opened.isSigned(by: world.admin.verificationKey))
            #expect(opened.isSigned(by: stranger.verificationKey) == (device != world.admin.id))
        }
    }

    @Test func `A request signed for one hub is not believed by another with its sealing key`()
        throws
    {
        let (bytes, _) = world.sealer.seal(request, using: world.environment)
        let key = SigningKey(randomFrom: world.environment).verificationKey
        let other = RequestOpener(
            [HubKeys(sealingKey: world.hubSealingKey, verificationKey: key)],
            now: world.environment.now)
        #expect(!(try other.open(bytes).isSigned(by: world.admin.verificationKey)))
    }

    @Test func `A replaced key opens for 400 days, and is then unknown`() throws {
        let (bytes, _) = world.sealer.seal(request, using: world.environment)
        let retired = Timestamp(milliseconds: 1_000)
        let keys = [
            HubKeys(
                sealingKey: SealingKey(randomFrom: world.environment),
                verificationKey: SigningKey(randomFrom: world.environment).verificationKey),
            HubKeys(
                sealingKey: world.hubSealingKey, verificationKey: world.hubKey.verificationKey,
                retired: retired),
        ]
        let end = retired.advanced(by: .seconds(400 * 86_400))
        let early = RequestOpener(keys, now: { end.advanced(by: .milliseconds(-1)) })
        #expect(try early.open(bytes).isSigned(by: world.admin.verificationKey))
        #expect(throws: EnvelopeError(.unknownHub)) {
            try RequestOpener(keys, now: { end }).open(bytes)
        }
    }

    @Test func `Every failure says in both languages what to do`() {
        for code in EnvelopeError.Code.allCases {
            let explanation = EnvelopeError(code).explanation
            #expect(explanation.es.contains("."))
            #expect(explanation.en.contains("."))
            #expect(explanation.es != explanation.en)
        }
    }
}
