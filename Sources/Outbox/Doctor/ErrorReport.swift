/// What a program said when it could not send a mail: a traceback, a log, a line of it.
///
/// Python, .NET, PHP and Java print the same few causes in their own words, and Windows its own
/// numbers for them. The report is read as text; nothing in it is carried out or kept.
package struct ErrorReport: Hashable, Sendable {
    /// How much of a report is read; the cause stands at its end.
    package static let bytesMaximum = 256 * 1024

    /// What is wrong, or nil if the report does not tell.
    package let code: DiagnosisCode?
    /// The line that says so, without control characters.
    package let evidence: String?
    /// The server that the report names.
    package let host: ServerName?
    package let port: Int?

    private static let evidenceLengthMaximum = 300

    /// Reads a report.
    package init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map(Self.shown)
        var found: (code: DiagnosisCode, line: String)?
        // The last line that tells is the one nearest to the failure; Java's "Caused by:" and
        // Python's last exception both come last.
        for line in lines.reversed() {
            if let code = Self.code(of: line) {
                found = (code, line)
                break
            }
        }
        code = found?.code
        evidence = found.map { Self.cut($0.line) }
        let place = MailServerMention.first(in: lines)
        host = place?.host
        port = place?.port
    }

    private static func shown(_ line: Substring) -> String {
        String(String.UnicodeScalarView(line.unicodeScalars.filter { !$0.isControl }))
    }

    private static func cut(_ line: String) -> String {
        let text = line.drop { $0 == " " }
        return text.count > evidenceLengthMaximum
            ? text.prefix(evidenceLengthMaximum) + "…" : String(text)
    }

    /// What one line says, or nil.
    private static func code(of line: String) -> DiagnosisCode? {
        let text = line.lowercased()
        if let reply = RepeatedReply(in: line)?.reply {
            let isSigningIn = ["auth", "login", "credential", "username"].contains(
                where: text.contains)
            let moment: ReplyMoment =
                isSigningIn || [432, 454, 530, 534, 535, 538].contains(reply.code)
                ? .signingIn : .mail
            if let code = DiagnosisCode(reply, at: moment) { return code }
        }
        if let code = SystemErrorNumber(in: text)?.code { return code }
        return phrases.first { phrase in phrase.words.contains(where: text.contains) }?.code
    }

    /// What libraries print, in lower case; the first match counts.
    private static let phrases: [(code: DiagnosisCode, words: [String])] = [
        (
            .certificateName,
            [
                "hostname mismatch", "doesn't match", "no subject alternative",
                "did not match expected",
            ]
        ),
        (.certificateExpired, ["certificate has expired", "certificateexpired", "notafter"]),
        (.intercepted, ["mail shield", "web shield", "kaspersky", "avast", "avg web"]),
        (
            .certificateUntrusted,
            [
                "certificate verify failed", "pkix path", "unable to find valid certification",
                "self signed certificate", "self-signed certificate", "untrustedroot",
                "partialchain", "remote certificate is invalid", "certificate was rejected",
            ]
        ),
        (
            .wrongSecurity,
            [
                "wrong version number", "wrong_version_number", "unrecognized ssl message",
                "not an ssl", "packet length too long",
            ]
        ),
        (.tlsTooOld, ["unsupported protocol", "protocol_version", "no appropriate protocol"]),
        (
            .tlsFailed,
            ["ssl handshake", "sslhandshakeexception", "enable crypto", "cannot enable crypto"]
        ),
        (
            .startTLSStripped,
            [
                "starttls extension not supported", "does not support starttls",
                "starttls is required",
            ]
        ),
        (.authNotOffered, ["auth extension not supported", "does not support authentication"]),
        (.authMechanism, ["no suitable authentication method", "no authentication mechanisms"]),
        (
            .badPassword,
            ["authentication failed", "authentication unsuccessful", "could not authenticate"]
        ),
        (
            .hostTypo,
            [
                "name or service not known", "nodename nor servname", "unknownhostexception",
                "no such host is known", "getaddrinfo failed", "host desconocido",
                "getaddrinfo for", "php_network_getaddresses",
            ]
        ),
        (.nameServerDown, ["temporary failure in name resolution"]),
        (
            .proxyRefused,
            ["proxy authentication required", "unable to tunnel through proxy", "proxyerror"]
        ),
        (.localPolicy, ["permission denied", "forbidden by its access permissions"]),
        (
            .refused, ["connection refused", "actively refused", "denegó expresamente"]
        ),
        (
            .unreachable,
            ["network is unreachable", "no route to host", "host is unreachable", "host is down"]
        ),
        (
            .connectionLost,
            [
                "connection unexpectedly closed", "connection reset", "broken pipe",
                "forcibly closed", "remote host closed", "unexpected eof", "lost connection",
            ]
        ),
        (
            .dropped,
            [
                "connection timed out", "connect timed out", "timed out", "timeouterror",
                "did not properly respond", "etimedout", "no respondió adecuadamente",
                "operation has timed out",
            ]
        ),
        (.dropped, ["could not connect to smtp host", "smtp connect() failed"]),
    ]
}
