/// How the hub is reached.
package struct TransportSettings: Sendable {
    /// By what way connections leave the network.
    package enum Proxy: Sendable {
        /// What `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` say.
        case environment
        /// No proxy, whatever the environment says.
        case none
        /// A given one, such as `http://proxy.company.com:3128`.
        case server(url: String, user: String?, password: SecretBytes?)
    }

    /// Where the hub is, such as `https://hub.company.com`, without the path of the protocol.
    package let hubURL: String
    /// The version of the program, which the hub may log.
    package var version: String
    /// By what way connections leave the network.
    package var proxy = Proxy.environment
    /// A PEM file with certificates to trust besides the system's.
    package var extraCertificates: String?
    /// How long a connection may take, TLS included.
    package var connectTime = Duration.seconds(15)
    /// How long a reply may be.
    package var replyBytesMaximum = 32 * 1024 * 1024
    /// How many requests may be on the way at one time, long polls included.
    package var lanesMaximum = 6
    /// How many more may wait for one of those to end.
    package var waitingMaximum = 64

    package init(hubURL: String, version: String) {
        self.hubURL = hubURL
        self.version = version
    }

    /// Where envelopes are put, or nothing when the hub's URL is not one.
    var syncURL: String? {
        let isPlain = hubURL.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        let scheme = ["https://", "http://"].first { hubURL.lowercased().hasPrefix($0) }
        guard isPlain, let scheme else { return nil }
        var base = Substring(hubURL)
        while base.hasSuffix("/") { base.removeLast() }
        let authority = base.dropFirst(scheme.count).prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.contains("@"),
            !base.contains(where: { "?#\\".contains($0) })
        else { return nil }
        return base + "/v1/sync"
    }
}
