import SyncCore

/// Sorts reserved deliveries by what can be done with them on this device.
struct DispatchSorting: Sendable {
    /// What the choice of a sender depends on.
    struct Question: Hashable, Sendable {
        let user: UserID
        let type: String
    }

    private struct JobKey: Hashable {
        let message: MessageID
        let fence: FencingToken
    }

    let held: [AccountID: LeaseGrant]
    /// Mails that can go, recipients of one mail together.
    private(set) var jobs: [DispatchJob] = []
    /// Deliveries that nobody could send now.
    private(set) var parked: [Reservation] = []
    /// Deliveries that wait for a lease that this device does not hold.
    private(set) var returned: [ReleaseRequest] = []
    private var open: [JobKey: Int] = [:]

    init(held: [AccountID: LeaseGrant]) {
        self.held = held
    }

    mutating func add(_ reservation: Reservation, _ outcome: SenderChoice.Outcome) {
        switch outcome {
        case .wait(.leaseElsewhere(let account), _): giveBack(reservation, to: account)
        case .wait: parked.append(reservation)
        case .send(let decision):
            // It was reserved before its account was known; the claim names the right lease.
            guard let grant = held[decision.account] else {
                giveBack(reservation, to: decision.account)
                return
            }
            add(reservation, decision, under: grant)
        }
    }

    private mutating func giveBack(_ reservation: Reservation, to account: AccountID) {
        returned.append(
            ReleaseRequest(
                delivery: reservation.delivery, fence: reservation.fence, account: account))
    }

    private mutating func add(
        _ reservation: Reservation, _ decision: SenderDecision, under grant: LeaseGrant
    ) {
        let key = JobKey(message: reservation.delivery.message, fence: grant.fence)
        if let index = open[key],
            jobs[index].reservations.count < DispatchJob.recipientsMaximum
        {
            jobs[index] = DispatchJob(
                decision: decision, grant: grant,
                reservations: jobs[index].reservations + [reservation])
        } else {
            open[key] = jobs.count
            jobs.append(
                DispatchJob(decision: decision, grant: grant, reservations: [reservation]))
        }
    }
}
