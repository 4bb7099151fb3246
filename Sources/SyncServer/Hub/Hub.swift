package import SyncCore
import Synchronization

/// Answers what devices ask: the one place where records meet, membership is ordered, leases
/// are granted and attempts are claimed.
///
/// It reads configuration and audit records. It cannot enrol a device, change configuration,
/// read a mail or open a secret: every device checks what passes through here.
package struct Hub: Sendable {
    let store: any ServerStore
    let environment: Environment
    let news = NewsBoard()
    let leases: LeaseDesk
    /// How often what was refused.
    package let refusals = RefusalCounts()
    /// The keys of hubs whose place this one took, as far as it was given them.
    let formerKeys: [HubKeys]
    /// Whether its clock can be believed when a mail's time seems to be over.
    let clockTrust: ClockTrust

    /// The versions of the protocol that it speaks.
    let versions: ProtocolVersions

    /// Prepares a hub on a store that is open.
    package init(
        store: any ServerStore, environment: Environment, versions: ProtocolVersions = .present
    ) async throws {
        self.store = store
        self.versions = versions
        self.environment = environment
        clockTrust = ClockTrust(wall: environment.now(), uptime: environment.uptime())
        let (counter, isReborn, formerKeys) = try await store.transaction { transaction in
            (
                try transaction.lastFenceCounter(), try !transaction.formerLives().isEmpty,
                try transaction.formerKeys()
            )
        }
        self.formerKeys = formerKeys
        leases = LeaseDesk(
            lastCounter: counter, isReborn: isReborn, startedAt: environment.uptime())
    }

    /// Answers one question.
    ///
    /// - Parameter opened: The question, its signature not yet checked.
    /// - Returns: The answer; a refusal if it cannot or may not be answered.
    package func answer(_ opened: OpenedRequest) async -> HubReply {
        let reply = await reply(to: opened)
        if case .refused(let refusal) = reply { refusals.note("\(refusal.code)") }
        return reply
    }

    private func reply(to opened: OpenedRequest) async -> HubReply {
        do {
            switch opened.request {
            case .greet(let invite, let proof):
                return try await greet(opened, invite: invite, proof: proof)
            case .admit(let entries):
                return try await admit(entries, opened)
            case .exchange(let request):
                return try await exchange(request, for: try await member(opened))
            case .lease(let requests):
                return try await lease(requests, for: try await member(opened, .sender))
            case .reserve(let request):
                return try await reserve(request, for: try await member(opened, .sender))
            case .release(let requests):
                return try await release(requests, for: try await member(opened, .sender))
            case .claim(let requests):
                return try await claim(requests, for: try await member(opened, .sender))
            case .putBlob(let part): return try await put(part, for: opened)
            case .chain(let height):
                _ = try await formerMember(opened)
                return .membership(
                    try await store.transaction {
                        try $0.membershipEntries(
                            after: height, maximum: Limits.membershipMaximum)
                    })
            case .showChain(let entries):
                return try await compare(entries, with: opened)
            case .surrender(let surrender):
                return try await take(surrender, from: try await formerMember(opened))
            case .getBlob(let id, let offset):
                _ = try await member(opened, .sender)
                let part = try await store.transaction { try $0.part(of: id, at: offset) }
                guard let part else { return .refused(HubRefusal(.unknownBlob)) }
                return .blob(part)
            case .compare(let question):
                return try await compare(question, for: try await member(opened))
            case .lags: return try await lags(for: try await member(opened))
            case .counts(let device):
                _ = try await member(opened, .admin)
                return .counts(
                    try await store.transaction { try $0.vector() }
                        .filtered { $0.device == device })
            }
        } catch {
            return .refused(Self.refusal(for: error))
        }
    }

    /// The device that asks, if it belongs, signed the question, and may ask it.
    func member(
        _ opened: OpenedRequest, _ capability: Capability? = nil
    ) async throws -> DeviceID {
        let (membership, isFrozen) = try await store.transaction { transaction in
            (transaction.membership, try transaction.evidence(against: opened.device) != nil)
        }
        guard membership.height > 0, membership.organisation == opened.organisation else {
            throw HubRefusal(.otherOrganisation)
        }
        guard let device = membership.device(opened.device),
            opened.isSigned(by: device.card.verificationKey)
        else { throw HubRefusal(.notAMember) }
        // What is asked of a former hub is answered by who belongs, which names the present one.
        guard membership.hub?.card.id == store.identity.id, !opened.isForRetiredKey else {
            throw HubRefusal(.replaced)
        }
        guard device.isActive else { throw HubRefusal(.revoked) }
        if let capability, !device.capabilities.contains(capability) {
            throw HubRefusal(.notPermitted)
        }
        // Of two machines under one name, the one whose life was chosen is answered.
        if let survivor = device.survivor, opened.life != survivor {
            throw HubRefusal(.otherLife)
        }
        // Two machines may act under one name: neither is given anything to send.
        guard capability == nil || !isFrozen else { throw HubRefusal(.feedFork) }
        return opened.device
    }

    /// A device that belongs or belonged, and signed the question.
    func formerMember(_ opened: OpenedRequest) async throws -> Membership.Device {
        let membership = try await store.transaction { $0.membership }
        guard membership.height > 0, membership.organisation == opened.organisation else {
            throw HubRefusal(.otherOrganisation)
        }
        guard let device = membership.device(opened.device),
            opened.isSigned(by: device.card.verificationKey)
        else { throw HubRefusal(.notAMember) }
        return device
    }

    /// What to tell the device of a failure.
    private static func refusal(for error: any Error) -> HubRefusal {
        switch error {
        case let refusal as HubRefusal: return refusal
        case let error as FeedError: return error.refusal
        case let error as MembershipError:
            switch error.code {
            case .stale: return HubRefusal(.membershipStale)
            case .signature: return HubRefusal(.notAuthentic)
            case .notPermitted, .lastAdmin: return HubRefusal(.notPermitted)
            case .inviteSpent: return HubRefusal(.inviteSpent)
            case .unknown, .alreadyKnown: return HubRefusal(.malformed)
            case .limit: return HubRefusal(.tooLarge)
            case .forked: return HubRefusal(.membershipForked)
            case .wrongRecoveryKey: return HubRefusal(.notAuthentic)
            }
        case is CodingError: return HubRefusal(.malformed)
        default: return HubRefusal(.unavailable)
        }
    }
}

extension FeedError {
    /// What to tell a device whose records are refused.
    var refusal: HubRefusal {
        switch self {
        case .gap: HubRefusal(.feedGap)
        case .fork: HubRefusal(.feedFork)
        case .notAuthentic: HubRefusal(.notAuthentic)
        case .membershipBehind: HubRefusal(.membershipStale)
        case .notPermitted: HubRefusal(.notPermitted)
        }
    }
}
