import SyncCore
import Testing

@testable import Outbox

/// The tree, from what was seen to the leaf.
struct DiagnosisTests {
    private typealias Seen = NetworkObservations

    private func server(
        _ causes: [(port: Int, cause: TransportFailure.Cause?)]
    ) throws -> ServerObservation {
        try server("smtp.gmail.com", .found(["142.250.1.108"]), causes)
    }

    private func server(
        _ name: String, _ resolution: NameResolution,
        _ causes: [(port: Int, cause: TransportFailure.Cause?)]
    ) throws -> ServerObservation {
        let host = try #require(ServerName(name))
        let routes = causes.map { port, cause in
            let route = Route(
                host: host, port: port, security: port == 465 ? .implicit : .startTLS)
            let failure = cause.map {
                TransportFailure(
                    $0, host: name, port: port, elapsed: .seconds(3),
                    issuer: $0 == .intercepted ? "Avast Web/Mail Shield Root" : nil)
            }
            return RouteObservation(
                route: route, elapsed: .seconds(3),
                result: failure.map { .failure($0) } ?? .success(SMTPCapabilities()))
        }
        return ServerObservation(host: host, resolution: resolution, routes: routes)
    }

    private func codes(_ seen: NetworkObservations) -> [DiagnosisCode] {
        Diagnosis(seen).findings.map(\.code)
    }

    @Test func `nothing is wrong where every way works`() throws {
        let seen = Seen(hasRoute: true, servers: [try server([(465, nil), (587, nil)])])
        let diagnosis = Diagnosis(seen)
        #expect(diagnosis.findings.isEmpty)
        #expect(diagnosis.canSend)
        #expect(diagnosis.ways.first?.route?.port == 465)
    }

    @Test func `587 dropped while 465 answers is a mail shield, and mail leaves`() throws {
        let seen = Seen(
            hasRoute: true, web: .open,
            servers: [try server([(587, .dropped), (465, nil), (2525, .dropped)])])
        let diagnosis = Diagnosis(seen)
        let finding = try #require(diagnosis.findings.first)
        #expect(diagnosis.findings.count == 1)
        #expect(finding.code == .mailShield)
        #expect(finding.confidence == .likely)
        #expect(!finding.isBlocking)
        #expect(finding.evidence.es == "sin respuesta en 587, 2525; responde 465")
        #expect(diagnosis.canSend)
    }

    @Test func `all ports silent is told apart by what the web says`() throws {
        let silent = try server([(465, .dropped), (587, .dropped)])
        func code(_ web: Seen.Web?, proxy: String? = nil) -> DiagnosisCode? {
            codes(Seen(hasRoute: true, proxy: proxy, web: web, servers: [silent])).first
        }
        #expect(code(.open) == .onlyWeb)
        #expect(code(.closed) == .networkFiltered)
        #expect(code(.closed, proxy: "proxy.empresa.com:3128") == .proxyOnly)
        #expect(code(nil) == .dropped)
        #expect(code(.captive(status: 302)) == .captivePortal)
        let diagnosis = Diagnosis(Seen(hasRoute: true, web: .open, servers: [silent]))
        #expect(diagnosis.findings.allSatisfy { $0.isBlocking })
        #expect(!diagnosis.canSend)
    }

