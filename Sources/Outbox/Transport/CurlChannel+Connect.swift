import CCurl
import SyncCore

extension CurlChannel {
    /// Sets what every connection has in common.
    private func configure(_ route: Route, _ limit: Duration, _ family: AddressFamily?) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECT_ONLY, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(limit.milliseconds))
        set(CURLOPT_TIMEOUT_MS, Int(limit.milliseconds))
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_FRESH_CONNECT, 1)
        // Empty means no proxy at all: the environment's variables are not asked.
        set(CURLOPT_PROXY, route.proxy?.text ?? "")
        if route.proxy != nil { set(CURLOPT_HTTPPROXYTUNNEL, 1) }
        switch family {
        case .ipv4: set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4))
        case .ipv6: set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V6))
        case nil: break
        }
    }

    /// Sets up a connection that verifies the server and signs in.
    func configure(
        _ route: Route, _ settings: ConnectionSettings, _ credentials: SMTPCredentials?
    ) {
        configure(route, settings.connectMaximum, settings.family)
        let scheme = route.security == .implicit ? "smtps" : "smtp"
        set(CURLOPT_PROTOCOLS_STR, scheme)
        set(CURLOPT_URL, "\(scheme)://\(route.host.urlText):\(route.port)/\(settings.ehloName)")
        set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        // Debian's libcurl also looks into the system's folder of authorities.
        if let file = settings.authorityFile { set(CURLOPT_CAINFO, file) }
        switch credentials {
        case .password(let user, let password):
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_PASSWORD, password)
        case .bearer(let user, let token):
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_XOAUTH2_BEARER, token)
            set(CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2")
            set(CURLOPT_SASL_IR, 1)
        case nil: break
        }
    }

    /// Forgets the secret as soon as it is not needed.
    func dropCredentials() {
        set(CURLOPT_PASSWORD, nil)
        set(CURLOPT_XOAUTH2_BEARER, nil)
    }

    /// Sets up a connection that only reads the certificate: it carries no credentials and no
    /// mail, and does not verify, because it is made after verification failed.
    func configureProbe(_ route: Route, _ settings: ConnectionSettings) {
        configure(route, settings.probeMaximum, settings.family)
        let scheme = route.security == .implicit ? "https" : "smtp"
        set(CURLOPT_PROTOCOLS_STR, scheme)
        set(CURLOPT_URL, "\(scheme)://\(route.host.urlText):\(route.port)/")
        set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        set(CURLOPT_SSL_VERIFYPEER, 0)
        set(CURLOPT_SSL_VERIFYHOST, 0)
        set(CURLOPT_CERTINFO, 1)
    }

    /// The common name, or else the whole name, of who signed the server's certificate.
    func issuer() -> String? {
        var certificates: UnsafeMutablePointer<curl_certinfo>?
        guard ccurl_get_certificates(handle, &certificates) == CURLE_OK,
            let certificates, certificates.pointee.num_of_certs > 0,
            var entry = certificates.pointee.certinfo[0]
        else { return nil }
        while true {
            let text = String(cString: entry.pointee.data)
            if text.hasPrefix("Issuer:") { return Self.commonName(String(text.dropFirst(7))) }
            guard let next = entry.pointee.next else { return nil }
            entry = next
        }
    }

    /// Shortens `C = US, O = X, CN = Name` to `Name`, without what could disturb a log.
    static func commonName(_ issuer: String) -> String {
        let issuerMaximum = 200
        let parts = issuer.split(separator: ",").map { $0.drop { $0 == " " } }
        let name = parts.last { $0.hasPrefix("CN") }?.split(separator: "=", maxSplits: 1).last
        let shown = (name ?? Substring(issuer)).drop { $0 == " " }.prefix(issuerMaximum)
        return String(
            String.UnicodeScalarView(shown.unicodeScalars.filter { !$0.isControl }))
    }
}
