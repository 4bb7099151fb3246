package import SyncCore

/// Why a server could not be used.
///
/// Callers decide on ``cause``, which is also what the log and `doctor` show; people read the
/// explanation. It holds no secret.
package struct TransportFailure: ExplainedError, Hashable {
    /// The stable codes of causes.
    package enum Cause: String, Sendable, CaseIterable {
        case nameNotFound = "DNS_FAILED"
        case dropped = "TCP_DROP"
        case refused = "TCP_RST"
        case unreachable = "UNREACH"
        case localPolicy = "LOCAL_POLICY"
        case proxyRefused = "PROXY_REFUSED"
        case tlsSilent = "TLS_SILENT"
        case tlsFailed = "TLS_FAILED"
        case tlsTooOld = "TLS_OLD"
        case wrongSecurity = "WRONG_SECURITY"
        case bannerTimeout = "BANNER_TIMEOUT"
        case bannerRejected = "BANNER_REJECT"
        case bannerMasked = "ASA_INSPECT"
        case startTLSStripped = "STARTTLS_STRIPPED"
        case intercepted = "TLS_INTERCEPT"
        case certificateName = "CERT_NAME"
        case certificateExpired = "CERT_EXPIRED"
        case certificateUntrusted = "CERT_UNTRUSTED"
        case authorityFile = "CA_FILE"
        case authNotOffered = "AUTH_NOT_OFFERED"
        case authMechanism = "AUTH_MECHANISM"
        case badPassword = "BAD_PASSWORD"
        case appPassword = "APP_PASSWORD"
        case officeAuthOff = "O365_SMTP_AUTH_OFF"
        case needsTLS = "NEED_TLS"
        case authTemporary = "AUTH_TEMP"
        case replyTimeout = "REPLY_TIMEOUT"
        case connectionLost = "CONNECTION_LOST"
        /// Another route answered first; this one had not yet.
        case overtaken = "NO_ANSWER"
        case cancelled = "CANCELLED"
    }

    /// What went wrong.
    package let cause: Cause
    /// The server that was tried.
    package let host: String
    package let port: Int
    /// How long it took to fail.
    package let elapsed: Duration
    /// Who signed the certificate that was not trusted.
    package let issuer: String?
    /// The server's last words.
    package let reply: SMTPReply?
    /// libcurl's result, for a bug report.
    package let foreignCode: Int

    package init(
        _ cause: Cause, host: String, port: Int, elapsed: Duration, issuer: String? = nil,
        reply: SMTPReply? = nil, foreignCode: Int = 0
    ) {
        self.cause = cause
        self.host = host
        self.port = port
        self.elapsed = elapsed
        self.issuer = issuer
        self.reply = reply
        self.foreignCode = foreignCode
    }

    /// Whether the server judged the account, so that another port would judge the same.
    package var isAboutAccount: Bool {
        switch cause {
        case .badPassword, .appPassword, .officeAuthOff: true
        default: false
        }
    }

    package var exitStatus: ExitStatus {
        switch cause {
        case .badPassword, .appPassword, .officeAuthOff, .authNotOffered, .authMechanism,
            .authorityFile:
            .configuration
        case .cancelled, .authTemporary: .tryLater
        default: .unavailable
        }
    }

    package var explanation: LocalizedText {
        let place = "\(host):\(port)"
        let advice = cause.advice(issuer: issuer ?? "?")
        let words = reply.map { " [\($0)]" } ?? ""
        let code = "\(cause.rawValue), \(elapsed.milliseconds) ms"
        return LocalizedText(
            es: "No se pudo usar el servidor \(place): \(advice.es)\(words) (\(code))",
            en: "The server \(place) could not be used: \(advice.en)\(words) (\(code))")
    }
}
