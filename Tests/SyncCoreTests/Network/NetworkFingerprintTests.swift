import SyncCore
import Testing

struct NetworkFingerprintTests {
    static let route = """
        Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
        wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
        eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
        eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0

        """
    static let arp = """
        IP address       HW type     Flags       HW address            Mask     Device
        10.0.0.1         0x1         0x2         02:42:ac:11:00:01     *        eth0
        10.0.0.9         0x1         0x2         02:42:ac:11:00:09     *        eth0

        """

    static func fingerprint(_ files: [String: String]) -> NetworkFingerprint {
        .current { files[String($0.dropFirst("/proc/net/".count))] }
    }

    @Test func `the same tables give the same network`() {
        let files = ["route": Self.route, "arp": Self.arp]
        #expect(Self.fingerprint(files) == Self.fingerprint(files))
        #expect(Self.fingerprint(files) != .none)
        #expect(Self.fingerprint(files).bytes.count == 16)
    }

    @Test func `only the best default route and its gateway count`() {
        let first = Self.fingerprint(["route": Self.route, "arp": Self.arp])
        let other = Self.route.replacing(
            "wlan0\t00000000\t0101A8C0", with: "wlan0\t00000000\t0201A8C0")
        #expect(Self.fingerprint(["route": other, "arp": Self.arp]) == first)
        let neighbour = Self.arp.replacing("00:09", with: "00:08")
        #expect(Self.fingerprint(["route": Self.route, "arp": neighbour]) == first)
    }

    @Test func `another gateway, interface or hardware is another network`() {
        let networks = [
            ["route": Self.route, "arp": Self.arp],
            ["route": Self.route.replacing("0100000A", with: "FE00000A"), "arp": Self.arp],
            ["route": Self.route.replacing("eth0", with: "eth1"), "arp": Self.arp],
            ["route": Self.route, "arp": Self.arp.replacing("00:01", with: "00:02")],
            ["route": Self.route],
            [
                "ipv6_route": String(repeating: "0", count: 32) + " 00 "
                    + String(repeating: "0", count: 32)
                    + " 00 fe800000000000000000000000000001"
                    + " 00000400 00000001 00000000 00000003 eth0"
            ],
            [:],
        ]
        #expect(Set(networks.map { Self.fingerprint($0) }).count == networks.count)
        #expect(Self.fingerprint([:]) == .none)
    }

    @Test(arguments: ["", "\n", "Iface\nx", "Iface\n\t\t\t\t\t\t\t\t", "\0\u{FFFD}"])
    func `tables that make no sense are no network`(table: String) {
        #expect(Self.fingerprint(["route": table, "arp": table, "ipv6_route": table]) == .none)
    }
}
