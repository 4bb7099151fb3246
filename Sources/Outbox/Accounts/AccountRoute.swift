package import SyncCore

/// One way to the server of an account: a port, and how the connection on it is encrypted.
///
/// There is no way without encryption.
package struct AccountRoute: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// How the connection is encrypted.
    package enum Security: String, Hashable, Sendable, CaseIterable {
        /// TLS from the first byte, usually on port 465.
        case implicit
        /// TLS after STARTTLS, usually on port 587; without it nothing is sent.
        case starttls
    }

    package let port: Int
    package let security: Security

    /// How many routes an account may have.
    package static let routesMaximum = 16

    package init(port: Int, security: Security) {
        precondition((1...65_535).contains(port), "A port lies between 1 and 65535.")
        self.port = port
        self.security = security
    }

    /// Reads `PORT/implicit` or `PORT/starttls`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        // Only digits: `Int` would also take a sign.
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(parts[0]), (1...65_535).contains(port),
            let security = Security(rawValue: String(parts[1]))
        else { return nil }
        self.init(port: port, security: security)
    }

    /// The route as it is typed, such as `465/implicit`.
    package var description: String { "\(port)/\(security.rawValue)" }

    package static func < (a: AccountRoute, b: AccountRoute) -> Bool {
        (a.port, a.security.rawValue) < (b.port, b.security.rawValue)
    }
}

extension AccountRoute: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.text(description) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let route = AccountRoute(try reader.text(maximum: 16, in: "route")) else {
            throw CodingError(.value, in: "route")
        }
        self = route
    }
}
