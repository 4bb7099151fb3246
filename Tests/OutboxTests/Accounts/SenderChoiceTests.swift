import Outbox
import SyncCore
import Testing

struct SenderChoiceTests {
    private static let juan = account("juan", "xxx@inair.com.mx")
    private static let emoreno = account("emoreno", "emoreno@inair.com.mx")
    private static let ventas = account("ventas", "ventas@inair.com.mx")

    private static func account(
        _ name: String, _ address: String?,
        _ completeness: SenderAccount.Completeness = .complete,
        _ health: SenderAccount.Health = .untested
    ) -> SenderAccount {
        SenderAccount(
            id: AccountID(validated: name),
            address: address.flatMap { try? MailAddress($0, in: .from) },
            completeness: completeness, health: health)
    }

    private func choice(
        own: SenderAccount? = juan, fallbacks: [SenderAccount] = [emoreno, ventas],
        rule: SenderRule = .ownOrDefault, held: [SenderAccount] = [juan, emoreno, ventas],
        failures: [SenderFailure] = []
    ) throws -> SenderChoice {
        SenderChoice(
            person: .init(
                user: UserID(validated: "juan"), name: "Juan Pérez",
                address: try MailAddress("juan@inair.com.mx", in: .from)),
            organisation: "INAIR", own: own, fallbacks: fallbacks, rule: rule,
            heldLeases: Set(held.map(\.id)), failures: failures)
    }

    private func sent(_ choice: SenderChoice) -> SenderDecision? {
        if case .send(let decision) = choice.outcome { decision } else { nil }
    }

