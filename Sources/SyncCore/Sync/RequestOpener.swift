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
    private let now: @Sendable () -> Timestamp

    /// Prepares to open requests for the hub with these keys.
    ///
    /// - Parameters:
    ///   - keys: Those of now, and those of before.
    ///   - now: Tells wall time.
    package init(_ keys: [HubKeys], now: @escaping @Sendable () -> Timestamp) {
        self.keys = keys
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
    ///   ``SealedEnvelope/unknownHubReply``.
    package func open(_ bytes: [UInt8]) throws(EnvelopeError) -> OpenedRequest {
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
        guard let opened = keys.request.open(sealed, context: header) else {
            throw EnvelopeError(.notAuthentic)
        }
        do {
            let content = try RequestContent(canonicalBytes: opened)
            return OpenedRequest(
                content: content,
                message: try SealedEnvelope.unpack(content.message, as: RequestMessage.self),
                isForRetiredKey: hub.retired != nil,
                signedContent: RequestContent.signedContent(
                    organisation: content.organisation, device: content.device,
                    hub: hub.verificationKey, ephemeral: ephemeral, message: content.message),
                replySealer: ReplySealer(key: keys.reply, requestHash: Digest(of: bytes)))
        } catch {
            throw EnvelopeError(.content, cause: error)
        }
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

    fileprivate init(key: SymmetricKey, requestHash: Digest) {
        self.key = key
        self.requestHash = requestHash
    }

    /// Seals a reply, which only the maker of the request can open.
    package func seal(_ reply: HubReply, using environment: Environment) -> [UInt8] {
        let context = SealedEnvelope.replyContext(requestHash)
        let packed = SealedEnvelope.pack(reply)
        return SealedEnvelope.replyMagic + key.seal(packed, context: context, using: environment)
    }
}
