import CUnix
import Front
import Glibc
import SyncCore

/// A TCP socket that listens on this machine's own interface.
final class LoopbackListener: Sendable {
    /// The listening descriptor; it does not block.
    let descriptor: Int32
    /// Where it listens, with the port that was chosen.
    let address: LoopbackAddress

    private static let backlogMaximum: Int32 = 512

    /// Begins to listen.
    ///
    /// - Throws: ``SystemError``, mostly because the port is taken.
    init(_ address: LoopbackAddress) throws(SystemError) {
        let isV6 = address.host.contains(":")
        let type = Int32(
            SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(isV6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { throw .last }
        var yes: Int32 = 1
        // A port that a dead engine left in TIME_WAIT is free.
        _ = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        let port =
            isV6
            ? Self.bindV6(descriptor, address.port)
            : Self.bindV4(descriptor, address.host, address.port)
        guard let port, listen(descriptor, Self.backlogMaximum) == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        guard let chosen = LoopbackAddress("\(isV6 ? "[::1]" : address.host):\(port)") else {
            preconditionFailure("It was a loopback address before.")
        }
        self.address = chosen
    }

    deinit { close(descriptor) }

    /// Takes the next connection, or nil if none waits; the receiver owns the descriptor.
    func accept() -> Int32? {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        _ = fcntl(accepted, F_SETFL, fcntl(accepted, F_GETFL) | O_NONBLOCK)
        var yes: Int32 = 1
        _ = setsockopt(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
        return accepted
    }

    private static func bindV4(_ descriptor: Int32, _ host: String, _ port: UInt16) -> UInt16? {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &name.sin_addr) == 1 else { return nil }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &name) { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return false
            }
            return bind(descriptor, address, length) == 0
                && getsockname(descriptor, address, &length) == 0
        }
        return isBound ? UInt16(bigEndian: name.sin_port) : nil
    }

    private static func bindV6(_ descriptor: Int32, _ port: UInt16) -> UInt16? {
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_port = port.bigEndian
        name.sin6_addr = in6addr_loopback
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isBound = withUnsafeMutableBytes(of: &name) { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return false
            }
            return bind(descriptor, address, length) == 0
                && getsockname(descriptor, address, &length) == 0
        }
        return isBound ? UInt16(bigEndian: name.sin6_port) : nil
    }
}
