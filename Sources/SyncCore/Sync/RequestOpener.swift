/// The keys that a hub has, or had before it was replaced.
package struct HubKeys: Sendable {
    package let sealingKey: SealingKey
    package let verificationKey: VerificationKey
    /// When other keys took their place; nothing for those of now.
    package let retired: Timestamp?

    package init(
        sealingKey: SealingKey, verificationKey: VerificationKey, retired: Timestamp? = nil
    ) {
        self.sealingKey = sealingKey
        self.verificationKey = verificationKey
        self.retired = retired
    }
}

/// The hub's side of the seal: opens requests that were sealed for one of its keys.
package struct RequestOpener: Sendable {
    /// For how long retired keys open: a branch that was offline for a year still finds its hub.
    package static let retirement = Duration.seconds(400 * 86_400)

    private let keys: [HubKeys]
    private let versions: ProtocolVersions
    private let now: @Sendable () -> Timestamp

    /// Prepares to open requests for the hub with these keys.
    ///
    /// - Parameters:
    ///   - keys: Those of now, and those of before.
    ///   - versions: The versions of the protocol that the hub speaks.
    ///   - now: Tells wall time.
    package init(
        _ keys: [HubKeys], versions: ProtocolVersions = .present,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.keys = keys
        self.versions = versions
        self.now = now
    }

    private func keys(named id: ArraySlice<UInt8>) -> HubKeys? {
        keys.first { keys in
            guard id.elementsEqual(SealedEnvelope.keyID(of: keys.sealingKey.target)) else {
                return false
            }
            return keys.retired.map { now() < $0.advanced(by: Self.retirement) } ?? true
        }
    }

    /// Opens a request.
    ///
    /// Opening the same bytes again gives the same.
    ///
    /// The seal proves that nothing was changed; who made it is proved only by
    /// ``OpenedRequest/isSigned(by:)``, which the caller must ask before it acts.
    ///
    /// - Throws: ``EnvelopeError``; for `unknownHub` the hub answers
    ///   ``SealedEnvelope/unknownHubReply``, for `hubIsOlder` and `deviceIsOlder` what
    ///   ``refuse(_:_:using:)`` makes.
    package func open(_ bytes: [UInt8]) throws(EnvelopeError) -> OpenedRequest {
        let unsealed = try unseal(bytes)
        let content: RequestContent
        let message: [UInt8]
        let named: ProtocolVersions
        do throws(CodingError) {
            content = try RequestContent(canonicalBytes: unsealed.content)
            message = try SealedEnvelope.decompress(content.message)
            named = try ProtocolVersions.named(in: message)
        } catch {
            throw EnvelopeError(.content, cause: error)
        }
        switch versions.agreement(with: named) {
        case .common: break
        case .otherIsOlder: throw EnvelopeError(.deviceIsOlder)
        case .thisIsOlder: throw EnvelopeError(.hubIsOlder)
        }
        do throws(CodingError) {
            return OpenedRequest(
                content: content, message: try RequestMessage(canonicalBytes: message),
                isForRetiredKey: unsealed.hub.retired != nil,
                signedContent: RequestContent.signedContent(
                    organisation: content.organisation, device: content.device,
                    hub: unsealed.hub.verificationKey, ephemeral: unsealed.ephemeral,
                    message: content.message),
                replySealer: ReplySealer(
                    key: unsealed.replyKey, requestHash: Digest(of: bytes),
                    versions: named.named == nil ? nil : versions.named))
        } catch {
            throw EnvelopeError(.content, cause: error)
        }
    }

    /// Seals a refusal of a request that says more or less than this version reads.
    ///
    /// - Parameters:
    ///   - bytes: The request, whose seal is whole.
    ///   - refusal: Why.
    ///   - environment: Chance.
    /// - Returns: What only the maker of the request can open.
    /// - Throws: ``EnvelopeError`` if the seal is not whole.
    package func refuse(
        _ bytes: [UInt8], _ refusal: HubRefusal, using environment: Environment
    ) throws(EnvelopeError) -> [UInt8] {
        let sealer = ReplySealer(
            key: try unseal(bytes).replyKey, requestHash: Digest(of: bytes),
            versions: versions.named)
        return sealer.seal(.refused(refusal), using: environment)
    }

    /// What is inside a seal that is whole, and what seals the reply.
    private struct Unsealed {
        let content: [UInt8]
        let hub: HubKeys
        let ephemeral: SealingTarget
        let replyKey: SymmetricKey
    }

    private func unseal(_ bytes: [UInt8]) throws(EnvelopeError) -> Unsealed {
        let magic = SealedEnvelope.requestMagic
        let headerByteCount = SealedEnvelope.headerByteCount
        guard bytes.count <= Limits.requestBytesMaximum, bytes.starts(with: magic),
            bytes.count >= headerByteCount + SymmetricKey.overheadByteCount
        else { throw EnvelopeError(.malformed) }
        let header = Array(bytes.prefix(headerByteCount))
        let keyID = header.dropFirst(magic.count).prefix(SealedEnvelope.keyIDByteCount)
        guard let hub = self.keys(named: keyID) else { throw EnvelopeError(.unknownHub) }
        guard let ephemeral = SealingTarget(bytes: header.suffix(SealingTarget.byteCount)),
            let shared = hub.sealingKey.sharedSecret(with: ephemeral)
        else { throw EnvelopeError(.notAuthentic) }
        let keys = SealedEnvelope.keys(shared, hub: hub.sealingKey.target, ephemeral: ephemeral)
        let sealed = Array(bytes.dropFirst(headerByteCount))
        guard let content = keys.request.open(sealed, context: header) else {
            throw EnvelopeError(.notAuthentic)
        }
        return Unsealed(content: content, hub: hub, ephemeral: ephemeral, replyKey: keys.reply)
    }
}

