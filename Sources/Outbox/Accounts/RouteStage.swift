package import SyncCore

/// A step on the way to an account, in which a test succeeds or fails.
package enum RouteStage: String, Hashable, Sendable, CaseIterable {
    /// The server's name has an address.
    case name
    /// The port answers.
    case connection
    /// The server speaks SMTP.
    case greeting
    /// The connection is encrypted, and the certificate is the server's.
    case encryption
    /// The server accepts user and password.
    case signIn = "sign_in"

    /// The steps of a route, in their order.
    package static func all(of route: AccountRoute) -> [RouteStage] {
        switch route.security {
        case .implicit: [.name, .connection, .encryption, .greeting, .signIn]
        case .starttls: [.name, .connection, .greeting, .encryption, .signIn]
        }
    }

    /// What people read.
    package var title: LocalizedText {
        switch self {
        case .name: LocalizedText(es: "nombre", en: "name")
        case .connection: LocalizedText(es: "conexión", en: "connection")
        case .greeting: LocalizedText(es: "saludo", en: "greeting")
        case .encryption: LocalizedText(es: "cifrado", en: "encryption")
        case .signIn: LocalizedText(es: "acceso", en: "sign-in")
        }
    }
}

extension TransportFailure.Cause {
    /// The step that failed.
    package var stage: RouteStage {
        switch self {
        case .nameNotFound: .name
        case .dropped, .refused, .unreachable, .localPolicy, .proxyRefused, .connectionLost,
            .overtaken, .cancelled:
            .connection
        case .bannerTimeout, .bannerRejected, .bannerMasked, .replyTimeout: .greeting
        case .tlsSilent, .tlsFailed, .tlsTooOld, .wrongSecurity, .startTLSStripped, .intercepted,
            .certificateName, .certificateExpired, .certificateUntrusted, .authorityFile,
            .needsTLS:
            .encryption
        case .authNotOffered, .authMechanism, .badPassword, .appPassword, .officeAuthOff,
            .authTemporary:
            .signIn
        }
    }
}

extension RouteTest {
    /// Every step that was taken, and whether it succeeded; those behind a failure were not.
    package var stages: [(stage: RouteStage, isPassed: Bool)] {
        let all = RouteStage.all(of: route)
        guard let failed = failure?.cause.stage else { return all.map { ($0, true) } }
        return all.prefix { $0 != failed }.map { ($0, true) } + [(failed, false)]
    }
}
