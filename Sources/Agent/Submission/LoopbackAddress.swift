import Glibc

/// Where a way in listens: on this machine's own interface, and nowhere else.
///
/// Beyond it, passwords and mails would need TLS, which these listeners do not speak.
struct LoopbackAddress: Hashable, Sendable, CustomStringConvertible {
    /// `127.0.0.1`, another address of 127.0.0.0/8, or `::1`.
    let host: String
    /// 0 lets the system choose.
    let port: UInt16

    /// Where programs look for SMTP when nothing else was said.
    static let smtpDefault = LoopbackAddress(host: "127.0.0.1", port: 2525)

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, such as `127.0.0.1:2525` or `[::1]:2525`; other hosts are refused.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = String(text[..<colon])
        if host == "localhost" { host = "127.0.0.1" }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        var v4 = in_addr()
        let isLoopback =
            host == "::1"
            || (inet_pton(AF_INET, host, &v4) == 1 && UInt32(bigEndian: v4.s_addr) >> 24 == 127)
        guard isLoopback else { return nil }
        self.init(host: host, port: port)
    }

    /// The address as it is typed.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
