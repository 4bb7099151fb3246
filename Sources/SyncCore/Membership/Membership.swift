/// Who belongs to the organisation, and what each device may do: the fold of the chain of
/// ``MembershipEntry`` from genesis.
///
/// ```
///   genesis ─▶ hub ─▶ invite ─▶ joined ─▶ grant ─▶ … ─▶ revoke ─▶ epoch
/// ```
///
/// Everybody folds the same chain and so knows the same. An entry that breaks a rule is refused
/// by every device, whoever passed it on: the hub orders entries, it cannot make them.
package struct Membership: Sendable {
    /// How many devices an organisation may have had.
    package static let devicesMaximum = 4096
    /// How many epochs it may have had.
    package static let epochsMaximum = 1024

    /// What is known of one device.
    package struct Device: Hashable, Sendable {
        package let card: DeviceCard
        package let branch: BranchID
        /// What it may do now.
        package fileprivate(set) var capabilities: Set<Capability>
        /// What its invitation promised and nobody has approved yet.
        package fileprivate(set) var awaiting: Set<Capability>
        /// The records that still count, once it was revoked.
        package fileprivate(set) var cutoff: VersionVector?
        /// The life that goes on, once a person chose between two.
        package fileprivate(set) var survivor: Incarnation?
        /// The records of its other lives that still count, then.
        package fileprivate(set) var counted = VersionVector()
        /// The heights from which it could do something, and until which.
        fileprivate var spans: [Capability: [Range<UInt64>]] = [:]

        /// Whether it still belongs.
        package var isActive: Bool { cutoff == nil }

        package static func == (a: Device, b: Device) -> Bool {
            a.card == b.card && a.branch == b.branch && a.capabilities == b.capabilities
                && a.awaiting == b.awaiting && a.cutoff == b.cutoff
                && a.survivor == b.survivor && a.counted == b.counted
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(card)
        }
    }

    /// How many entries there are.
    package private(set) var height: UInt64 = 0
    /// The hash of the last one.
    package private(set) var head = Digest.zero
    /// The organisation's name.
    package private(set) var name = ""
    /// The organisation: the hash of its genesis.
    package private(set) var organisation = Digest.zero
    /// The half of the key on paper that recovers replicas.
    package private(set) var recovery: SealingTarget?
    /// The half of the key on paper that signs what no administrator can; organisations that
    /// began before there was one have none.
    package private(set) var recoverySigner: VerificationKey?
    /// The hub, once one is attached.
    package private(set) var hub: HubCard?
    /// The hubs that served before, whose feeds still count.
    package private(set) var formerHubs: [HubCard] = []
    /// The epochs, ascending; mail is sealed under the last.
    package private(set) var epochs: [ContentEpoch] = []

    /// The entries that the recovery key decided against.
    package private(set) var rejected: Set<Digest> = []

    private var devicesByID: [DeviceID: Device] = [:]
    private var invitations: [InviteID: (invitation: Invitation, isSpent: Bool)] = [:]
    private var epochKeys: [SealedEpochKey] = []

    /// An organisation that has not begun.
    package init() {}

    /// Every device that ever belonged, in ascending order.
    package var devices: [Device] {
        devicesByID.values.sorted { $0.card.id < $1.card.id }
    }

    /// One device.
    package func device(_ id: DeviceID) -> Device? { devicesByID[id] }

    /// One invitation.
    package func invitation(_ id: InviteID) -> Invitation? { invitations[id]?.invitation }

    /// Whether a device belongs and may do something.
    package func may(_ id: DeviceID, _ capability: Capability) -> Bool {
        guard let device = devicesByID[id], device.isActive else { return false }
        return device.capabilities.contains(capability)
    }

    /// The devices that may do something, in ascending order.
    package func devices(with capability: Capability) -> [Device] {
        devices.filter { $0.isActive && $0.capabilities.contains(capability) }
    }

    /// Whether a device was an administrator as far as somebody knew who had seen this height.
    package func wasAdmin(_ id: DeviceID, at height: UInt64) -> Bool {
        had(id, .admin, at: height)
    }

    /// Whether a device could do something as far as somebody knew who had seen this height.
    package func had(_ id: DeviceID, _ capability: Capability, at height: UInt64) -> Bool {
        devicesByID[id]?.spans[capability]?.contains { $0.contains(height) } ?? false
    }

    /// The key that checks the signatures of a device or of a hub, past or present.
    package func verificationKey(of id: DeviceID) -> VerificationKey? {
        if let device = devicesByID[id] { return device.card.verificationKey }
        return ([hub].compactMap(\.self) + formerHubs).first { $0.card.id == id }?
            .card.verificationKey
    }

    /// Whether a device is the hub or was.
    package func isHub(_ id: DeviceID) -> Bool {
        devicesByID[id] == nil && verificationKey(of: id) != nil
    }

    /// The private half of an epoch, sealed for a device, if it was given it.
    package func sealedEpochKey(_ epoch: UInt64, for device: DeviceID) -> SealedEpochKey? {
        epochKeys.last { $0.epoch == epoch && $0.device == device }
    }

    /// Takes the next entry into account, or refuses it and stays as it was.
    ///
    /// - Parameters:
    ///   - entry: The entry.
    ///   - now: Wall time, where an invitation's expiry counts: at the hub, when a device
    ///     joins. Nothing where entries were admitted before, because a clock may not decide
    ///     what everybody must agree on.
    /// - Throws: ``MembershipError`` with the rule that was broken.
    package mutating func admit(
        _ entry: MembershipEntry, at now: Timestamp? = nil
    ) throws(MembershipError) {
        try check(entry, at: now)
        apply(entry)
    }

    private func check(
        _ entry: MembershipEntry, at now: Timestamp?
    ) throws(MembershipError) {
        guard entry.height == height + 1, entry.previous == head else {
            throw MembershipError(.stale)
        }
        switch entry.change {
        case .genesis(let genesis):
            guard height == 0, genesis.device.id == entry.author else {
                throw MembershipError(.notPermitted)
            }
            guard genesis.epoch.number == 1 else { throw MembershipError(.stale) }
            try checkSignature(of: entry, by: genesis.device.verificationKey)
        case .joined(let invite, let card):
            try checkJoining(entry, invite: invite, card: card, at: now)
        case .hub(let hub):
            try checkAdmin(entry)
            guard devicesByID[hub.card.id] == nil else { throw MembershipError(.alreadyKnown) }
        case .invite(let invitation):
            try checkAdmin(entry)
            guard invitations[invitation.id] == nil else { throw MembershipError(.alreadyKnown) }
        case .grant(let id, let capabilities, let keys):
            let isByRecovery = try checkAdminOrRecovery(entry)
            guard let device = devicesByID[id], device.isActive else {
                throw MembershipError(.unknown)
            }
            guard keys.allSatisfy({ $0.device == id }) else { throw MembershipError(.notPermitted) }
            if !capabilities.contains(.admin), !isByRecovery { try checkAdminRemains(without: id) }
        case .revoke(let id, _):
            let isByRecovery = try checkAdminOrRecovery(entry)
            guard let device = devicesByID[id], device.isActive else {
                throw MembershipError(.unknown)
            }
            if !isByRecovery { try checkAdminRemains(without: id) }
        case .life(let id, _, let counted):
            try checkAdmin(entry)
            guard let device = devicesByID[id], device.isActive,
                counted.feeds.allSatisfy({ $0.device == id })
            else { throw MembershipError(.unknown) }
        case .settled:
            guard try checkAdminOrRecovery(entry) else { throw MembershipError(.notPermitted) }
        case .epoch(let epoch):
            _ = try checkAdminOrRecovery(entry)
            guard epoch.number == UInt64(epochs.count) + 1 else { throw MembershipError(.stale) }
            guard epochs.count < Self.epochsMaximum else { throw MembershipError(.limit) }
        }
    }

    private func checkJoining(
        _ entry: MembershipEntry, invite: InviteID, card: DeviceCard, at now: Timestamp?
    ) throws(MembershipError) {
        guard let (invitation, isSpent) = invitations[invite] else {
            throw MembershipError(.unknown)
        }
        guard !isSpent else { throw MembershipError(.inviteSpent) }
        if let now, now > invitation.expires { throw MembershipError(.inviteSpent) }
        guard verificationKey(of: card.id) == nil else { throw MembershipError(.alreadyKnown) }
        guard devicesByID.count < Self.devicesMaximum else { throw MembershipError(.limit) }
        guard entry.author == card.id else { throw MembershipError(.notPermitted) }
        try checkSignature(of: entry, by: card.verificationKey)
        guard entry.isSigned(by: invitation.key, at: 1) else { throw MembershipError(.signature) }
    }

    private func checkAdmin(_ entry: MembershipEntry) throws(MembershipError) {
        guard may(entry.author, .admin), let author = devicesByID[entry.author] else {
            throw MembershipError(.notPermitted)
        }
        try checkSignature(of: entry, by: author.card.verificationKey)
    }

    /// Checks that an administrator or the recovery key signed an entry.
    ///
    /// - Returns: Whether it was the recovery key.
    private func checkAdminOrRecovery(_ entry: MembershipEntry) throws(MembershipError) -> Bool {
        guard let recoverySigner, recoverySigner.deviceID == entry.author else {
            try checkAdmin(entry)
            return false
        }
        try checkSignature(of: entry, by: recoverySigner)
        return true
    }

    private func checkSignature(
        of entry: MembershipEntry, by key: VerificationKey
    ) throws(MembershipError) {
        guard entry.isSigned(by: key, at: 0) else { throw MembershipError(.signature) }
    }

    private func checkAdminRemains(without id: DeviceID) throws(MembershipError) {
        guard devices(with: .admin).contains(where: { $0.card.id != id }) else {
            throw MembershipError(.lastAdmin)
        }
    }

    private mutating func apply(_ entry: MembershipEntry) {
        height = entry.height
        head = entry.hash
        switch entry.change {
        case .genesis(let genesis):
            name = genesis.name
            organisation = entry.hash
            recovery = genesis.recovery
            recoverySigner = genesis.recoverySigner
            var device = Device(
                card: genesis.device, branch: genesis.branch, capabilities: [], awaiting: [])
            setCapabilities(Set(Capability.allCases), of: &device)
            devicesByID[device.card.id] = device
            add(genesis.epoch)
        case .hub(let card):
            if let hub { formerHubs.append(hub) }
            hub = card
        case .invite(let invitation):
            invitations[invitation.id] = (invitation, false)
        case .joined(let invite, let card):
            guard let (invitation, _) = invitations[invite] else { return }
            invitations[invite] = (invitation, true)
            let promised = Set(invitation.capabilities)
            var device = Device(
                card: card, branch: invitation.branch, capabilities: [],
                awaiting: promised.filter(\.needsApproval))
            setCapabilities(promised.filter { !$0.needsApproval }, of: &device)
            devicesByID[card.id] = device
        case .grant(let id, let capabilities, let keys):
            guard var device = devicesByID[id] else { return }
            setCapabilities(Set(capabilities), of: &device)
            device.awaiting = []
            devicesByID[id] = device
            epochKeys += keys
        case .revoke(let id, let cutoff):
            guard var device = devicesByID[id] else { return }
            setCapabilities([], of: &device)
            device.cutoff = cutoff
            devicesByID[id] = device
        case .life(let id, let survivor, let counted):
            guard var device = devicesByID[id] else { return }
            device.survivor = survivor
            device.counted = counted
            devicesByID[id] = device
        case .epoch(let epoch):
            add(epoch)
        case .settled(let hash):
            rejected.insert(hash)
        }
    }

    private mutating func add(_ epoch: ContentEpoch) {
        epochs.append(epoch)
        epochKeys += epoch.sealedKeys
    }

    private func setCapabilities(_ capabilities: Set<Capability>, of device: inout Device) {
        for capability in Capability.allCases {
            switch (device.capabilities.contains(capability), capabilities.contains(capability)) {
            case (false, true):
                device.spans[capability, default: []].append(height..<UInt64.max)
            case (true, false):
                let since = device.spans[capability]?.popLast()?.lowerBound ?? height
                device.spans[capability, default: []].append(since..<height)
            case (true, true), (false, false):
                break
            }
        }
        device.capabilities = capabilities
    }
}
