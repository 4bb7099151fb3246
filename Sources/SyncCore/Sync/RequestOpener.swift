/// The hub's side of the seal: opens requests that were sealed for one of its keys.
package struct RequestOpener: Sendable {
    private let sealingKey: SealingKey
    private let verificationKey: VerificationKey

    /// Prepares to open requests for the hub with these keys.
    package init(sealingKey: SealingKey, verificationKey: VerificationKey) {
        self.sealingKey = sealingKey
        self.verificationKey = verificationKey
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
        guard keyID.elementsEqual(SealedEnvelope.keyID(of: sealingKey.target)) else {
            throw EnvelopeError(.unknownHub)
        }
        guard let ephemeral = SealingTarget(bytes: header.suffix(SealingTarget.byteCount)),
            let shared = sealingKey.sharedSecret(with: ephemeral)
        else { throw EnvelopeError(.notAuthentic) }
        let keys = SealedEnvelope.keys(shared, hub: sealingKey.target, ephemeral: ephemeral)
        let sealed = Array(bytes.dropFirst(headerByteCount))
        guard let opened = keys.request.open(sealed, context: header) else {
            throw EnvelopeError(.notAuthentic)
        }
        do {
            let content = try RequestContent(canonicalBytes: opened)
            return OpenedRequest(
                content: content, request: try SealedEnvelope.unpack(content.message),
                signedContent: RequestContent.signedContent(
                    organisation: content.organisation, device: content.device,
                    hub: verificationKey, ephemeral: ephemeral, message: content.message),
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
    /// Seals the replies to this request.
    package let replySealer: ReplySealer

    private let signature: Signature
    private let signedContent: [UInt8]

    fileprivate init(
        content: RequestContent, request: HubRequest, signedContent: [UInt8],
        replySealer: ReplySealer
    ) {
        organisation = content.organisation
        device = content.device
        self.request = request
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
