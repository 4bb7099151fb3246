package import SyncCore

/// Folds what was recorded about mails into lists, deliveries and the log.
///
/// Facts about a delivery may come before the mail itself is known, because they stand in
/// other devices' feeds. They are kept in the log then, and counted when the mail arrives.
package struct OutboxFold: RecordFold {
    package let schema = OutboxStore.schema
    private let timing: LedgerTiming

    package init(timing: LedgerTiming = LedgerTiming()) {
        self.timing = timing
    }

    package func fold(_ record: Record, in transaction: ReplicaTransaction) throws {
        guard let content = record.content else { return }
        let header = record.header
        switch (header.feed.topic, header.kind) {
        case (.audit, QueuedReport.recordKind):
            try fold(QueuedReport(canonicalBytes: content.body), of: header, in: transaction)
        case (.mail, MailOffer.recordKind):
            try fold(MailOffer(canonicalBytes: content.body), of: header, in: transaction)
        case (.audit, DeliveryReport.recordKind):
            let report = try DeliveryReport(canonicalBytes: content.body)
            let isByHub = transaction.membership.isHub(header.feed.device)
            let line = LogLine(report, of: header, isByHub: isByHub)
            if try transaction.outbox.addLine(line) { try count(line, in: transaction) }
        case (.audit, LifeReport.recordKind):
            let report = try LifeReport(canonicalBytes: content.body)
            _ = try transaction.outbox.addLine(LogLine(report, of: header))
        case (.audit, KeyReport.recordKind):
            let report = try KeyReport(canonicalBytes: content.body)
            _ = try transaction.outbox.addLine(LogLine(report, of: header))
        case (.audit, AccountTestReport.recordKind):
            let report = try AccountTestReport(canonicalBytes: content.body)
            _ = try transaction.outbox.addLine(LogLine(report, of: header))
        case (.audit, RouteReport.failedKind), (.audit, RouteReport.reachedKind):
            let report = try RouteReport(canonicalBytes: content.body)
            _ = try transaction.outbox.addLine(LogLine(report, of: header))
        default:
            return
        }
    }

    package func passOver(_ header: RecordHeader, in transaction: ReplicaTransaction) throws {
        guard header.feed.topic == .audit else { return }
        _ = try transaction.outbox.addLine(LogLine(unknown: header))
    }

    package func forget(
        _ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        try transaction.outbox.forget(feed, after: sequence)
    }

    package func retire(
        _ feed: FeedID, through sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        guard feed.topic == .audit else { return }
        try transaction.outbox.retire(feed, through: sequence)
    }

    package func leave(
        _ feed: FeedID, after sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        try transaction.outbox.leave(feed, after: sequence)
    }

    private func fold(
        _ report: QueuedReport, of header: RecordHeader, in transaction: ReplicaTransaction
    ) throws {
        guard let branch = transaction.membership.device(header.feed.device)?.branch,
            header.feed.scope == .branch(branch)
        else { throw CodingError(.value, in: "branch of a queued mail") }
        let outbox = transaction.outbox
        guard try outbox.addLine(LogLine(report, of: header)) else { return }
        let own = try outbox.ownMail(report.message)
        // Nobody else can take a mail of this device over by its name.
        if own != nil, header.feed.device != transaction.identity.id { return }
        try outbox.addMail(report, of: header, in: branch)
        for (recipient, address) in report.recipients.enumerated() {
            let id = DeliveryID(message: report.message, recipient: recipient)
            var delivery = DeliveryRecord(
                delivery: id, byteCount: Int(clamping: report.byteCount),
                notBefore: report.terms.notBefore, expires: own?.terms.expires)
            for fact in try outbox.delivery(id)?.facts ?? [] { delivery.insert(fact) }
            let offers = try outbox.offers(of: id, by: header.feed.device)
            if offers > 0 { delivery.insert(.custody(turn: 2 * offers - 1)) }
            try outbox.save(
                delivery, address: address, number: own?.number, priority: report.terms.priority)
        }
        for line in try outbox.lines(of: report.message) { try count(line, in: transaction) }
        if own == nil {
            try doubtForgotten(report.message, of: header.feed, in: transaction)
        }
    }

    private func fold(
        _ offer: MailOffer, of header: RecordHeader, in transaction: ReplicaTransaction
    ) throws {
        let outbox = transaction.outbox
        let origin = try outbox.mail(offer.message)?.device
        for (recipient, address) in offer.recipients.enumerated() where !address.isEmpty {
            let id = DeliveryID(message: offer.message, recipient: recipient)
            try outbox.addOffer(of: id, in: header)
            // Only the origin can offer a mail; which device that is may be heard of later.
            guard origin == header.feed.device, var delivery = try outbox.delivery(id) else {
                continue
            }
            // Each offer passes custody once; between two of them the hub gave it back.
            let offers = try outbox.offers(of: id, by: header.feed.device)
            if delivery.insert(.custody(turn: 2 * offers - 1)) { try outbox.save(delivery) }
        }
    }

    /// Lets a report count for the delivery it is about, if its author may say so.
    private func count(_ line: LogLine, in transaction: ReplicaTransaction) throws {
        let outbox = transaction.outbox
        guard let id = line.delivery, let mail = try outbox.mail(id.message),
            line.scope == .branch(mail.branch), try !isOfOtherLife(line, in: transaction)
        else { return }
        let authority = ReportAuthority(
            line: line, origin: mail.device, membership: transaction.membership)
        if line.isRequest {
            if let fact = line.fact, authority.mayDecide {
                try outbox.addRequest(fact, about: id)
            }
        }
        guard var delivery = try outbox.delivery(id) else { return }
        if line.isRequest {
            // Answered already, or still open: saving looks after both.
        } else if let fact = line.fact {
            for fact in authority.counted(fact, byteCount: delivery.byteCount, timing: timing) {
                delivery.insert(fact)
            }
        } else if authority.isLedger, line.detail.reason == DeliveryReport.refusedReason {
            for request in try outbox.requests(about: id) {
                try outbox.removeRequest(request, about: id)
            }
        }
        try outbox.save(delivery)
    }
}
