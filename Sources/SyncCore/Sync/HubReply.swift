/// What the hub answers.
package enum HubReply: Hashable, Sendable {
    case exchange(ExchangeReply)
    /// The whole chain, for a device that is about to join.
    case membership([MembershipEntry])
    /// The chain's height after the entries were admitted.
    case admitted(height: UInt64)
    case lease([LeaseReply])
    case reserved([ReservedDelivery])
    case released
    case claimed([ClaimReply])
    /// How many bytes of the blob the hub has stored, from the start.
    case blobStored(UInt64)
    case blob(BlobPart)
    /// How many records of a device's feeds the hub has stored.
    case counts(VersionVector)
    case compared(CompareAnswer)
    /// How far devices are behind, in ascending order.
    case lags([DeviceLag])
    /// What a revoked device handed over is stored.
    case surrendered
    case refused(HubRefusal)
}

/// Records for the device.
package struct ExchangeReply: Hashable, Sendable {
    package var hubIncarnation: Incarnation
    /// The position to ask from next time.
    package var cursor: UInt64 = 0
    /// Whether there is more to fetch at once.
    package var hasMore = false
    /// Entries the device lacks, as they were encoded.
    package var membership: [MembershipEntry] = []
    package var batches: [FeedBatch] = []
    /// How many records of each of the device's own feeds the hub has stored.
    package var acknowledged = VersionVector()
    /// What the hub holds of each topic and scope that this device receives.
    package var digests: [StateDigest] = []
    /// How many records the hub has of the feeds that the device carries, if it does.
    package var carried: VersionVector?
    /// The newest checkpoint, as the hub encoded it.
    package var checkpoint: [UInt8]?
    /// The devices that wrote two histories, for an administrator to choose between their lives.
    package var frozen: [DeviceID] = []
    /// How many records for the device are still to come, if it said what it has.
    package var remaining: UInt64?
    /// Shows that what the device remembers, or asks about, is the beginning of it.
    package var proofs: [ConsistencyProof] = []
    /// How long the hub's chain of membership is, and how it ends; a device whose chain goes on
    /// hands the rest over, and one whose chain differs has found a fork.
    package var chainHeight: UInt64?
    package var chainHead: Digest?
    /// Entries that exclude some of the hub's chain, while nobody has decided.
    package var rivals: [MembershipEntry] = []
    /// Which form of batches the hub reads: nothing for the first, else ``BatchParcel/form``.
    package var form: UInt64?
    /// Batches for a device that reads parcels; they come before ``batches``.
    package var parcels: [BatchParcel] = []

    /// Signed records that show where the log of a scope begins for this device.
    package var snapshots: [FeedBatch] = []

    /// How many snapshots a reply may carry.
    package static let snapshotsMaximum = 16
    /// How many of them a reply may carry.
    package static let rivalsMaximum = 16
    /// How many membership entries a reply may carry.
    package static let membershipMaximum = 512
    /// How many devices that are frozen it may name.
    package static let frozenMaximum = 256

    package init(hubIncarnation: Incarnation) {
        self.hubIncarnation = hubIncarnation
    }
}

/// The outcome of one wish for a lease.
package struct LeaseReply: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case granted(FencingToken, length: Duration)
        case refused(retryAfter: Duration)
        /// It was given up, as asked.
        case released
    }

    package let account: AccountID
    package let outcome: Outcome

    package init(account: AccountID, outcome: Outcome) {
        self.account = account
        self.outcome = outcome
    }
}

/// A delivery taken into work, with what is needed to make its next attempt.
package struct ReservedDelivery: Hashable, Sendable {
    package let delivery: DeliveryID
    /// The number that the next attempt must have.
    package let attempt: Int
    /// The fence it was reserved under.
    package let fence: FencingToken
    /// What the origin committed to when it offered the message.
    package let offer: MailOffer

    package init(delivery: DeliveryID, attempt: Int, fence: FencingToken, offer: MailOffer) {
        self.delivery = delivery
        self.attempt = attempt
        self.fence = fence
        self.offer = offer
    }
}