    @Test func `a complete own account sends, with the text the log must show`() throws {
        let decision = try #require(sent(try choice()))
        #expect(decision.credential == .own)
        #expect(decision.reason.rawValue == "own_complete")
        #expect(decision.from.text == "xxx@inair.com.mx")
        #expect(decision.displayName == "Juan Pérez")
        #expect(decision.replyTo == nil)
        #expect(
            decision.logText.es == "Email enviado desde xxx@inair.com.mx (credenciales propias)")
        #expect(decision.alerts.isEmpty)
    }

    @Test func `without an own account the first fallback sends, and answers go to the person`()
        throws
    {
        let decision = try #require(sent(try choice(own: nil)))
        #expect(decision.credential == .default)
        #expect(decision.reason.rawValue == "none")
        #expect(decision.from.text == "emoreno@inair.com.mx")
        #expect(decision.displayName == "Juan Pérez (vía INAIR)")
        #expect(decision.replyTo?.text == "juan@inair.com.mx")
        #expect(
            decision.logText.es == "Email enviado desde emoreno@inair.com.mx (predeterminadas)")
    }

    @Test(arguments: ["xxx@inair.com.mx", nil])
    func `a half-filled own account is not used, and is reported`(_ address: String?) throws {
        let half = Self.account("juan", address, .incomplete)
        let decision = try #require(sent(try choice(own: half)))
        #expect(decision.reason.rawValue == "own_incomplete")
        #expect(decision.account == Self.emoreno.id)
        #expect(decision.alerts == [SenderAlert(account: half.id, problem: .incomplete)])
    }

    @Test(arguments: [
        (SenderFault.authentication, "own_auth_failed"), (.configuration, "own_config_failed"),
    ])
    func `a fault of the own account leads to the fallback and an alert`(
        _ fault: SenderFault, reason: String
    ) throws {
        let failing = Self.account("juan", "xxx@inair.com.mx", .complete, .failing(fault))
        for choice in [
            try choice(own: failing), try choice(failures: [.account(Self.juan.id, fault)]),
        ] {
            let decision = try #require(sent(choice))
            #expect(decision.reason.rawValue == reason)
            #expect(decision.account == Self.emoreno.id)
            #expect(
                decision.alerts == [SenderAlert(account: Self.juan.id, problem: .failing(fault))])
        }
    }

    @Test(arguments: [SenderFailure.network, .recipient, .content, .temporary])
    func `other failures do not burn the fallback`(_ failure: SenderFailure) throws {
        #expect(sent(try choice(failures: [failure]))?.credential == .own)
        let fallback = sent(try choice(own: nil, failures: [failure]))
        #expect(fallback?.account == Self.emoreno.id)
    }

    @Test func `a failing fallback is passed over with an alert, in order`() throws {
        let fault = SenderFailure.account(Self.emoreno.id, .authentication)
        let decision = try #require(sent(try choice(own: nil, failures: [fault])))
        #expect(decision.account == Self.ventas.id)
        #expect(
            decision.alerts
                == [SenderAlert(account: Self.emoreno.id, problem: .failing(.authentication))])
    }

    @Test func `when nothing works the mail waits, with every fault told`() throws {
        let failures = [Self.juan, Self.emoreno, Self.ventas].map {
            SenderFailure.account($0.id, .authentication)
        }
        guard
            case .wait(.noWorkingAccount, let alerts) = try choice(failures: failures).outcome
        else {
            Issue.record("it does not wait")
            return
        }
        #expect(alerts.map(\.account) == [Self.juan.id, Self.emoreno.id, Self.ventas.id])
        #expect(try choice(own: nil, fallbacks: []).outcome == .wait(.noAccount, alerts: []))
    }

    @Test func `a lease held elsewhere is waited for, not gone around`() throws {
        let choice = try choice(held: [Self.emoreno])
        #expect(choice.outcome == .wait(.leaseElsewhere(Self.juan.id), alerts: []))
        #expect(choice.account == Self.juan.id)
    }

    @Test func `the type of the mail may require the default or the own account`() throws {
        let invoice = try #require(sent(try choice(rule: .defaultOnly)))
        #expect(invoice.account == Self.emoreno.id)
        #expect(invoice.reason == .typeUsesDefault)
        #expect(sent(try choice(rule: .ownOnly))?.account == Self.juan.id)
        let signed = try choice(own: nil, rule: .ownOnly)
        #expect(signed.outcome == .wait(.ownAccountRequired, alerts: []))
        #expect(signed.account == nil)
    }

    @Test func `an organisation with one fallback and no users' accounts can send`() throws {
        let choice = try choice(own: nil, fallbacks: [Self.emoreno], held: [Self.emoreno])
        #expect(sent(choice)?.from.text == "emoreno@inair.com.mx")
    }

    // Every combination of what may be known: the rules that hold whatever else is true.
    @Test func `in every case the own account is used exactly when it is complete and works`()
        throws
    {
        let healths: [SenderAccount.Health] = [
            .untested, .working, .failing(.authentication), .failing(.configuration),
        ]
        var cases = 0
        for completeness in SenderAccount.Completeness.allCases {
            for health in healths {
                for rule in SenderRule.allCases {
                    for failure in [SenderFailure.network, .recipient, .content, .temporary] {
                        for held in [[], [Self.juan], [Self.juan, Self.emoreno]] {
                            let own = Self.account("juan", "a@b.mx", completeness, health)
                            let choice = try choice(
                                own: own, rule: rule, held: held, failures: [failure])
                            let works =
                                completeness == .complete && [.untested, .working].contains(health)
                            let usesOwn = works && rule != .defaultOnly
                            #expect((choice.account == own.id) == usesOwn)
                            if let decision = sent(choice) {
                                #expect(choice.heldLeases.contains(decision.account))
                                #expect((decision.credential == .own) == usesOwn)
                                #expect((decision.replyTo == nil) == usesOwn)
                            }
                            cases += 1
                        }
                    }
                }
            }
        }
        #expect(cases == 288)
    }

    @Test func `every alert and wait has a text in both languages`() {
        let problems: [SenderAlert.Problem] = [
            .incomplete, .failing(.authentication), .failing(.configuration),
        ]
        let waits: [SenderWait] = [
            .leaseElsewhere(Self.juan.id), .noAccount, .noWorkingAccount, .ownAccountRequired,
        ]
        let texts =
            problems.map { SenderAlert(account: Self.juan.id, problem: $0).explanation }
            + waits.map(\.explanation)
        for text in texts { #expect(!text.es.isEmpty && !text.en.isEmpty && text.es != text.en) }
    }
}
