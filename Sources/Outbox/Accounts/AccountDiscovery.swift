package import SyncCore

/// How an address probably sends: the server, the ways to it, and how it wants to be signed in to.
package struct AccountDiscovery: Hashable, Sendable {
    /// Where the answer comes from.
    package enum Source: String, Hashable, Sendable {
        /// The table of providers knows it.
        case table
        /// The usual names under the address's own domain; only a look at them can tell.
        case guess
    }

    package let source: Source
    /// The provider, if it is a known one.
    package let provider: Provider?
    package let host: ServerName
    package let routes: [AccountRoute]
    package let login: String

    /// Everything that is worth trying for an address, the best first; nothing is looked up.
    ///
    /// - Parameters:
    ///   - address: The account's address.
    ///   - provider: Who serves it, when somebody knows: the domain of a company does not tell.
    /// - Returns: One from the table of providers, or the guesses.
    package static func candidates(
        for address: MailAddress, at provider: Provider? = nil
    ) -> [AccountDiscovery] {
        if let provider = provider ?? .ofAddresses(at: address.domain),
            let host = provider.hosts.first.flatMap({ ServerName($0) })
        {
            return [
                AccountDiscovery(
                    source: .table, provider: provider, host: host, routes: provider.routes,
                    login: provider.fixedLogin ?? address.text)
            ]
        }
        return ["smtp", "mail", "correo"].compactMap { name in
            ServerName("\(name).\(address.domain)").map { host in
                AccountDiscovery(
                    source: .guess, provider: nil, host: host, routes: usualRoutes,
                    login: address.text)
            }
        }
    }

    /// What a server that nothing is known of is tried with (RFC 8314).
    package static let usualRoutes = [
        AccountRoute(port: 465, security: .implicit), AccountRoute(port: 587, security: .starttls),
    ]
}

extension Provider {
    /// The name as it is typed: `microsoft-365`.
    package var key: String { name.lowercased().replacing(" ", with: "-") }

    /// The provider that somebody typed.
    package init?(typed: String) {
        guard let provider = Self.all.first(where: { $0.key == typed.lowercased() }) else {
            return nil
        }
        self = provider
    }

    /// What to know about its passwords before one is typed, or nil if there is nothing to know.
    package var signInHint: LocalizedText? {
        switch signIn {
        case .password: nil
        case .appPassword: DiagnosisCode.appPassword.card.action
        case .oauth2: DiagnosisCode.officeAuthOff.card.action
        case .apiKey:
            LocalizedText(
                es: "La contraseña es una clave de \(name), que se crea en su web.",
                en: "The password is a key of \(name)'s, which is made on its web page.")
        }
    }
}
