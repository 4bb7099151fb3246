package import SyncCore

/// What was found out about an account.
package struct AccountFinding: Hashable, Sendable {
    /// How much a finding proves when it is good.
    package enum Proof: Hashable, Sendable {
        /// The server accepted user and password.
        case signIn
        /// The server accepted a mail from the account's address.
        case mail
    }

    package let outcome: AccountTest.Outcome
    package let proof: Proof
    /// The password and settings that were tried.
    package let mark: AccountMark
    /// A code of the diagnosis, if it does not work.
    package var cause: String?
    /// The routes that were tried, the one that decided first.
    package var routes: [AccountTestReport.Route] = []
    /// Who was sent a test mail, and what the server said.
    package var recipient: MailAddress?
    package var reply: String?

    package init(outcome: AccountTest.Outcome, proof: Proof, mark: AccountMark) {
        self.outcome = outcome
        self.proof = proof
        self.mark = mark
    }

    /// What the log holds of it.
    func report(on account: AccountID) -> AccountTestReport {
        var report = AccountTestReport(
            account: account, outcome: outcome.rawValue, routes: routes)
        report.recipient = recipient?.text
        report.reply = reply.map(AttemptReporting.limited)
        return report
    }
}

extension DirectoryAccount {
    /// Whether a finding is about the account as it is, and counts against what is known.
    ///
    /// That a password is accepted does not prove that the server lets the account write from
    /// its address: a refusal of that stands until a mail was accepted.
    package func takes(_ finding: AccountFinding) -> Bool {
        let isLess =
            finding.outcome == .working && finding.proof == .signIn
            && sender.health == .failing(.sendAs)
        return mark == finding.mark && !isLess
    }

    /// Whether a finding changes what every device knows of the account.
    package func isNews(_ finding: AccountFinding) -> Bool {
        takes(finding) && finding.outcome != .network && finding.outcome.health != sender.health
    }
}

/// Writes down what was found about accounts, so that every device knows it, and the log says
/// who found it.
package struct HealthLog: Sendable {
    private let replica: Replica

    package init(replica: Replica) {
        self.replica = replica
    }

    /// What a finding of this moment is about, or nil while the account is incomplete.
    package func mark(of account: AccountID) async throws -> AccountMark? {
        try await replica.read { try $0.directory.account(account)?.mark }
    }

    /// Records a finding that changes what is known, or that somebody asked for.
    ///
    /// The second time it changes nothing, unless somebody asked again.
    ///
    /// - Parameters:
    ///   - finding: What was found.
    ///   - account: About which account.
    ///   - actor: Who the log says asked.
    ///   - isAsked: Whether a person asked: then it is recorded whatever it says.
    /// - Returns: Whether there is something to push.
    /// - Throws: ``StorageError``.
    package func note(
        _ finding: AccountFinding, of account: AccountID, by actor: String = "agent",
        isAsked: Bool = false
    ) async throws -> Bool {
        // Looking costs no commit.
        let isNews = try await replica.read {
            try $0.directory.account(account)?.isNews(finding) ?? false
        }
        guard isNews || isAsked else { return false }
        return try await replica.write {
            try $0.note(finding, of: account, by: actor, isAsked: isAsked)
        }
    }
}

extension ReplicaTransaction {
    fileprivate func note(
        _ finding: AccountFinding, of id: AccountID, by actor: String, isAsked: Bool
    ) throws -> Bool {
        let own = identity.id
        guard let account = try directory.account(id), account.state != .removed,
            let device = membership.device(own), device.isActive,
            membership.may(own, .sender) || membership.may(own, .admin)
        else { return false }
        let isNews = account.isNews(finding)
        guard isNews || isAsked else { return false }
        if account.takes(finding) {
            let test = AccountTest(
                outcome: finding.outcome, time: environment.now(), mark: finding.mark,
                cause: finding.cause)
            let path = DirectoryAccount.testedPath(id, on: own)
            let replaced = try config.register(path).entries.map(\.dot)
                .filter { $0.device == own }
            try configure([path: test.value], actor: actor, seen: [path: replaced])
        }
        try append(
            finding.report(on: id), kind: AccountTestReport.recordKind, topic: .audit,
            scope: .branch(device.branch), actor: actor)
        return true
    }
}

extension Directory {
    /// The accounts that are to send and cannot, as alarms that stand until their test passes.
    package func alarms() throws -> [Alarm] {
        try accounts().compactMap { account in
            guard account.state == .active, account.completeness == .complete,
                let test = account.verdict, case .failing(let fault) = account.sender.health
            else { return nil }
            return Alarm(
                kind: .account, subject: account.id.text, time: test.time,
                detail: test.cause ?? fault.rawValue)
        }
    }
}