/// The outcome of one claim.
package struct ClaimReply: Hashable, Sendable {
    package let delivery: DeliveryID
    package let attempt: Int
    package let isGranted: Bool
    /// Whether the lease that was named is the one that the ledger granted last.
    ///
    /// Otherwise the device holds none, whatever it was told before.
    package let isCurrent: Bool

    package init(delivery: DeliveryID, attempt: Int, isGranted: Bool, isCurrent: Bool) {
        self.delivery = delivery
        self.attempt = attempt
        self.isGranted = isGranted
        self.isCurrent = isCurrent
    }
}

/// What the hub holds of one topic and scope.
package struct StateDigest: Hashable, Sendable {
    package let topic: Topic
    package let scope: Scope
    /// How many records of each feed were counted in.
    package let vector: VersionVector
    package let digest: Digest

    package init(topic: Topic, scope: Scope, vector: VersionVector, digest: Digest) {
        self.topic = topic
        self.scope = scope
        self.vector = vector
        self.digest = digest
    }

    /// The topic and scope, for people and programs: `config`, `audit/centro`.
    package var name: String {
        scope.name(of: topic)
    }
}

/// Why the hub did not do what it was asked.
package struct HubRefusal: Hashable, Sendable {
    package enum Code: UInt64, Sendable, CaseIterable {
        /// The request could not be read.
        case malformed = 1
        /// The device does not belong, or its signature is wrong.
        case notAMember = 2
        /// The device may not ask this.
        case notPermitted = 3
        /// Membership moved on: fetch it and try again.
        case membershipStale = 4
        /// A record does not continue its feed.
        case feedGap = 5
        /// Two records with one identity.
        case feedFork = 6
        /// A signature or a hash is wrong.
        case notAuthentic = 7
        /// A limit was reached.
        case tooLarge = 8
        /// No organisation is attached to this hub yet, or another one is.
        case otherOrganisation = 9
        /// The blob is not there.
        case unknownBlob = 10
        /// The hub cannot work at the moment.
        case unavailable = 11
        /// An invitation was used or has expired.
        case inviteSpent = 12
        /// Another life of this device was chosen to go on.
        case otherLife = 24
        /// Two membership entries exclude each other: nothing changes until the recovery key
        /// decides.
        case membershipForked = 20
        /// The device was revoked: it may read membership, and hand over once what it still has.
        case revoked = 21
        /// The device that was revoked has handed over all it may.
        case quarantineClosed = 22
        /// Another hub has taken the place of this one.
        case replaced = 23
        /// There is no version of the protocol that both speak, and the hub's are older.
        case hubIsOlder = 30
        /// There is no version of the protocol that both speak, and the device's are older.
        case deviceIsOlder = 31
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }
}

