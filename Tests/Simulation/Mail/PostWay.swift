import Outbox
import SyncCore

/// The way of one process to the mail server.
struct PostWay: MailTransport {
    let post: Post
    let device: Int
    let lane: Lane
    let replica: Replica

    func connect(to account: AccountID) async throws -> any MailSession {
        try await lane.sleep(for: post.delay())
        guard post.isReachable(from: device) else {
            post.oracle.note(.serverUnreachable)
            throw MailConnectionFailure(routes: [report(account, cause: "TCP_DROP")])
        }
        // Signing in needs the password, which only senders can open.
        do {
            let secret = try await replica.read { transaction in
                guard let account = try transaction.directory.account(account) else {
                    throw SecretError(.missing, account: account)
                }
                return try SecretVault.open(account, by: transaction.identity)
            }
            post.oracle.signedIn(with: secret.password, from: device)
        } catch is SecretError {
            throw MailConnectionFailure(routes: [], fault: .configuration)
        }
        return PostSession(way: self, routes: [report(account, cause: "")])
    }

    func probe(_ account: AccountID) async -> MailProbe {
        do { try await lane.sleep(for: post.delay()) } catch {
            return MailProbe(isReachable: false, routes: [])
        }
        let isReachable = post.isReachable(from: device)
        return MailProbe(
            isReachable: isReachable,
            routes: [report(account, cause: isReachable ? "" : "TCP_DROP")])
    }

    private func report(_ account: AccountID, cause: String) -> RouteReport {
        RouteReport(
            account: account, host: "smtp.example.mx", port: 465, security: "implicit",
            cause: cause, milliseconds: 20)
    }
}

/// A connection to the mail server.
struct PostSession: MailSession {
    let way: PostWay
    let routes: [RouteReport]

    var server: MailServer {
        MailServer(host: "smtp.example.mx", port: 465, security: "implicit")
    }

    private struct Broken: Error {}

    func deliver(
        next: () async throws -> MailTransaction?, dataBegins: (Int) async throws -> Void,
        finished: (Int, [TransactionOutcome]) async throws -> Void
    ) async throws {
        while let mail = try await next() {
            let (outcomes, stop) = await transact(mail, dataBegins)
            try await finished(mail.id, outcomes)
            if outcomes.contains(where: \.isVerdict) {
                way.post.oracle.concluded(mail.recipients.map(\.text))
            }
            if stop is Broken { return }
            if let stop { throw stop }
        }
    }

    /// Sends one mail; what stops the connection is told together with the outcome.
    private func transact(
        _ mail: MailTransaction, _ dataBegins: (Int) async throws -> Void
    ) async -> (outcomes: [TransactionOutcome], stop: (any Error)?) {
        do {
            try await way.lane.sleep(for: way.post.delay())
            if way.post.draws(\.brokenBefore) {
                way.post.oracle.note(.connectionBroken)
                throw Broken()
            }
            try await dataBegins(mail.id)
        } catch {
            return (mail.recipients.map { _ in .notSent(cause: "CLOSED", reply: nil) }, error)
        }
        do {
            // A process that stops here has written down that the body goes, and it may go
            // much later.
            try await way.lane.sleep(for: way.post.delay())
            let outcomes = try await handOver(mail)
            return (outcomes, outcomes.contains(where: Self.isDoubt) ? Broken() : nil)
        } catch {
            return (mail.recipients.map { _ in .inDoubt(cause: "CANCELLED") }, error)
        }
    }

    private static func isDoubt(_ outcome: TransactionOutcome) -> Bool {
        if case .inDoubt = outcome { true } else { false }
    }

    /// Sends the body, and waits for the verdict; the server decides whether or not it is heard.
    private func handOver(_ mail: MailTransaction) async throws -> [TransactionOutcome] {
        let (post, device) = (way.post, way.device)
        post.oracle.handedOver(mail.recipients.map(\.text))
        let isWhole = !post.draws(\.brokenBody)
        let isHeard = !post.draws(\.lostVerdict)
        do {
            return try await Ticket<[TransactionOutcome]>(post.scheduler).wait { ticket in
                if isWhole {
                    post.scheduler.schedule(after: post.delay()) {
                        let outcomes = post.judge(mail, from: device)
                        guard isHeard else { return post.oracle.note(.verdictLost) }
                        post.scheduler.schedule(after: post.delay(), in: way.lane) {
                            ticket.end(.success(outcomes))
                        }
                    }
                } else {
                    post.oracle.note(.bodyBroken)
                }
                return post.scheduler.schedule(after: Post.verdictMaximum, in: way.lane) {
                    ticket.end(.failure(Broken()))
                }
            }
        } catch is Broken {
            return mail.recipients.map { _ in .inDoubt(cause: "REPLY_TIMEOUT") }
        }
    }
}

extension TransactionOutcome {
    /// Whether the server's word about the mail was heard.
    fileprivate var isVerdict: Bool {
        switch self {
        case .accepted, .refused, .senderRefused: true
        case .notSent, .inDoubt: false
        }
    }
}
