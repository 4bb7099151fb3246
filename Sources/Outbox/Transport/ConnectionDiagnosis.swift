import CCurl
import Glibc

/// What is known about a connection that did not come about.
struct ConnectionEvidence {
    let result: CURLcode
    let systemError: Int32
    let hasTCP: Bool
    let hasTLS: Bool
    let security: Route.Security
    let verifyResult: Int
    let text: String
    let replies: [SMTPReply]
    let isConfused: Bool
    let wantsAuthentication: Bool

    /// The most precise cause that the evidence allows.
    var cause: TransportFailure.Cause {
        switch result {
        // Connected, but not signed in.
        case CURLE_OK: .authNotOffered
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        case CURLE_COULDNT_RESOLVE_HOST: .nameNotFound
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxyRefused
        case CURLE_COULDNT_CONNECT: connectCause
        case CURLE_OPERATION_TIMEDOUT: timeoutCause
        case CURLE_SSL_CONNECT_ERROR: tlsCause
        case CURLE_PEER_FAILED_VERIFICATION: certificateCause
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM: .authorityFile
        case CURLE_USE_SSL_FAILED: isMasked ? .bannerMasked : .startTLSStripped
        case CURLE_LOGIN_DENIED: loginCause
        case CURLE_WEIRD_SERVER_REPLY: greetingCause
        default: otherCause
        }
    }

    private var lastReply: SMTPReply? { replies.last }

    /// Some firewalls replace the letters of the greeting by asterisks.
    private var isMasked: Bool {
        guard let text = replies.first?.lines.first else { return false }
        return text.count(where: { $0 == "*" }) > 8
    }

    private var connectCause: TransportFailure.Cause {
        if text.contains("proxy") { return .proxyRefused }
        return switch systemError {
        case ECONNREFUSED, ECONNRESET: .refused
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL: .unreachable
        case EACCES, EPERM: .localPolicy
        default: .dropped
        }
    }

    private var timeoutCause: TransportFailure.Cause {
        guard hasTCP else { return .dropped }
        if isConfused && replies.isEmpty { return .wrongSecurity }
        switch security {
        case .implicit where !hasTLS: return .tlsSilent
        case .startTLS where replies.last?.code == 220 && replies.count > 1 && !hasTLS:
            return .tlsSilent
        default: return replies.isEmpty ? .bannerTimeout : .replyTimeout
        }
    }

    private var tlsCause: TransportFailure.Cause {
        let isPlain = ["wrong version number", "http request", "packet length too long"]
        if isPlain.contains(where: text.contains) { return .wrongSecurity }
        let isOld = ["unsupported protocol", "protocol version", "no protocols available"]
        if isOld.contains(where: text.contains) { return .tlsTooOld }
        return text.contains("SSL_ERROR_SYSCALL") ? .connectionLost : .tlsFailed
    }

    /// OpenSSL's numbers; 0 means that the chain is good and so the name must be wrong.
    private var certificateCause: TransportFailure.Cause {
        let unspecified = 1  // What libcurl sets before OpenSSL has judged.
        let notYetValid = 9
        let expired = 10
        return switch verifyResult {
        case 0, unspecified: .certificateName
        case notYetValid, expired: .certificateExpired
        default: .certificateUntrusted
        }
    }

    private var loginCause: TransportFailure.Cause {
        guard let reply = lastReply, reply.code >= 400 else {
            return wantsAuthentication ? .authMechanism : .authNotOffered
        }
        return switch DiagnosisCode(reply, at: .signingIn) {
        case .officeAuthOff: .officeAuthOff
        case .appPassword: .appPassword
        case .needsTLS: .needsTLS
        case .authMechanism: .authMechanism
        case .authTemporary, .passwordTransition: .authTemporary
        default: .badPassword
        }
    }

    private var greetingCause: TransportFailure.Cause {
        if let reply = lastReply, reply.code >= 400 { return .bannerRejected }
        return isConfused || replies.isEmpty ? .wrongSecurity : .connectionLost
    }

    private var otherCause: TransportFailure.Cause {
        if text.contains("proxy") || text.contains("CONNECT") { return .proxyRefused }
        return .connectionLost
    }
}

extension TransportFailure.Cause {
    /// Who is known to read encrypted mail on its way.
    ///
    /// Such programs sign every server's certificate with an authority of their own.
    static func untrusted(issuer: String) -> TransportFailure.Cause {
        let interceptors = [
            "avast", "avg ", "norton", "eset", "kaspersky", "bitdefender", "sophos", "fortinet",
            "fortigate", "zscaler", "umbrella", "dr.web", "mail shield", "web shield", "mcafee",
            "checkpoint", "palo alto", "blue coat", "netskope",
        ]
        let name = issuer.lowercased() + " "
        return interceptors.contains(where: name.contains) ? .intercepted : .certificateUntrusted
    }
}

/// libcurl's result, named here so that only this folder's wrappers import libcurl.
typealias CURLResult = CURLcode

extension CurlChannel {
    /// Whether a connection came about as it must: with credentials, signed in.
    ///
    /// A server that offers no AUTH would take the mail unauthenticated, with result 0.
    func hasSucceeded(_ result: CURLResult, needsAuthentication: Bool) -> Bool {
        result == CURLE_OK
            && (!needsAuthentication || number(CURLINFO_RESPONSE_CODE) == 235)
    }

    /// Collects what is known about a connection that failed.
    func evidence(
        _ result: CURLResult, _ security: Route.Security, _ wantsAuthentication: Bool
    ) -> ConnectionEvidence {
        ConnectionEvidence(
            result: result, systemError: Int32(truncatingIfNeeded: number(CURLINFO_OS_ERRNO)),
            // libcurl notes the time of the connection only when TLS has been agreed too.
            hasTCP: microseconds(CURLINFO_CONNECT_TIME_T) > 0 || observer.hasBegunTLS,
            hasTLS: microseconds(CURLINFO_APPCONNECT_TIME_T) > 0, security: security,
            verifyResult: number(CURLINFO_SSL_VERIFYRESULT), text: failureText,
            replies: observer.replies, isConfused: observer.isConfused,
            wantsAuthentication: wantsAuthentication)
    }
}

extension ConnectionEvidence {
    /// libcurl's result as a number.
    var number: Int { Int(result.rawValue) }
}
