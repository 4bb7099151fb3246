import SyncCore

/// What is wrong with the ways to one server.
struct ServerDiagnosis {
    private(set) var findings: [Diagnosis.Finding] = []
    private let server: ServerObservation
    private let seen: NetworkObservations

    init(_ server: ServerObservation, in seen: NetworkObservations) {
        self.server = server
        self.seen = seen
        guard addNameFindings() else { return }
        let drops = server.routes.filter { $0.failure?.cause == .dropped }
        addOthers(than: drops)
        addDrops(drops)
    }

    private var isUsable: Bool { server.routes.contains(where: \.isUsable) }

    private mutating func add(
        _ code: DiagnosisCode, _ confidence: Diagnosis.Confidence, _ evidence: LocalizedText
    ) {
        var evidence = evidence
        // What others reach from elsewhere lies with this machine or its network.
        if !isUsable, let neighbour = server.neighbour {
            evidence = LocalizedText(
                es: "\(evidence.es); «\(neighbour)» sí envía por este servidor",
                en: "\(evidence.en); “\(neighbour)” does send over this server")
        }
        findings.append(
            Diagnosis.Finding(
                code: code, host: server.host, confidence: confidence, evidence: evidence,
                isBlocking: !isUsable))
    }

    /// Judges the name.
    ///
    /// - Returns: Whether the ports have something to say beyond it.
    private mutating func addNameFindings() -> Bool {
        switch server.resolution {
        case .unknown:
            add(
                .hostTypo, .certain,
                LocalizedText(
                    es: "el DNS dice que «\(server.host)» no existe",
                    en: "DNS says that “\(server.host)” does not exist"))
            return false
        case .failed:
            add(
                .nameServerDown, .likely,
                LocalizedText(
                    es: "el DNS no respondió por «\(server.host)»",
                    en: "DNS did not answer for “\(server.host)”"))
            return false
        case .found(let addresses):
            // A company's own server may have a private address; a provider's never has.
            guard Provider.serving(server.host) != nil,
                let diverted = addresses.first(where: PrivateAddress.holds)
            else { return true }
            add(
                .nameHijacked, .certain,
                LocalizedText(
                    es: "el DNS da \(diverted), una dirección privada",
                    en: "DNS gives \(diverted), a private address"))
            return true
        }
    }

    /// Each way that failed otherwise than by silence, each code once.
    private mutating func addOthers(than drops: [RouteObservation]) {
        for observation in server.routes {
            guard let failure = observation.failure, failure.cause != .dropped,
                let code = failure.diagnosis,
                !findings.contains(where: { $0.code == code })
            else { continue }
            let words = failure.reply.map { " «\($0)»" } ?? failure.issuer.map { " «\($0)»" } ?? ""
            let (place, time) = (observation.place, observation.elapsed.milliseconds)
            add(
                code, .certain,
                LocalizedText(
                    es: "\(place): \(failure.cause.name.es)\(words) (\(time) ms)",
                    en: "\(place): \(failure.cause.name.en)\(words) (\(time) ms)"))
        }
    }

    /// What silence on some ports, beside what the other ports and the web said, means.
    private mutating func addDrops(_ drops: [RouteObservation]) {
        guard !drops.isEmpty else { return }
        let silent = Set(drops.map(\.route.port)).sorted().map(String.init).joined(separator: ", ")
        guard drops.count < server.routes.count else {
            return addSilence(of: silent)
        }
        let open = Set(server.routes.filter(\.isUsable).map(\.route.port))
        let isShield = open.contains(465) && drops.contains { $0.route.port == 587 }
        add(
            isShield ? .mailShield : .dropped, isShield ? .likely : .certain,
            open.isEmpty
                ? LocalizedText(
                    es: "sin respuesta en \(silent)", en: "no answer on \(silent)")
                : LocalizedText(
                    es: "sin respuesta en \(silent); responde \(Self.list(open))",
                    en: "no answer on \(silent); \(Self.list(open)) answers"))
    }

    private mutating func addSilence(of ports: String) {
        switch (seen.web, seen.proxy) {
        case (.open?, _):
            add(
                .onlyWeb, .certain,
                LocalizedText(
                    es: "sin respuesta en \(ports); la web responde",
                    en: "no answer on \(ports); the web answers"))
        case (_, let proxy?):
            add(
                .proxyOnly, .likely,
                LocalizedText(
                    es: "sin respuesta en \(ports); hay un proxy configurado (\(proxy))",
                    en: "no answer on \(ports); a proxy is configured (\(proxy))"))
        case (.closed?, nil):
            add(
                .networkFiltered, .likely,
                LocalizedText(
                    es: "sin respuesta en \(ports), ni de la web",
                    en: "no answer on \(ports), nor from the web"))
        case (nil, nil), (.captive?, nil):
            add(
                .dropped, .certain,
                LocalizedText(es: "sin respuesta en \(ports)", en: "no answer on \(ports)"))
        }
    }

    private static func list(_ ports: Set<Int>) -> String {
        ports.sorted().map(String.init).joined(separator: ", ")
    }
}

extension RouteObservation {
    /// The port and how it was tried, such as `587 IPv6`.
    package var place: String {
        "\(route.port)" + (family.map { " \($0.rawValue)" } ?? "")
    }
}

extension TransportFailure {
    /// The leaf of the tree that the failure leads to: where a server refused, its own words say
    /// more than how the connection ended.
    package var diagnosis: DiagnosisCode? {
        if let reply, let moment, let code = DiagnosisCode(reply, at: moment) { return code }
        return DiagnosisCode(cause)
    }

    /// What the last reply answered, or nil where something else than a refusal ended it: then
    /// the last reply may be an answer to anything.
    private var moment: ReplyMoment? {
        switch cause {
        case .bannerRejected: .greeting
        case .badPassword, .authMechanism, .appPassword, .needsTLS, .authTemporary, .officeAuthOff:
            .signingIn
        default: nil
        }
    }
}
