import SyncCore

/// Which feeds a device receives.
struct Subscription: Sendable {
    private let device: DeviceID
    private let branch: BranchID
    private let capabilities: Set<Capability>
    private let life: Incarnation?

    /// Describes what a device receives.
    ///
    /// - Parameters:
    ///   - device: The device.
    ///   - life: Its present life, if it said which that is.
    init(of device: Membership.Device, in life: Incarnation?) {
        self.life = life
        self.device = device.card.id
        branch = device.branch
        capabilities = device.capabilities
    }

    /// Whether it receives records of a topic and scope.
    func includes(_ topic: Topic, _ scope: Scope) -> Bool {
        switch topic {
        case .config: true
        case .mail: capabilities.contains(.sender)
        case .audit: capabilities.contains(.auditor) || scope == .branch(branch)
        }
    }

    /// Whether it receives a feed.
    ///
    /// What its present life wrote it has. What its former lives wrote it may have lost, and a
    /// copy of it writes as another life.
    func includes(_ feed: FeedID) -> Bool {
        guard feed.device == device else { return includes(feed.topic, feed.scope) }
        return life.map { $0 != feed.incarnation } ?? false
    }
}