    @Test func `a portal explains everything, unless a server answers all the same`() throws {
        let failing = try server([(465, .certificateUntrusted), (587, .wrongSecurity)])
        #expect(
            codes(Seen(hasRoute: true, web: .captive(status: 200), servers: [failing]))
                == [.captivePortal])
        let working = try server([(465, nil)])
        #expect(
            codes(Seen(hasRoute: true, web: .captive(status: 200), servers: [working])).isEmpty)
    }

    @Test func `without a route nothing else is looked for`() throws {
        let seen = Seen(hasRoute: false, servers: [try server([(465, .unreachable)])])
        #expect(codes(seen) == [.networkDown])
    }

    @Test func `names: a typo, a dead DNS, and a diverted provider`() throws {
        let wrong = try server("x.example", .unknown, [])
        #expect(codes(Seen(hasRoute: true, servers: [wrong])) == [.hostTypo])
        let dead = try server("x.example", .failed, [])
        #expect(codes(Seen(hasRoute: true, servers: [dead])) == [.nameServerDown])
        let both = Diagnosis(Seen(hasRoute: true, servers: [dead, dead]))
        #expect(both.findings.map(\.code) == [.nameServerDown])
        #expect(both.findings.first?.host == nil)
        let diverted = try server("smtp.gmail.com", .found(["10.0.0.7"]), [(465, nil)])
        #expect(codes(Seen(hasRoute: true, servers: [diverted])) == [.nameHijacked])
        // A company's own server may well have a private address.
        let own = try server("correo.empresa.com", .found(["10.0.0.7"]), [(465, nil)])
        #expect(codes(Seen(hasRoute: true, servers: [own])).isEmpty)
    }

    @Test func `each failed way is a leaf once, and names who signed the certificate`() throws {
        let seen = Seen(
            hasRoute: true, servers: [try server([(465, .intercepted), (587, .intercepted)])])
        let findings = Diagnosis(seen).findings
        #expect(findings.map(\.code) == [.intercepted])
        #expect(findings.first?.evidence.en.contains("Avast Web/Mail Shield Root") == true)
    }

    // A server that says 421 and hangs up did not judge anybody's password.
    @Test(
        arguments: [
            (.connectionLost, 421, .connectionLost), (.replyTimeout, 454, .replyTimeout),
            (.startTLSStripped, 502, .startTLSStripped), (.bannerRejected, 554, .bannerRejected),
            (.badPassword, 432, .passwordTransition), (.authTemporary, 454, .authTemporary),
            (.authMechanism, 534, .appPassword), (.needsTLS, 530, .needsAuthentication),
        ] as [(TransportFailure.Cause, Int, DiagnosisCode)])
    func `the last reply is judged only where it was a refusal to sign in`(
        cause: TransportFailure.Cause, reply: Int, code: DiagnosisCode
    ) {
        let failure = TransportFailure(
            cause, host: "smtp.gmail.com", port: 587, elapsed: .seconds(1),
            reply: SMTPReply(code: reply, lines: ["Not now"]))
        #expect(failure.diagnosis == code)
    }

    @Test(arguments: [(299, false), (301, true), (-301, true), (-299, false)])
    func `a clock five minutes wrong is told, and blocks nothing by itself`(
        seconds: Int, isWrong: Bool
    ) throws {
        let seen = Seen(
            hasRoute: true, web: .open, clockAhead: .seconds(seconds),
            servers: [try server([(465, nil)])])
        #expect(codes(seen) == (isWrong ? [.clock] : []))
        #expect(Diagnosis(seen).canSend)
    }

    @Test func `what keeps mail back comes before what does not`() throws {
        let seen = Seen(
            hasRoute: true, web: .open, clockAhead: .seconds(4000),
            servers: [
                try server("smtp.zoho.com", .found(["1.2.3.4"]), [(465, nil), (587, .refused)]),
                try server([(465, .badPassword)]),
            ])
        #expect(codes(seen) == [.badPassword, .clock, .refused])
    }

    @Test func `private addresses are told from those of the internet`() {
        for address in [
            "10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1",
            "100.64.0.1", "::1", "fd00::1", "fe80::1", "0.0.0.0",
        ] {
            #expect(PrivateAddress.holds(address), "\(address)")
        }
        for address in ["142.250.1.108", "172.32.0.1", "100.128.0.1", "2607:f8b0::1", "1.1.1.1"] {
            #expect(!PrivateAddress.holds(address), "\(address)")
        }
    }

    @Test func `at least twelve providers are known, each with a way in and its own servers`() {
        #expect(Provider.all.count >= 12)
        var hosts: Set<String> = []
        for provider in Provider.all {
            #expect(!provider.routes.isEmpty, "\(provider.name)")
            #expect(provider.hosts.allSatisfy { ServerName($0) != nil }, "\(provider.name)")
            for host in provider.hosts { #expect(hosts.insert(host).inserted, "\(host)") }
        }
        let names = Provider.all.map { $0.name.lowercased() }
        #expect(names == names.sorted())
        let domain = MailDomain("Gmail.com")
        #expect(domain.flatMap(Provider.ofAddresses(at:))?.name == "Gmail")
    }
}
