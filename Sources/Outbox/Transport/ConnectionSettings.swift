package import SyncCore

/// What proves to a server that a mail may be sent.
package enum SMTPCredentials: Sendable {
    case password(user: String, SecretBytes)
    /// A bearer token (XOAUTH2).
    case bearer(user: String, SecretBytes)

    /// Who signs in.
    package var user: String {
        switch self {
        case .password(let user, _), .bearer(let user, _): user
        }
    }
}

/// How connections are made, apart from the route.
package struct ConnectionSettings: Hashable, Sendable {
    /// The name given in EHLO.
    package var ehloName: MailDomain
    /// A file of authorities (PEM) trusted beside the system's.
    package var authorityFile: String?
    /// Which addresses of the server's name are used; all of them unless one kind is asked for.
    package var family: AddressFamily?
    /// How long name, TCP, TLS, greeting and AUTH may take together.
    package var connectMaximum = Duration.seconds(30)
    /// How long the probe for the issuer of an untrusted certificate may take.
    package var probeMaximum = Duration.seconds(5)
    package var timings = SMTPTimings()

    package init(ehloName: MailDomain) {
        self.ehloName = ehloName
    }
}
