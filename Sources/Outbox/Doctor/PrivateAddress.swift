/// Addresses that no server on the internet has.
enum PrivateAddress {
    /// Whether an address, given as text, is private, of this machine, or of this link.
    static func holds(_ address: String) -> Bool {
        if address.contains(":") {
            let text = address.lowercased()
            // fc00::/7 (RFC 4193), fe80::/10 (RFC 4291), and this machine.
            return text == "::1" || text == "::" || text.hasPrefix("fc") || text.hasPrefix("fd")
                || ["fe8", "fe9", "fea", "feb"].contains(where: text.hasPrefix)
        }
        let parts = address.split(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4 else { return false }
        return switch (parts[0], parts[1]) {
        // RFC 1918, RFC 6598, RFC 3927, RFC 1122.
        case (0, _), (10, _), (127, _), (172, 16...31), (192, 168), (100, 64...127), (169, 254):
            true
        default: false
        }
    }
}
