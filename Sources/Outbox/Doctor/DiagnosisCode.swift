/// What can be wrong between this device and a mail that was accepted: the leaves of the doctor's
/// decision tree.
///
/// The raw value is stable: people search for it, programs decide on it, and records hold it.
/// Where a connection failed it is the same word as ``TransportFailure/Cause``. Each code has a
/// ``FixCard``; `docs/DIAGNOSIS.md` says how each is found.
package enum DiagnosisCode: String, Hashable, Sendable, CaseIterable {
    // This machine and its network.
    case clock = "CLOCK"
    case networkDown = "NET_DOWN"
    case captivePortal = "PORTAL_CAUTIVO"
    case proxyOnly = "PROXY_ONLY"
    case networkFiltered = "NET_FILTERED"
    case onlyWeb = "FW_ONLY_WEB"
    case mailShield = "AV_MAIL_SHIELD"
    case localPolicy = "LOCAL_POLICY"
    case proxyRefused = "PROXY_REFUSED"

    // The server's name.
    case hostTypo = "HOST_TYPO"
    case nameServerDown = "DNS_DOWN"
    case nameHijacked = "DNS_HIJACK"
    case nameNotFound = "DNS_FAILED"

    // The connection.
    case dropped = "TCP_DROP"
    case refused = "TCP_RST"
    case unreachable = "UNREACH"
    case connectionLost = "CONNECTION_LOST"
    case replyTimeout = "REPLY_TIMEOUT"
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

    // The account.
    case authNotOffered = "AUTH_NOT_OFFERED"
    case authMechanism = "AUTH_MECHANISM"
    case badPassword = "BAD_PASSWORD"
    case appPassword = "APP_PASSWORD"
    case officeAuthOff = "O365_SMTP_AUTH_OFF"
    case needsTLS = "NEED_TLS"
    case needsAuthentication = "NEED_AUTH"
    case authTemporary = "AUTH_TEMP"
    case passwordTransition = "PASSWORD_TRANSITION"

    // The mail.
    case noSuchUser = "NO_SUCH_USER"
    case fromNotAllowed = "FROM_NOT_ALLOWED"
    case mailboxFull = "MAILBOX_FULL"
    case tooBig = "TOO_BIG"
    case blocked = "IP_OR_CONTENT_BLOCKED"
    case senderUnproved = "SPF_DKIM_DMARC"
    case greylisted = "GREYLIST"
    case rate = "RATE"
    case quota = "QUOTA"
    case outcomeUnknown = "OUTCOME_UNKNOWN"
    case notArriving = "NOT_ARRIVING"

    /// Reads a code as somebody types it: `av-mail-shield` is `AV_MAIL_SHIELD`.
    package init?(typed: String) {
        self.init(rawValue: typed.uppercased().replacing("-", with: "_"))
    }

    /// The leaf for a connection that failed, or nil if nothing is wrong with it: another route
    /// was faster, or somebody stopped the attempt.
    package init?(_ cause: TransportFailure.Cause) {
        self.init(rawValue: cause.rawValue)
    }
}
