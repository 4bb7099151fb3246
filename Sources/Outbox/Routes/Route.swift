import Glibc

/// A way to reach a server.
package struct Route: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// How the connection is encrypted.
    ///
    /// There is no way that is not.
    package enum Security: String, Hashable, Sendable {
        /// TLS from the first byte, usually on port 465.
        case implicit
        /// TLS after STARTTLS, usually on port 587. Required: without it nothing is sent.
        case startTLS
    }

    /// A server that passes connections on.
    package struct Proxy: Hashable, Sendable {
        /// The language the proxy speaks.
        package enum Kind: String, Hashable, Sendable {
            case http
            /// SOCKS 5, resolving names at the proxy.
            case socks5h
        }

        package let kind: Kind
        package let host: ServerName
        package let port: Int

        package init(kind: Kind, host: ServerName, port: Int) {
            precondition((1...65_535).contains(port), "A port lies between 1 and 65535.")
            self.kind = kind
            self.host = host
            self.port = port
        }

        /// The proxy as a URL.
        package var text: String { "\(kind.rawValue)://\(host.urlText):\(port)" }
    }

    package let host: ServerName
    package let port: Int
    package let security: Security
    package let proxy: Proxy?

    package init(host: ServerName, port: Int, security: Security, proxy: Proxy? = nil) {
        precondition((1...65_535).contains(port), "A port lies between 1 and 65535.")
        self.host = host
        self.port = port
        self.security = security
        self.proxy = proxy
    }

    /// The usual ways to a submission server, the preferred one first (RFC 8314).
    package static func usual(to host: ServerName) -> [Route] {
        [
            Route(host: host, port: 465, security: .implicit),
            Route(host: host, port: 587, security: .startTLS),
            Route(host: host, port: 2525, security: .startTLS),
        ]
    }

    /// The route in one word, such as `smtp.empresa.com:465/implicit`.
    package var description: String {
        "\(host.urlText):\(port)/\(security.rawValue)" + (proxy.map { " \($0.text)" } ?? "")
    }

    package static func < (a: Route, b: Route) -> Bool { a.description < b.description }
}

/// The name or address of a server, which can be put into a URL as it is.
package struct ServerName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A domain, a name of the local network, or an IP address.
    package let text: String
    private let isIPv6: Bool

    /// Reads what somebody typed or configured, or answers `nil`.
    package init?(_ typed: String) {
        var address = in6_addr()
        isIPv6 = typed.utf8.allSatisfy { $0 != 0 } && inet_pton(AF_INET6, typed, &address) == 1
        if isIPv6 {
            text = typed.lowercased()
        } else if let domain = MailDomain(typed) {
            text = domain.text
        } else if Self.isIPv4(typed) || Self.isLocalName(typed) {
            text = typed.lowercased()
        } else {
            return nil
        }
    }

    /// The name as it is written in a URL.
    package var urlText: String { isIPv6 ? "[\(text)]" : text }

    /// The name itself.
    package var description: String { text }

    package static func < (a: ServerName, b: ServerName) -> Bool { a.text < b.text }

    private static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return text.utf8.allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: ".") }
            && inet_pton(AF_INET, text, &address) == 1
    }

    /// A branch may have a server called just `correo`.
    private static func isLocalName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (1...63).contains(bytes.count) && bytes.first?.isASCIILetter == true
            && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy {
                $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-")
            }
    }
}
