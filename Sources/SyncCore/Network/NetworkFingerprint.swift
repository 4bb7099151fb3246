/// Which network the device is on, as far as its default route tells.
///
/// What was learned about a network (which ports are open) is remembered under this key, so
/// that a laptop that comes back to the branch starts with the route that worked there. It is
/// a hash: it can be stored and compared, and says nothing to who reads it.
///
/// Two networks with the same gateway address differ by the gateway's hardware address, once
/// the machine has spoken to it. Before that the fingerprint is another one, which costs no
/// more than learning again.
package struct NetworkFingerprint: Hashable, Sendable {
    /// The first 16 bytes of the hash.
    package let bytes: [UInt8]

    /// A device without any default route.
    package static let none = NetworkFingerprint(of: "none")

    /// Reads the kernel's tables.
    ///
    /// - Parameter readFile: Returns the text of a file under `/proc/net`, or nothing when it
    ///   cannot be read.
    /// - Returns: The fingerprint of the default route over IPv4, or else IPv6, or ``none``.
    package static func current(readFile: (_ path: String) -> String?) -> NetworkFingerprint {
        if let (gateway, interface) = defaultRoute(readFile("/proc/net/route") ?? "") {
            let hardware = hardwareAddress(
                of: gateway, on: interface, in: readFile("/proc/net/arp") ?? "")
            return NetworkFingerprint(of: "4 \(gateway) \(interface) \(hardware ?? "unknown")")
        }
        if let (gateway, interface) = defaultRoute6(readFile("/proc/net/ipv6_route") ?? "") {
            return NetworkFingerprint(of: "6 \(gateway) \(interface)")
        }
        return none
    }

    private init(of text: String) {
        bytes = Array(Digest(of: Array("syncmail.network\0".utf8), Array(text.utf8)).bytes[..<16])
    }

    /// The gateway, as `10.0.0.1`, and the interface of the IPv4 route with the lowest metric.
    private static func defaultRoute(_ table: String) -> (gateway: String, interface: String)? {
        var best: (metric: Int, gateway: String, interface: String)?
        for line in table.split(separator: "\n").dropFirst() {
            // Iface Destination Gateway Flags RefCnt Use Metric Mask …
            let columns = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard columns.count >= 8, columns[1] == "00000000", columns[7] == "00000000",
                let flags = Int(columns[3], radix: 16), flags & 1 == 1,
                let gateway = UInt32(columns[2], radix: 16), let metric = Int(columns[6])
            else { continue }
            guard metric < best?.metric ?? .max else { continue }
            // The kernel prints the number as it lies in memory.
            let parts = withUnsafeBytes(of: gateway) { $0.map(String.init) }
            best = (metric, parts.joined(separator: "."), String(columns[0]))
        }
        return best.map { ($0.gateway, $0.interface) }
    }

    private static func defaultRoute6(_ table: String) -> (gateway: String, interface: String)? {
        var best: (metric: UInt32, gateway: String, interface: String)?
        for line in table.split(separator: "\n") {
            // destination length source length next-hop metric refcount use flags interface
            let columns = line.split(separator: " ")
            guard columns.count >= 10, columns[0].allSatisfy({ $0 == "0" }), columns[1] == "00",
                columns[9] != "lo", let metric = UInt32(columns[5], radix: 16),
                metric < best?.metric ?? .max
            else { continue }
            best = (metric, String(columns[4]), String(columns[9]))
        }
        return best.map { ($0.gateway, $0.interface) }
    }

    private static func hardwareAddress(
        of address: String, on interface: String, in table: String
    ) -> String? {
        for line in table.split(separator: "\n").dropFirst() {
            // IP address, HW type, Flags, HW address, Mask, Device
            let columns = line.split(separator: " ")
            guard columns.count >= 6, columns[0] == address, columns[5] == interface,
                columns[3] != "00:00:00:00:00:00"
            else { continue }
            return columns[3].lowercased()
        }
        return nil
    }
}
