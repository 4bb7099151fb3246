/// What goes wrong in a simulation.
package enum FaultKind: String, CaseIterable, Sendable {
    case requestLost
    case requestRepeated
    case replyLost
    case networkCut
    case clockDrifted
    case wallJumped
    case devicePaused
    case deviceKilled
    case devicePowerCut
    case deviceRestored
    case deviceSetBack
    case deviceRevoked
    case diskFull
    case hubKilled
    case hubPowerCut
    case hubRestored
    case hubSetBack
    case hubLied
    case serverUnreachable
    case connectionBroken
    case mailDeferred
    case mailRefused
    case bodyBroken
    case verdictLost
}

/// Where a mail, or a question to the hub, is when something goes wrong.
package enum ProtocolState: String, CaseIterable, Sendable {
    /// Accepted, and in the keeping of the device on which it was queued.
    case queued
    /// Its offer is under way to the hub, or there.
    case offered
    /// A device intends to send it.
    case reserved
    /// A device may send it.
    case claimed
    /// The body is under way to the mail server.
    case handedOver
    /// The server has taken it, and nobody knows.
    case taken
    /// The device that sent it knows.
    case concluded
    /// A lease was asked for, and the answer is under way.
    case askingLease
    /// Records are exchanged.
    case exchanging
    /// A change of membership is under way.
    case changingMembership
}
