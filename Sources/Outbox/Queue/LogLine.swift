package import SyncCore

/// One line of the log: a mail that was queued, an attempt, a decision, or a route.
package struct LogLine: Hashable, Sendable {
    /// Where the record stands.
    package let feed: FeedID
    package let sequence: UInt64
    /// How many membership entries its author knew.
    package let membershipHeight: UInt64
    package let time: HybridTime
    /// Who caused it.
    package let actor: String
    /// What happened.
    package let word: LogWord
    /// The mail it is about.
    package let message: MessageID?
    /// The delivery it is about; nothing for a line about a whole mail or a route.
    package let delivery: DeliveryID?
    package let fact: DeliveryFact?
    /// Whether the ledger in custody was asked, and decides later.
    package let isRequest: Bool
    package let detail: AttemptDetail

    /// The device that wrote it.
    package var device: DeviceID { feed.device }
    /// The branch it concerns.
    package var scope: Scope { feed.scope }
    /// The attempt's number, if it is about one.
    package var attempt: Int? { fact?.attempt?.number }

    package init(
        feed: FeedID, sequence: UInt64, membershipHeight: UInt64, time: HybridTime,
        actor: String, word: LogWord, message: MessageID?, delivery: DeliveryID?,
        fact: DeliveryFact?, isRequest: Bool, detail: AttemptDetail
    ) {
        self.feed = feed
        self.sequence = sequence
        self.membershipHeight = membershipHeight
        self.time = time
        self.actor = actor
        self.word = word
        self.message = message
        self.delivery = delivery
        self.fact = fact
        self.isRequest = isRequest
        self.detail = detail
    }

    init(_ report: DeliveryReport, of header: RecordHeader, isByHub: Bool) {
        // The hub's answer may repeat what was asked, reason included; it asks nobody itself.
        let isRequest = !isByHub && report.detail.reason == DeliveryReport.requestedReason
        let isAcknowledged = report.detail.reason == DeliveryReport.acknowledgedReason
        self.init(
            header, word: report.fact?.word ?? (isAcknowledged ? .acknowledged : .note),
            message: report.delivery.message,
            delivery: report.delivery, fact: report.fact, isRequest: isRequest,
            detail: report.detail)
    }

    init(_ report: QueuedReport, of header: RecordHeader) {
        self.init(header, word: .queued, message: report.message, detail: AttemptDetail())
    }

    init(_ report: RouteReport, of header: RecordHeader) {
        var detail = AttemptDetail()
        detail.account = report.account
        detail.host = report.host
        detail.port = report.port
        detail.security = report.security
        detail.cause = report.cause.isEmpty ? nil : report.cause
        detail.milliseconds = report.milliseconds
        let isFailure = header.kind == RouteReport.failedKind
        self.init(header, word: isFailure ? .routeFailed : .routeReached, detail: detail)
    }

    init(_ report: LifeReport, of header: RecordHeader) {
        var detail = AttemptDetail()
        detail.cause = report.reason.word
        detail.text = report.text.es
        self.init(header, word: .newLife, detail: detail)
    }

    init(_ report: KeyReport, of header: RecordHeader) {
        var detail = AttemptDetail()
        detail.text = report.text.es
        self.init(header, word: .keysChanged, detail: detail)
    }

    init(_ report: AccountTestReport, of header: RecordHeader) {
        var detail = AttemptDetail()
        detail.account = report.account
        if let route = report.routes.first {
            detail.host = route.host
            detail.port = route.port
            detail.security = route.security
            detail.milliseconds = route.milliseconds
            detail.cause = route.cause.isEmpty ? nil : route.cause
        }
        detail.reply = report.reply
        detail.text = report.text
        self.init(header, word: .accountTested, detail: detail)
    }

    /// The line of a record that this version cannot read.
    init(unknown header: RecordHeader) {
        var detail = AttemptDetail()
        detail.note = header.kind
        self.init(header, word: .unknownKind, detail: detail)
    }

    private init(
        _ header: RecordHeader, word: LogWord, message: MessageID? = nil,
        delivery: DeliveryID? = nil, fact: DeliveryFact? = nil, isRequest: Bool = false,
        detail: AttemptDetail
    ) {
        self.init(
            feed: header.feed, sequence: header.sequence,
            membershipHeight: header.membershipHeight, time: header.time, actor: header.actor,
            word: word, message: message, delivery: delivery, fact: fact, isRequest: isRequest,
            detail: detail)
    }
}