extension HubRefusal: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .feedFork:
            LocalizedText(
                es: "El servidor recibió dos historias distintas de este equipo: puede ser una "
                    + "copia, o volvió de un respaldo. Sigue encolando correo, pero no envía ni "
                    + "configura hasta que un administrador elija qué vida sigue, con «syncmail "
                    + "device choose-life».",
                en: "The hub received two different histories of this device: it may have been "
                    + "cloned, or restored from a backup. It goes on queueing mail, but sends and "
                    + "configures nothing until an administrator chooses which life goes on, with "
                    + "'syncmail device choose-life'.")
        case .feedGap:
            LocalizedText(
                es: "Al servidor le faltan registros anteriores de este equipo. Se le envían desde "
                    + "el principio; no se perdió nada.",
                en: "The hub lacks earlier records of this device. They are sent from the "
                    + "beginning; nothing is lost.")
        case .notAuthentic:
            LocalizedText(
                es: "El servidor rechazó algo de este equipo por una firma o un hash que no es "
                    + "válido. No se perdió nada; ejecute «syncmail log verify» y avise a un "
                    + "administrador.",
                en: "The hub refused something of this device for a signature or hash that is not "
                    + "valid. Nothing is lost; run 'syncmail log verify', and tell an "
                    + "administrator.")
        case .malformed:
            LocalizedText(
                es: "El servidor rechazó los datos de este equipo (\(code)). No se perdió nada; "
                    + "avise a un administrador.",
                en: "The hub refused this device's data (\(code)). Nothing is lost; tell an "
                    + "administrator.")
        case .notAMember:
            LocalizedText(
                es: "El servidor no reconoce este equipo: fue dado de baja o es de otra "
                    + "organización. Pida una invitación nueva.",
                en: "The hub does not know this device: it was revoked or belongs to another "
                    + "organisation. Ask for a new invitation.")
        case .notPermitted:
            LocalizedText(
                es: "Este equipo no tiene permiso para eso. Un administrador puede dárselo con "
                    + "«syncmail device approve».",
                en: "This device may not do that. An administrator can allow it with "
                    + "'syncmail device approve'.")
        case .otherLife:
            LocalizedText(
                es: "Un administrador eligió que siga otra copia de este equipo. Apague esta, o "
                    + "bórrela y únala como equipo nuevo.",
                en: "An administrator chose another copy of this device to go on. Shut this one "
                    + "down, or erase it and join it as a new device.")
        case .membershipStale: MembershipError(.stale).explanation
        case .membershipForked: MembershipError(.forked).explanation
        case .revoked:
            LocalizedText(
                es: "Este equipo fue dado de baja. Lo que quedaba en su cola se entrega una vez, y "
                    + "un administrador decide si sale. Para volver, pida una invitación nueva.",
                en: "This device was revoked. What was left in its queue is handed over once, and "
                    + "an administrator decides whether it leaves. To come back, ask for a new "
                    + "invitation.")
        case .quarantineClosed:
            LocalizedText(
                es: "Este equipo fue dado de baja y ya entregó lo que tenía. Lo demás se queda "
                    + "aquí: pase los correos a otro equipo.",
                en: "This device was revoked and has handed over what it had. The rest stays "
                    + "here: move the mails to another device.")
        case .replaced:
            LocalizedText(
                es: "Otro servidor tomó el lugar de este. El equipo lo aprende solo al "
                    + "sincronizar.",
                en: "Another hub has taken the place of this one. The device learns of it by "
                    + "itself when it synchronises.")
        case .hubIsOlder: ProtocolVersions.hubIsOlderText
        case .deviceIsOlder: ProtocolVersions.deviceIsOlderText
        case .inviteSpent: MembershipError(.inviteSpent).explanation
        case .tooLarge:
            LocalizedText(
                es: "El servidor no acepta algo tan grande. Envíe un archivo más pequeño.",
                en: "The hub does not accept anything that large. Send a smaller file.")
        case .otherOrganisation:
            LocalizedText(
                es: "Ese servidor no atiende a esta organización. Ejecute «syncmail hub attach».",
                en: "That hub does not serve this organisation. Run 'syncmail hub attach'.")
        case .unknownBlob:
            LocalizedText(
                es: "El servidor no tiene ese contenido todavía. Se pedirá de nuevo.",
                en: "The hub does not have that content yet. It will be asked for again.")
        case .unavailable:
            LocalizedText(
                es: "El servidor no puede atender ahora. Se reintentará solo.",
                en: "The hub cannot serve at the moment. It will be tried again.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .otherLife, .notAMember, .notPermitted, .membershipForked, .revoked, .quarantineClosed:
            .notPermitted
        case .membershipStale, .unavailable, .unknownBlob, .replaced: .tryLater
        case .otherOrganisation: .configuration
        case .hubIsOlder, .deviceIsOlder: .unavailable
        case .malformed, .feedGap, .feedFork, .notAuthentic, .tooLarge, .inviteSpent: .badData
        }
    }
}
