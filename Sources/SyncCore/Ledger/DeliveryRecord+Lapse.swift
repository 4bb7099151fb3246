extension DeliveryRecord {
    /// What to tell everybody of a delivery that was given up, or held, since it stood otherwise.
    ///
    /// - Parameter before: How it stood.
    /// - Returns: A report for each new fact, with the reason.
    package func lapse(since before: DeliveryRecord) -> [DeliveryReport] {
        let known = Set(before.facts)
        var detail = AttemptDetail()
        detail.cause = isExpired ? DeliveryReport.expiredCause : DeliveryReport.clockCause
        return facts.filter { !known.contains($0) }.map {
            DeliveryReport(delivery: delivery, fact: $0, detail: detail)
        }
    }

    /// When it must be looked at because its time is over; nil while there is nothing to give up.
    package var lapseTime: Timestamp? {
        guard expiryTurn == 0 else { return nil }
        switch state {
        case .queued, .reserved: return expires
        case .claimed, .inDoubt, .sent, .failed, .expired, .cancelled, .held: return nil
        }
    }
}
