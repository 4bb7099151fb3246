/// What a server said it can do, in its answer to EHLO.
package struct SMTPCapabilities: Hashable, Sendable {
    /// Several commands may be sent before their answers (RFC 2920).
    package var hasPipelining = false
    /// Bodies may hold bytes above 127 (RFC 6152).
    package var hasEightBitMIME = false
    /// Addresses may be UTF-8 (RFC 6531).
    package var hasSMTPUTF8 = false
    /// Connections can be encrypted with STARTTLS (RFC 3207).
    package var hasStartTLS = false
    /// Notifications about delivery can be asked for (RFC 3461).
    package var hasDSN = false
    /// Whether the size of a mail may be announced (RFC 1870).
    package var hasSize = false
    /// The largest mail in bytes, when the server names a limit.
    package var sizeMaximum: Int?
    /// The ways to authenticate, in upper case, in the server's order.
    package var authentications: [String] = []

    /// A server that offers nothing.
    package init() {}

    /// Reads the answer to EHLO; its first line is the server's greeting.
    package init(ehlo reply: SMTPReply) {
        for line in reply.lines.dropFirst() {
            let words = line.uppercased().split { $0 == " " || $0 == "=" }.map(String.init)
            switch words.first {
            case "PIPELINING": hasPipelining = true
            case "8BITMIME": hasEightBitMIME = true
            case "SMTPUTF8": hasSMTPUTF8 = true
            case "STARTTLS": hasStartTLS = true
            case "DSN": hasDSN = true
            case "SIZE":
                hasSize = true
                // 0 means that there is no fixed limit.
                sizeMaximum = words.dropFirst().first.flatMap(Int.init).flatMap {
                    $0 > 0 ? $0 : nil
                }
            case "AUTH":
                for name in words.dropFirst() where !authentications.contains(name) {
                    authentications.append(name)
                }
            default: continue
            }
        }
    }
}
