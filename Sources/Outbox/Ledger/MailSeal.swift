package import SyncCore

/// Seals mails for the hub's keeping, and opens them where they are sent.
///
/// The same bytes sealed twice by one device give the same ciphertext, so that an upload can be
/// resumed after a restart and a repeated attachment is stored once. The key is derived from a
/// secret of the device and the hash of the bytes, so it is never used for two contents, and
/// only the manifest tells it.
package enum MailSeal {
    private static let secretFact = "blob secret"
    private static let context = Array("syncmail blob 1".utf8)
    // Each key seals one content, so the nonce need not differ.
    private static let nonce = [UInt8](repeating: 0, count: 24)

    /// A mail as the hub keeps it.
    package struct Sealed: Sendable {
        package let blob: [UInt8]
        package let id: Digest
        let key: SymmetricKey
    }

    /// The key under which this device seals some content.
    static func key(for content: Digest, in transaction: ReplicaTransaction) throws -> SymmetricKey
    {
        let store = transaction.replicaStore
        if try store.fact(secretFact) == nil {
            try store.setFact(
                secretFact, transaction.environment.randomBytes(SymmetricKey.byteCount))
        }
        guard var secret = try store.fact(secretFact) else {
            throw CodingError(.missing, in: secretFact)
        }
        return SymmetricKey(
            derivedFrom: SecretBytes(consuming: &secret), for: "syncmail blob key 1",
            content.bytes)
    }

    /// Seals the bytes of a mail.
    static func seal(_ content: [UInt8], key: SymmetricKey) -> Sealed {
        let blob = key.seal(content, context: context, nonce: nonce)
        return Sealed(blob: blob, id: Digest(of: blob), key: key)
    }

    /// Opens the manifest of an offer, and checks that its origin made both.
    ///
    /// - Parameters:
    ///   - offer: What the hub handed out.
    ///   - transaction: Knows who belongs, and this device's keys.
    /// - Returns: The manifest.
    /// - Throws: ``MailSealError``; nothing may be sent then.
    static func openManifest(
        of offer: MailOffer, in transaction: ReplicaTransaction
    ) throws -> MailManifest {
        let membership = transaction.membership
        let identity = transaction.identity
        guard let sealedKey = membership.sealedEpochKey(offer.epoch, for: identity.id),
            let seed = identity.sealingKey.open(sealedKey.sealed),
            seed.count == SealingKey.seedByteCount
        else { throw MailSealError(.noEpochKey) }
        guard let opened = SealingKey(seed: seed).open(offer.manifest) else {
            throw MailSealError(.notAuthentic)
        }
        let bytes = opened.withBytes { Array($0) }
        let signed = try SignedManifest(canonicalBytes: bytes)
        let manifest = try MailManifest(canonicalBytes: signed.manifest)
        guard let origin = membership.device(manifest.origin) else {
            throw MailSealError(.unknownOrigin)
        }
        guard
            origin.card.verificationKey.isValid(
                signed.signature, over: signed.manifest, for: .manifest),
            manifest.message == offer.message, origin.branch == offer.branch,
            manifest.recipients == MailManifest.hash(of: offer.recipients)
        else { throw MailSealError(.notAuthentic) }
        return manifest
    }

    /// Opens the bytes of a mail, and checks that they are what its origin queued.
    static func open(
        _ blob: [UInt8], of offer: MailOffer, with manifest: MailManifest
    ) throws
        -> [UInt8]
    {
        guard Digest(of: blob) == offer.blob else { throw MailSealError(.notAuthentic) }
        var key = manifest.key
        guard
            let content = SymmetricKey(SecretBytes(consuming: &key)).open(blob, context: context),
            Digest(of: content) == manifest.content
        else { throw MailSealError(.notAuthentic) }
        return content
    }
}

/// Why an offered mail cannot be opened on this device.
package struct MailSealError: ExplainedError, Hashable {
    /// The kinds of failure.
    package enum Code: String, Sendable, CaseIterable {
        /// This device was not given the key of the epoch yet.
        case noEpochKey
        /// The device that queued it is not known here yet.
        case unknownOrigin
        /// It is not what its origin sealed and signed. It is never sent.
        case notAuthentic
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .noEpochKey, .unknownOrigin: .tryLater
        case .notAuthentic: .badData
        }
    }

    package var explanation: LocalizedText {
        switch code {
        case .noEpochKey:
            LocalizedText(
                es: "Este equipo todavía no recibió la clave para abrir ese correo. Un "
                    + "administrador se la da con «syncmail device approve».",
                en: "This device was not given the key to open that mail yet. An administrator "
                    + "gives it with \"syncmail device approve\".")
        case .unknownOrigin:
            LocalizedText(
                es: "El equipo que encoló ese correo todavía no se conoce aquí. Se intentará de "
                    + "nuevo después de sincronizar.",
                en: "The device that queued that mail is not known here yet. It is tried again "
                    + "after the next sync.")
        case .notAuthentic:
            LocalizedText(
                es: "El correo que entregó el servidor no es el que encoló su equipo de origen. "
                    + "No se envía; avise a un administrador.",
                en: "The mail that the hub handed out is not what its origin queued. It is not "
                    + "sent; tell an administrator.")
        }
    }
}
