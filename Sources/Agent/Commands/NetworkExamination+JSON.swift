import Outbox
import SyncCore

extension NetworkExamination {
    /// The value for programs.
    func json(in language: Language) -> JSONValue {
        [
            "can_send": .boolean(diagnosis.canSend),
            "default_route": .boolean(seen.hasRoute), "proxy": .optional(seen.proxy),
            "web": .optional(seen.web?.word),
            "clock_ahead_seconds": seen.clockAhead.map { .integer($0.components.seconds) } ?? .null,
            "findings": .array(diagnosis.findings.map { Self.json($0, in: language) }),
            "servers": .array(seen.servers.map(json)),
        ]
    }

    private static func json(_ finding: Diagnosis.Finding, in language: Language) -> JSONValue {
        let card = finding.code.card
        return [
            "code": .string(finding.code.rawValue), "host": .optional(finding.host?.text),
            "confidence": .string(finding.confidence.word),
            "blocking": .boolean(finding.isBlocking),
            "evidence": .string(finding.evidence.text(in: language)),
            "cause": .string(card.cause.text(in: language)),
            "action": .string(card.action.text(in: language)),
        ]
    }

    private func json(_ server: ServerObservation) -> JSONValue {
        let way = diagnosis.ways.first { $0.host == server.host }?.route
        return [
            "host": .string(server.host.text),
            "addresses": server.resolution.json,
            "usable_route": .optional(way.map { AccountRoute($0).description }),
            "routes": .array(server.routes.map(Self.json)),
        ]
    }

    private static func json(_ observation: RouteObservation) -> JSONValue {
        var offers: [String] = []
        if case .success(let found) = observation.result { offers = found.authentications }
        return [
            "route": .string(AccountRoute(observation.route).description),
            "family": .optional(observation.family?.rawValue),
            "ok": .boolean(observation.isUsable),
            "code": .optional(observation.failure?.diagnosis?.rawValue),
            "issuer": .optional(observation.failure?.issuer),
            "reply": .optional(observation.failure?.reply?.description),
            "authentications": .array(offers.map { .string($0) }),
            "milliseconds": .integer(observation.elapsed.milliseconds),
        ]
    }
}

extension NetworkObservations.Web {
    fileprivate var word: String {
        switch self {
        case .open: "open"
        case .captive: "captive"
        case .closed: "closed"
        }
    }
}

extension NameResolution {
    fileprivate var json: JSONValue {
        guard case .found(let addresses) = self else { return .null }
        return .array(addresses.map { .string($0) })
    }
}
