import CCurl
import Glibc

/// One connection to the hub, used by one request at a time.
///
/// The actor has a thread of its own while a request is on the way. libcurl's multi interface
/// is used for a single transfer because its wait can be ended from another thread.
actor CurlLane {
    private let executor = SerialQueue(label: "syncmail.hub-connection")
    private let settings: TransportSettings
    /// The multi handle.
    ///
    /// It owns the connections, and lives as long as the lane.
    private let multi: CurlMulti
    private let easy: CurlEasy
    private var proxy: TransportSettings.Proxy
    private var generation = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ settings: TransportSettings) {
        self.settings = settings
        proxy = settings.proxy
        multi = CurlMulti()
        easy = CurlEasy()
    }

    /// Ends the wait of a transfer, so that it notices that its call was cancelled.
    nonisolated func wake() { multi.wake() }

    /// Sends one request and waits for its reply.
    func exchange(
        _ request: [UInt8], within wait: Duration, by proxy: TransportSettings.Proxy,
        generation: Int, call: CurlCall
    ) throws -> [UInt8] {
        guard let url = settings.syncURL else { throw error(.badURL) }
        let reply = CurlReply(bytesMaximum: settings.replyBytesMaximum)
        easy.reset()
        self.proxy = proxy
        try prepare(easy, url: url, within: wait)
        // What was connected in another network is dead, and would only be found out slowly.
        if generation != self.generation, !easy.set(CURLOPT_FRESH_CONNECT, 1) {
            throw error(.library(Int32(CURLE_UNKNOWN_OPTION.rawValue)))
        }
        self.generation = generation
        let headers = CurlHeaders([
            "Content-Type: application/octet-stream", "Accept: application/octet-stream",
            // Without this libcurl asks for leave and loses a round trip, or a second.
            "Expect:",
        ])
        // libcurl holds pointers to both until the transfer is over.
        defer {
            withExtendedLifetime(reply) {}
            withExtendedLifetime(headers) {}
        }
        // In one expression `&&` would capture what may not be captured.
        let isSet = [
            easy.set(CURLOPT_HTTPHEADER, headers.list), easy.send(request),
            easy.receive(into: reply),
        ].allSatisfy { $0 }
        guard isSet else { throw error(.library(Int32(CURLE_UNKNOWN_OPTION.rawValue))) }
        let result = try multi.run(easy, call: call)
        guard result == CURLE_OK else {
            throw try failure(result, reply: reply, url: url, call: call)
        }
        return try accepted(reply)
    }

    /// Judges a reply that arrived whole.
    private func accepted(_ reply: CurlReply) throws(TransportError) -> [UInt8] {
        let status = easy.number(CURLINFO_RESPONSE_CODE)
        switch status {
        case 200: break
        case 407: throw error(.proxyRefused(status: 407))
        case 300..<400: throw error(.notAHub)
        default:
            let seconds = easy.largeNumber(CURLINFO_RETRY_AFTER)
            throw error(.httpStatus(status, retryAfter: seconds > 0 ? .seconds(seconds) : nil))
        }
        guard easy.text(CURLINFO_CONTENT_TYPE) == "application/octet-stream" else {
            throw error(.notAHub)
        }
        return reply.bytes
    }

    private func prepare(
        _ easy: CurlEasy, url: String, within wait: Duration
    ) throws(TransportError) {
        let connectTime = min(settings.connectTime, wait)
        var isSet =
            easy.set(CURLOPT_URL, url)
            && easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
            && easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
            && easy.set(CURLOPT_NOSIGNAL, 1)
            && easy.set(CURLOPT_FOLLOWLOCATION, 0)
            && easy.set(CURLOPT_TCP_NODELAY, 1)
            && easy.set(CURLOPT_TCP_KEEPALIVE, 1)
            && easy.set(CURLOPT_SSL_VERIFYPEER, 1)
            && easy.set(CURLOPT_SSL_VERIFYHOST, 2)
            && easy.set(CURLOPT_USERAGENT, "syncmail/\(settings.version)")
            // A name that is being looked up must not hold up a cancellation.
            && easy.set(CURLOPT_QUICK_EXIT, 1)
            && easy.set(CURLOPT_TIMEOUT_MS, Int(max(1, wait.milliseconds)))
            && easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, connectTime.milliseconds)))
            && easy.set(CURLOPT_MAXFILESIZE_LARGE, bytes: settings.replyBytesMaximum)
        if let file = settings.extraCertificates {
            // The bundle is replaced; the directory still holds the system's certificates.
            isSet =
                isSet && easy.set(CURLOPT_CAINFO, file)
                && easy.set(CURLOPT_CAPATH, Self.systemCertificates)
        }
        switch proxy {
        case .environment: break
        case .none: isSet = isSet && easy.set(CURLOPT_PROXY, "")
        case .server(let url, let user, let password):
            isSet = isSet && easy.set(CURLOPT_PROXY, url) && easy.allowAnyProxyAuthentication()
            if let user { isSet = isSet && easy.set(CURLOPT_PROXYUSERNAME, user) }
            if let password { isSet = isSet && easy.set(CURLOPT_PROXYPASSWORD, secret: password) }
        }
        guard isSet else { throw error(.library(Int32(CURLE_UNKNOWN_OPTION.rawValue))) }
    }

    /// Where Debian keeps the certificates it trusts, named by their hashes.
    private static let systemCertificates = "/etc/ssl/certs"

    /// Tells what a result of libcurl means.
    ///
    /// May look at the certificate once more.
    private func failure(
        _ result: CURLcode, reply: CurlReply, url: String, call: CurlCall
    ) throws -> TransportError {
        switch result {
        case CURLE_URL_MALFORMAT: return error(.badURL)
        case CURLE_SSL_CACERT_BADFILE: return error(.certificateFile)
        case CURLE_COULDNT_RESOLVE_HOST: return error(.unresolved)
        case CURLE_COULDNT_RESOLVE_PROXY: return error(.proxyUnresolved)
        case CURLE_COULDNT_CONNECT:
            let isRefused = easy.number(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED)
            return error(isRefused ? .refused : .unreachable)
        case CURLE_OPERATION_TIMEDOUT: return error(.timeout)
        case CURLE_PEER_FAILED_VERIFICATION:
            return error(.certificate(issuer: try issuer(of: url, call: call)))
        case CURLE_SSL_CONNECT_ERROR: return error(.handshake)
        case CURLE_FILESIZE_EXCEEDED: return error(.tooLarge)
        case CURLE_WRITE_ERROR where reply.isTooLarge: return error(.tooLarge)
        case CURLE_PROXY: return error(.proxyRefused(status: 0))
        // The first is said of a reply that is not HTTP; the URL was checked before.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: return error(.notAHub)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
            let proxyStatus = easy.number(CURLINFO_HTTP_CONNECTCODE)
            let isRefused = proxyStatus != 0 && !(200..<300).contains(proxyStatus)
            return error(isRefused ? .proxyRefused(status: proxyStatus) : .interrupted)
        default: return error(.library(Int32(result.rawValue)))
        }
    }

    /// Connects once more without verification, credentials or a request, reads who issued the
    /// certificate, and hangs up.
    ///
    /// The name is only shown to a person.
    private func issuer(of url: String, call: CurlCall) throws -> String? {
        let probe = CurlEasy()
        try prepare(probe, url: url, within: settings.connectTime)
        let isSet =
            probe.set(CURLOPT_CONNECT_ONLY, 1) && probe.set(CURLOPT_CERTINFO, 1)
            && probe.set(CURLOPT_SSL_VERIFYPEER, 0) && probe.set(CURLOPT_SSL_VERIFYHOST, 0)
        guard isSet, try multi.run(probe, call: call) == CURLE_OK else { return nil }
        return probe.issuer
    }

    private func error(_ code: TransportError.Code) -> TransportError {
        TransportError(code, hub: settings.hubURL)
    }
}
