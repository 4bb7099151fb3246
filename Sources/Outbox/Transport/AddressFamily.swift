/// Which addresses of a name a connection takes.
package enum AddressFamily: String, Hashable, Sendable, CaseIterable {
    case ipv4 = "IPv4"
    case ipv6 = "IPv6"

    /// The family of an address, given as text.
    package init(of address: String) {
        self = address.contains(":") ? .ipv6 : .ipv4
    }
}
