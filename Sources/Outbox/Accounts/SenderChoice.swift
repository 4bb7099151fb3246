package import SyncCore

/// Chooses, for one attempt, the account a mail is sent from.
///
/// The person's own account is used if and only if it is complete and works; otherwise the
/// first fallback that does. The choice depends on faults of accounts alone: a network that is
/// down, a recipient or a content that is refused never changes the sender, and a lease that
/// another device holds is waited for. It performs no I/O and gives the same answer to the
/// same question.
///
/// ```
/// own account      complete, works      incomplete, refused, or none
///                        │                          │
///                        ▼                          ▼
///                       own            fallback 1, 2, … that is complete and works
///                                                   │ none
///                                                   ▼
///                                                  wait
/// ```
package struct SenderChoice: Hashable, Sendable {
    /// What was decided.
    package enum Outcome: Hashable, Sendable {
        /// Make the attempt so.
        case send(SenderDecision)
        /// Make none now.
        case wait(SenderWait, alerts: [SenderAlert])
    }

    /// The person on whose behalf the mail goes.
    package struct Person: Hashable, Sendable {
        package let user: UserID
        /// The name, such as `Juan Pérez`.
        package let name: String
        /// Where answers reach the person, if he has an address of his own.
        package let address: MailAddress?

        package init(user: UserID, name: String, address: MailAddress?) {
            self.user = user
            self.name = name
            self.address = address
        }
    }

    package var person: Person
    /// The organisation's name, as recipients know it.
    package var organisation: String
    /// The person's own account, if he has one.
    package var own: SenderAccount?
    /// The organisation's accounts, in the order in which they stand in.
    package var fallbacks: [SenderAccount]
    /// From which accounts mail of this type may go.
    package var rule: SenderRule
    /// The accounts whose lease this device holds.
    package var heldLeases: Set<AccountID>
    /// How earlier attempts failed since the accounts were last changed, in any order.
    ///
    /// Leaving one out is safe while the account's own health tells of it.
    package var failures: [SenderFailure]

    package init(
        person: Person, organisation: String, own: SenderAccount?, fallbacks: [SenderAccount],
        rule: SenderRule = .ownOrDefault, heldLeases: Set<AccountID>,
        failures: [SenderFailure] = []
    ) {
        self.person = person
        self.organisation = organisation
        self.own = own
        self.fallbacks = fallbacks
        self.rule = rule
        self.heldLeases = heldLeases
        self.failures = failures
    }

    /// The account that must send, whoever holds its lease; nil if none can.
    package var account: AccountID? {
        (usableOwn ?? (rule == .ownOnly ? nil : usableFallback))?.account.id
    }

    /// What to do for this attempt.
    package var outcome: Outcome {
        if let own = usableOwn { return decide(own, .own, .ownComplete, displayName: person.name) }
        guard rule != .ownOnly else { return .wait(.ownAccountRequired, alerts: alerts) }
        guard let fallback = usableFallback else {
            let isEmpty = fallbacks.isEmpty && own == nil
            return .wait(isEmpty ? .noAccount : .noWorkingAccount, alerts: alerts)
        }
        return decide(
            fallback, .default, fallbackReason,
            displayName: "\(person.name) (vía \(organisation))")
    }

    private struct Usable {
        let account: SenderAccount
        let address: MailAddress
    }

    private var usableOwn: Usable? {
        rule == .defaultOnly ? nil : own.flatMap(usable)
    }

    private var usableFallback: Usable? {
        for fallback in fallbacks {
            if let usable = usable(fallback) { return usable }
        }
        return nil
    }

    private func usable(_ account: SenderAccount) -> Usable? {
        guard problem(of: account) == nil, let address = account.address else { return nil }
        return Usable(account: account, address: address)
    }

    private func problem(of account: SenderAccount) -> SenderAlert.Problem? {
        guard account.completeness == .complete, account.address != nil else { return .incomplete }
        // The attempts may know more than the state that was shared.
        for case .account(account.id, let fault) in failures { return .failing(fault) }
        if case .failing(let fault) = account.health { return .failing(fault) }
        return nil
    }

    private var fallbackReason: SenderReason {
        guard rule != .defaultOnly else { return .typeUsesDefault }
        guard let own else { return .none }
        switch problem(of: own) {
        case .incomplete: return .ownIncomplete
        case .failing(.authentication): return .ownAuthenticationFailed
        case .failing(.configuration): return .ownConfigurationFailed
        case .failing(.sendAs): return .ownSendAsFailed
        case nil: preconditionFailure("An own account that works is used.")
        }
    }

    /// Every fault of an account that was passed over, in the order of trying.
    private var alerts: [SenderAlert] {
        let own = rule == .defaultOnly ? nil : own
        let passed = [own].compactMap { $0 } + (usableOwn == nil ? passedFallbacks : [])
        return passed.compactMap { account in
            problem(of: account).map { SenderAlert(account: account.id, problem: $0) }
        }
    }

    private var passedFallbacks: ArraySlice<SenderAccount> {
        guard rule != .ownOnly else { return [] }
        return fallbacks.prefix { usable($0) == nil }
    }

    private func decide(
        _ usable: Usable, _ credential: SenderCredential, _ reason: SenderReason,
        displayName: String
    ) -> Outcome {
        guard heldLeases.contains(usable.account.id) else {
            return .wait(.leaseElsewhere(usable.account.id), alerts: alerts)
        }
        return .send(
            SenderDecision(
                account: usable.account.id, credential: credential, reason: reason,
                from: usable.address, displayName: displayName,
                replyTo: credential == .default ? replyAddress : nil, alerts: alerts))
    }

    /// A half-filled own account may still name an address where the person reads mail.
    private var replyAddress: MailAddress? { person.address ?? own?.address }
}
