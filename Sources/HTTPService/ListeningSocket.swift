import CUnix
import Glibc
import SyncCore

/// A socket that accepts connections.
///
/// It listens from its creation on, so a client may connect before the server runs. The
/// descriptor is closed when the last reference goes away.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    /// Where it listens, as `127.0.0.1:8443` or `[::1]:8443`, with the port that was chosen.
    let address: String
    /// The port that was chosen.
    let port: UInt16

    /// Listens at `host:port`.
    ///
    /// An empty host means every address, IPv6 and IPv4; port 0 lets the system choose.
    ///
    /// - Throws: ``HTTPServerError`` when the address is malformed, taken or not ours.
    init(_ text: String) throws(HTTPServerError) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { throw HTTPServerError(.badAddress, address: text) }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host.isEmpty { host = "::" }

        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let entry = found else {
            throw HTTPServerError(.badAddress, address: text)
        }
        defer { freeaddrinfo(found) }
        let descriptor = try Self.open(entry.pointee, for: text)

        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let name = withUnsafeMutablePointer(to: &bound) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0 ? SocketAddress(address) : nil
            }
        }
        guard let name else {
            let failure = HTTPServerError(.cannotListen, address: text, errno: errno)
            close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
        self.port = name.port
        address =
            name.host.contains(":") ? "[\(name.host)]:\(name.port)" : "\(name.host):\(name.port)"
    }

    /// Takes over a socket that listens under a name in the file system.
    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        address = path
        port = 0
    }

    deinit {
        close(descriptor)
    }

    private static func open(_ entry: addrinfo, for text: String) throws(HTTPServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(entry.ai_family, type, 0)
        guard descriptor >= 0 else {
            throw HTTPServerError(.cannotListen, address: text, errno: errno)
        }
        func set(_ level: Int32, _ option: Int32, to value: Int32) {
            var value = value
            // Without these the socket still works, only less conveniently.
            _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(SOL_SOCKET, SO_REUSEADDR, to: 1)
        if entry.ai_family == AF_INET6 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 0) }
        guard bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0,
            listen(descriptor, backlog) == 0
        else {
            let failure = HTTPServerError(listening: text, errno: errno)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    /// How many connections the system keeps waiting.
    ///
    /// Its own maximum may be lower.
    private static let backlog: Int32 = 1024
}

/// The numeric address of one end of a connection.
struct SocketAddress: Hashable, Sendable {
    let host: String
    let port: UInt16

    /// Reads an Internet address; another kind gives nothing.
    ///
    /// An IPv4 address that arrived on an IPv6 socket is written as IPv4.
    init?(_ address: UnsafePointer<sockaddr>) {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let length = socklen_t(text.count)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let internet = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            var number = internet.sin_addr
            guard inet_ntop(AF_INET, &number, &text, length) != nil else { return nil }
            port = UInt16(bigEndian: internet.sin_port)
        case AF_INET6:
            let internet = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            var number = internet.sin6_addr
            guard inet_ntop(AF_INET6, &number, &text, length) != nil else { return nil }
            port = UInt16(bigEndian: internet.sin6_port)
        default: return nil
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = String(decoding: bytes, as: UTF8.self)
        host = name.hasPrefix("::ffff:") && name.contains(".") ? String(name.dropFirst(7)) : name
    }
}
