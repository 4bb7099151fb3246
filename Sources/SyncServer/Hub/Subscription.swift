import SyncCore

/// Which feeds a device receives.
struct Subscription: Sendable {
    private let device: DeviceID
    private let branch: BranchID
    private let capabilities: Set<Capability>

    init(of device: Membership.Device) {
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

    /// Whether it receives a feed; its own feeds it has.
    func includes(_ feed: FeedID) -> Bool {
        feed.device != device && includes(feed.topic, feed.scope)
    }
}
