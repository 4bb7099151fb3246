extension Membership.Device {
    /// Whether it receives records of a topic and scope.
    ///
    /// Configuration goes to everybody; custody of mail to those who send; what happened to
    /// auditors and to the branch it concerns.
    package func receives(_ topic: Topic, _ scope: Scope) -> Bool {
        switch topic {
        case .config: true
        case .mail: capabilities.contains(.sender)
        case .audit: capabilities.contains(.auditor) || scope == .branch(branch)
        }
    }
}
