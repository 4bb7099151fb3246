package import SyncCore

/// Some recipients of one mail, to be sent from one account in one transaction.
package struct DispatchJob: Hashable, Sendable {
    /// How many recipients a transaction has at most: every server takes 100 (RFC 5321
    /// §4.5.3.1.8).
    package static let recipientsMaximum = 100

    package let decision: SenderDecision
    package let grant: LeaseGrant
    /// Of one mail, at least one.
    package let reservations: [Reservation]

    package init(decision: SenderDecision, grant: LeaseGrant, reservations: [Reservation]) {
        precondition(!reservations.isEmpty, "A job has a recipient.")
        self.decision = decision
        self.grant = grant
        self.reservations = reservations
    }

    package var deliveries: [DeliveryID] { reservations.map(\.delivery) }

    /// Whether it goes before other jobs or after them.
    var priority: MailPriority { reservations[0].priority }

    /// The attempts that this job would make.
    var attempts: [IntendedAttempt] {
        reservations.map { reservation in
            IntendedAttempt(
                delivery: reservation.delivery,
                attempt: AttemptID(number: reservation.attempt, grant: grant),
                branch: reservation.branch)
        }
    }

    /// The questions to the ledger before the job begins.
    var claims: [ClaimRequest] {
        reservations.map { reservation in
            ClaimRequest(
                delivery: reservation.delivery, attempt: reservation.attempt,
                lease: HeldLease(account: grant.account, fence: grant.fence))
        }
    }
}
