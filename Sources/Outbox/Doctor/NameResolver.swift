import Glibc
import SyncCore

/// Asks DNS, or whatever the machine uses to find names.
///
/// The system's call blocks for as long as it likes, so it has a thread of its own, and the
/// answer is not waited for longer than ``waitMaximum``.
actor NameResolver {
    private let executor = SerialQueue(label: "syncmail.names")

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// How many addresses of one name are looked at.
    private static let addressesMaximum = 16

    /// Finds the addresses of a server.
    ///
    /// - Returns: Each address once, in the system's order of preference.
    func addresses(of host: ServerName) -> NameResolution {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        switch getaddrinfo(host.text, nil, &hints, &list) {
        case 0: break
        // glibc's "no address of this kind", which only its GNU header declares.
        case EAI_NONAME, -5: return .unknown
        default: return .failed
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next, addresses.count < Self.addressesMaximum {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count),
                nil, 0, NI_NUMERICHOST)
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let address = String(decoding: bytes, as: UTF8.self)
            if result == 0, !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .unknown : .found(addresses)
    }
}
