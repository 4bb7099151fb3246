/// The device's side of the seal: signs and seals requests for one hub.
package struct RequestSealer: Sendable {
    private let key: SigningKey
    private let device: DeviceID
    private let organisation: Digest
    private let hub: DeviceCard
    private let life: @Sendable () -> Incarnation?
    private let versions: ProtocolVersions

    /// Prepares to write to a hub.
    ///
    /// - Parameters:
    ///   - key: The device's signing key.
    ///   - device: The device, which the key determines.
    ///   - organisation: The hash of the organisation's genesis.
    ///   - hub: The hub's keys, as membership names them.
    ///   - versions: The versions of the protocol that the device speaks.
    ///   - life: Tells the present life of the device.
    package init(
        key: SigningKey, device: DeviceID, organisation: Digest, hub: DeviceCard,
        versions: ProtocolVersions = .present,
        life: @escaping @Sendable () -> Incarnation? = { nil }
    ) {
        self.life = life
        self.versions = versions
        self.key = key
        self.device = device
        self.organisation = organisation
        self.hub = hub
    }

    /// Seals a request, and returns what opens its reply.
    ///
    /// Sealing again gives other bytes. A retry sends the same bytes again, which is legal and
    /// gets a reply that the same opener opens.
    package func seal(
        _ request: HubRequest, using environment: Environment
    ) -> (bytes: [UInt8], opener: ReplyOpener) {
        let ephemeral = SealingKey(randomFrom: environment)
        guard let shared = ephemeral.sharedSecret(with: hub.sealingTarget) else {
            preconditionFailure("A card with a key of low order is refused where it is read.")
        }
        let keys = SealedEnvelope.keys(
            shared, hub: hub.sealingTarget, ephemeral: ephemeral.target)
        let message = SealedEnvelope.pack(
            RequestMessage(request, life: life(), versions: versions))
        let signed = RequestContent.signedContent(
            organisation: organisation, device: device, hub: hub.verificationKey,
            ephemeral: ephemeral.target, message: message)
        let content = RequestContent(
            organisation: organisation, device: device, message: message,
            signature: key.signature(over: signed, for: .request))
        let header = SealedEnvelope.header(hub: hub.sealingTarget, ephemeral: ephemeral.target)
        let bytes =
            header
            + keys.request.seal(content.canonicalBytes, context: header, using: environment)
        return (
            bytes, ReplyOpener(key: keys.reply, requestHash: Digest(of: bytes), versions: versions)
        )
    }
}

/// Opens the reply to one request, and no other.
package struct ReplyOpener: Sendable {
    private let key: SymmetricKey
    private let requestHash: Digest
    private let versions: ProtocolVersions

    fileprivate init(key: SymmetricKey, requestHash: Digest, versions: ProtocolVersions) {
        self.key = key
        self.requestHash = requestHash
        self.versions = versions
    }

    /// Opens a reply.
    ///
    /// - Throws: ``EnvelopeError``: `unknownHub` if the hub says, unauthenticated, that it does
    ///   not have the key; `malformed` if the bytes come from something else than a hub;
    ///   `hubIsOlder` or `deviceIsOlder` if there is no version that both speak.
    package func open(_ bytes: [UInt8]) throws(EnvelopeError) -> HubReply {
        if bytes.starts(with: SealedEnvelope.unknownHubReply) {
            throw EnvelopeError(.unknownHub, successor: Self.successor(in: bytes))
        }
        let magic = SealedEnvelope.replyMagic
        guard bytes.count <= Limits.replyBytesMaximum, bytes.starts(with: magic) else {
            throw EnvelopeError(.malformed)
        }
        let context = SealedEnvelope.replyContext(requestHash)
        guard let packed = key.open(Array(bytes.dropFirst(magic.count)), context: context) else {
            throw EnvelopeError(.notAuthentic)
        }
        let message: [UInt8]
        let hubVersions: ProtocolVersions
        do throws(CodingError) {
            message = try SealedEnvelope.decompress(packed)
            hubVersions = try ProtocolVersions.named(in: message)
        } catch {
            throw EnvelopeError(.content, cause: error)
        }
        switch versions.agreement(with: hubVersions) {
        case .common: break
        case .otherIsOlder: throw EnvelopeError(.hubIsOlder)
        case .thisIsOlder: throw EnvelopeError(.deviceIsOlder)
        }
        do throws(CodingError) {
            return try HubReply(canonicalBytes: message)
        } catch {
            let isNews = hubVersions.highest > versions.highest
            throw EnvelopeError(isNews ? .deviceIsOlder : .content, cause: error)
        }
    }

    /// The hub that an unauthenticated reply names.
    private static func successor(in bytes: [UInt8]) -> HubCard? {
        let rest = Array(bytes.dropFirst(SealedEnvelope.unknownHubReply.count))
        guard rest.count <= MembershipEntry.byteCountMaximum else { return nil }
        do throws(CodingError) {
            guard case .hub(let hub) = try MembershipEntry(bytes: rest).change else { return nil }
            return hub
        } catch {
            return nil
        }
    }
}
