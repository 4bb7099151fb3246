package import SyncCore

/// What the doctor concludes from what it saw: a pure walk down a decision tree.
///
/// ```
/// clock ─▶ route ─▶ portal ─▶ for each server: name ─▶ ports together ─▶ each port by itself
/// ```
///
/// A cause that explains the others ends the walk: behind a captive portal nothing that follows
/// says anything about a mail server.
package struct Diagnosis: Hashable, Sendable {
    /// How sure a finding is.
    package enum Confidence: Int, Hashable, Comparable, Sendable {
        case likely
        case certain

        package static func < (a: Confidence, b: Confidence) -> Bool { a.rawValue < b.rawValue }
    }

    /// One thing that is wrong.
    package struct Finding: Hashable, Sendable {
        package let code: DiagnosisCode
        /// The server it is about, or nil for the machine and its network.
        package let host: ServerName?
        package let confidence: Confidence
        /// What was seen that says so.
        package let evidence: LocalizedText
        /// Whether mail to that server cannot leave from here because of it.
        package let isBlocking: Bool
    }

    /// The way on which a server can be used, if there is one.
    package struct Way: Hashable, Sendable {
        package let host: ServerName
        package let route: Route?
    }

    /// What is wrong, what matters most first.
    package let findings: [Finding]
    /// One for each server, in order.
    package let ways: [Way]

    /// The clock may be wrong by this much.
    package static let clockTolerance = Duration.seconds(300)

    /// Concludes.
    package init(_ seen: NetworkObservations) {
        var findings = Self.clock(seen)
        ways = seen.servers.map { server in
            Way(host: server.host, route: server.routes.first(where: \.isUsable)?.route)
        }
        let isNothingUsable = ways.allSatisfy { $0.route == nil }
        if let finding = Self.network(seen), isNothingUsable {
            findings.append(finding)
        } else {
            for server in seen.servers { findings += ServerDiagnosis(server, in: seen).findings }
        }
        // The order in which they were found decides among equals.
        self.findings = findings.enumerated()
            .sorted { a, b in
                let (x, y) = (a.element, b.element)
                if x.isBlocking != y.isBlocking { return x.isBlocking }
                if x.confidence != y.confidence { return x.confidence > y.confidence }
                return a.offset < b.offset
            }
            .map(\.element)
    }

    /// Whether mail can leave from here through every server that was examined.
    package var canSend: Bool { ways.allSatisfy { $0.route != nil } }

    private static func clock(_ seen: NetworkObservations) -> [Finding] {
        guard let ahead = seen.clockAhead, ahead > clockTolerance || ahead < .zero - clockTolerance
        else { return [] }
        let minutes = abs(ahead.components.seconds) / 60
        let evidence =
            ahead > .zero
            ? LocalizedText(
                es: "el reloj va \(minutes) min adelantado",
                en: "the clock is \(minutes) min ahead")
            : LocalizedText(
                es: "el reloj va \(minutes) min atrasado", en: "the clock is \(minutes) min behind")
        return [
            Finding(
                code: .clock, host: nil, confidence: .certain, evidence: evidence,
                isBlocking: false)
        ]
    }

    /// What keeps everything from leaving, whatever the server.
    private static func network(_ seen: NetworkObservations) -> Finding? {
        if !seen.hasRoute {
            return blocking(
                .networkDown, .certain,
                LocalizedText(es: "no hay ruta por defecto", en: "there is no default route"))
        }
        if case .captive(let status) = seen.web {
            return blocking(
                .captivePortal, .certain,
                LocalizedText(
                    es: "otra página respondió en lugar de la pedida (HTTP \(status))",
                    en: "another page answered in place of the one asked for (HTTP \(status))"))
        }
        if seen.servers.count > 1, seen.servers.allSatisfy({ $0.resolution == .failed }) {
            return blocking(
                .nameServerDown, .certain,
                LocalizedText(es: "ningún nombre se encontró", en: "no name was found"))
        }
        return nil
    }

    private static func blocking(
        _ code: DiagnosisCode, _ confidence: Confidence, _ evidence: LocalizedText
    ) -> Finding {
        Finding(
            code: code, host: nil, confidence: confidence, evidence: evidence, isBlocking: true)
    }
}
