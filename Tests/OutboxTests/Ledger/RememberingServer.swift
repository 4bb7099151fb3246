import Outbox
import SyncCore
import Synchronization

/// A mail server that remembers what it took.
final class RememberingServer: MailTransport, MailPost {
    struct Mail: Hashable, Sendable {
        let recipient: String
        let bytes: [UInt8]
    }

    private struct State {
        var taken: [Mail] = []
        var answers: [String: TransactionOutcome] = [:]
        var failures: [AccountID: MailConnectionFailure] = [:]
        var begun: Set<String> = []
        /// The addresses that no account may write from.
        var refusedSenders: Set<String> = []
        /// After how many mails something happens, and what.
        var event: (count: Int, body: @Sendable () throws -> Void)?
    }

    private let killer: Killer
    private let state = Mutex(State())

    init(killer: Killer = Killer(at: 0)) {
        self.killer = killer
    }

    /// The mails that were taken, each copy.
    var taken: [Mail] { state.withLock(\.taken) }
    /// How many copies each recipient has.
    var copies: [String: Int] {
        Dictionary(taken.map { ($0.recipient, 1) }, uniquingKeysWith: +)
    }

    /// Answers for a recipient otherwise than by taking the mail, from now on.
    func answer(_ recipient: String, with outcome: TransactionOutcome?) {
        state.withLock { $0.answers[recipient] = outcome }
    }

    /// Lets nobody write from an address, from now on.
    func refuse(sender: String) {
        state.withLock { _ = $0.refusedSenders.insert(sender) }
    }

    /// Fails every connection of an account, from now on.
    func fail(_ account: AccountID, with failure: MailConnectionFailure?) {
        state.withLock { $0.failures[account] = failure }
    }

    /// Does something once, when a number of mails were taken; it may break the connection off.
    func after(_ count: Int, _ body: @escaping @Sendable () throws -> Void) {
        state.withLock { $0.event = (count, body) }
    }

    private func passEvent() throws {
        let event = state.withLock { state in
            guard let event = state.event, state.taken.count >= event.count else {
                return nil as (@Sendable () throws -> Void)?
            }
            state.event = nil
            return event.body
        }
        try event?()
    }

    func way(of killer: Killer) -> any MailTransport { Way(server: self, killer: killer) }

    func connect(to account: AccountID) async throws -> any MailSession {
        try await way(of: killer).connect(to: account)
    }

    func probe(_ account: AccountID) async -> MailProbe {
        let failure = state.withLock { $0.failures[account] }
        return MailProbe(
            isReachable: failure.map { $0.fault != nil } ?? true, routes: failure?.routes ?? [])
    }

    var begun: Set<String> { state.withLock(\.begun) }

    private func noteBegun(_ mail: MailTransaction) {
        state.withLock { $0.begun.formUnion(mail.recipients.map(\.text)) }
    }

    private func take(_ mail: MailTransaction) -> [TransactionOutcome] {
        state.withLock { state in
            mail.recipients.map { recipient in
                if state.refusedSenders.contains(mail.sender.text) {
                    return .senderRefused(reply: "553 5.7.1 Sender address rejected")
                }
                if let answer = state.answers[recipient.text] { return answer }
                state.taken.append(Mail(recipient: recipient.text, bytes: mail.bytes))
                return .accepted(reply: "250 2.0.0 Ok")
            }
        }
    }

    /// The way of one life of a device to the server.
    struct Way: MailTransport {
        let server: RememberingServer
        let killer: Killer

        func connect(to account: AccountID) async throws -> any MailSession {
            try await killer.step()
            if let failure = server.state.withLock({ $0.failures[account] }) { throw failure }
            return Session(way: self)
        }

        func probe(_ account: AccountID) async -> MailProbe { await server.probe(account) }
    }

    struct Session: MailSession {
        let way: Way
        var routes: [RouteReport] { [] }
        var server: MailServer {
            MailServer(host: "smtp.inair.com.mx", port: 465, security: "implicit")
        }

        func takeDialogue(of id: Int) async -> [String] {
            ["S: 220 hello", "C: AUTH PLAIN ***", "S: 250 mail \(id)"]
        }

        func deliver(
            next: () async throws -> MailTransaction?, dataBegins: (Int) async throws -> Void,
            finished: (Int, [TransactionOutcome]) async throws -> Void
        ) async throws {
            while let mail = try await next() {
                var hasBegun = false
                let outcomes: [TransactionOutcome]
                do {
                    try await way.killer.step()
                    try await way.killer.pass(.connected)
                    try await dataBegins(mail.id)
                    hasBegun = true
                    way.server.noteBegun(mail)
                    // The body is under way.
                    try await way.killer.step()
                    try await way.killer.pass(.begun)
                    outcomes = way.server.take(mail)
                    // The server took it; its answer is under way.
                    try await way.killer.step()
                    try await way.killer.pass(.handedOver)
                } catch {
                    let outcome: TransactionOutcome =
                        hasBegun
                        ? .inDoubt(cause: "CONNECTION_LOST")
                        : .notSent(cause: "CANCELLED", reply: nil)
                    try await finished(mail.id, mail.recipients.map { _ in outcome })
                    throw error
                }
                // A device that ends now hears the answer and can write nothing down.
                do { try await way.killer.pass(.answered) } catch is Killer.Killed {}
                try await finished(mail.id, outcomes)
                try await way.killer.step()
                try way.server.passEvent()
            }
        }
    }
}
