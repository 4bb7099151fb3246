import SyncCore

/// Which feeds a device receives.
struct Subscription: Sendable {
    private let device: Membership.Device
    private let life: Incarnation?

    /// Describes what a device receives.
    ///
    /// - Parameters:
    ///   - device: The device.
    ///   - life: Its present life, if it said which that is.
    init(of device: Membership.Device, in life: Incarnation?) {
        self.life = life
        self.device = device
    }

    /// Whether it receives records of a topic and scope.
    func includes(_ topic: Topic, _ scope: Scope) -> Bool {
        device.receives(topic, scope)
    }

    /// Whether it receives a feed.
    ///
    /// What its present life wrote it has. What its former lives wrote it may have lost, and a
    /// copy of it writes as another life.
    func includes(_ feed: FeedID) -> Bool {
        guard feed.device == device.card.id else { return includes(feed.topic, feed.scope) }
        return life.map { $0 != feed.incarnation } ?? false
    }
}