/// A request whose seal was whole, not yet believed.
package struct OpenedRequest: Sendable {
    /// The organisation it claims to come from.
    package let organisation: Digest
    /// The device it claims to come from.
    package let device: DeviceID
    package let request: HubRequest
    /// The life of the device that asks; earlier versions do not say.
    package let life: Incarnation?
    /// Seals the replies to this request.
    package let replySealer: ReplySealer
    /// Whether it was sealed for a hub whose place this one took.
    package let isForRetiredKey: Bool

    private let signature: Signature
    private let signedContent: [UInt8]

    fileprivate init(
        content: RequestContent, message: RequestMessage, isForRetiredKey: Bool,
        signedContent: [UInt8],
        replySealer: ReplySealer
    ) {
        organisation = content.organisation
        device = content.device
        request = message.request
        life = message.life
        self.isForRetiredKey = isForRetiredKey
        self.replySealer = replySealer
        signature = content.signature
        self.signedContent = signedContent
    }

    /// Whether this key's owner is the device named here and signed exactly this request, for
    /// this hub.
    package func isSigned(by key: VerificationKey) -> Bool {
        key.deviceID == device && key.isValid(signature, over: signedContent, for: .request)
    }
}

/// Seals replies to one request.
package struct ReplySealer: Sendable {
    private let key: SymmetricKey
    private let requestHash: Digest
    private let versions: ProtocolVersions?

    fileprivate init(key: SymmetricKey, requestHash: Digest, versions: ProtocolVersions?) {
        self.key = key
        self.requestHash = requestHash
        self.versions = versions
    }

    /// Seals a reply, which only the maker of the request can open.
    package func seal(_ reply: HubReply, using environment: Environment) -> [UInt8] {
        let context = SealedEnvelope.replyContext(requestHash)
        let packed = SealedEnvelope.pack(ReplyMessage(reply: reply, versions: versions))
        return SealedEnvelope.replyMagic + key.seal(packed, context: context, using: environment)
    }
}
