import Outbox
import SyncCore

/// Sends each person a mail a day with his alerts, where the organisation wants it
/// (`alert/digest`).
///
/// It goes through the outbox like any other mail, from the person to himself, and about the mails
/// that were queued on this device. It is never about itself: a summary that fails is no alert.
struct AlertDigest: Sendable {
    /// How often it is looked whether the day's mail is due.
    private static let interval = Duration.seconds(3600)
    /// How many alerts one mail names.
    private static let linesMaximum = 50
    /// Whether it is wanted.
    static let path = RegisterPath("alert", "digest")

    let replica: Replica
    let submission: Outbox.Submission
    /// Called when a mail was queued.
    let hasQueued: @Sendable () -> Void

    private struct Due: Sendable {
        let user: UserID
        let address: MailAddress
        let domain: MailDomain
        let alerts: [MailAlert]
    }

    /// Works until the task is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            try await replica.environment.sleep(Self.interval)
            try await pass()
        }
    }

    /// Queues what is due; on one day the second time queues nothing.
    ///
    /// - Returns: How many mails were queued.
    @discardableResult
    func pass() async throws -> Int {
        let now = replica.environment.now()
        let day = now.description.prefix(10)
        var count = 0
        for due in try await due(at: now) {
            let receipt = try await submission.enqueue(try mail(to: due, on: String(day), now))
            if !receipt.isRepetition { count += 1 }
        }
        if count > 0 { hasQueued() }
        return count
    }

    private func due(at now: Timestamp) async throws -> [Due] {
        try await replica.read { transaction in
            guard try transaction.config.register(Self.path).value == .boolean(true) else {
                return []
            }
            let own = transaction.identity.id
            let domain = try transaction.directory.domain()
            return try transaction.directory.users().compactMap { user in
                guard user.state == .active, let address = user.email else { return nil }
                let alerts = try transaction.outbox.alerts(of: [user.id], at: now)
                    .filter { $0.mail.mail.device == own }
                return alerts.isEmpty
                    ? nil
                    : Due(
                        user: user.id, address: address, domain: domain ?? address.domain,
                        alerts: alerts)
            }
        }
    }

    private func mail(to due: Due, on day: String, _ now: Timestamp) throws -> MailSubmission {
        let environment = replica.environment
        let message = MessageID(randomFrom: environment)
        var draft = MessageDraft(messageID: MessageIDHeader(message, at: due.domain), date: now)
        draft.to = [try Mailbox(name: nil, address: due.address, in: .to)]
        let count = due.alerts.count
        draft.subject = "syncmail: \(count) aviso(s) sobre sus correos, \(day)"
        draft.text =
            [Language.spanish, .english].map { language in
                lines(due.alerts, in: language).joined(separator: "\n")
            }.joined(separator: "\n\n")
        var mail = MailSubmission(
            message: message, submission: SubmissionID(randomFrom: environment),
            rendered: try MessageRenderer().render(draft), user: due.user, actor: "agent",
            recipients: draft.recipients)
        mail.subject = draft.subject
        mail.type = "alerta"
        mail.key = "alert digest \(day)"
        mail.source = MailSource(.agent)
        return mail
    }

    private func lines(_ alerts: [MailAlert], in language: Language) -> [String] {
        let heading = LocalizedText(
            es: "Estos correos suyos no salieron, están en duda o esperan demasiado:",
            en: "These mails of yours failed, are in doubt or wait too long:")
        let end = LocalizedText(
            es:
                "«syncmail alert list» los enumera; «syncmail alert acknowledge» los quita.",
            en: "“syncmail alert list” lists them; “syncmail alert acknowledge” settles them.")
        let rows = alerts.prefix(Self.linesMaximum).map { alert in
            let what = AlertView.what(alert).text(in: language)
            let remedy = AlertView.remedy(of: alert).text(in: language)
            return "- \(alert.mail.mail.message.short) \(alert.delivery.address ?? "—") "
                + "\(alert.mail.subject ?? "—"): \(what). \(remedy)"
        }
        let more = alerts.count - rows.count
        return [heading.text(in: language)] + rows + (more > 0 ? ["… +\(more)"] : [])
            + [end.text(in: language)]
    }
}
