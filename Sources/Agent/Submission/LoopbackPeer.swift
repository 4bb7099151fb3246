import CUnix
import Glibc

/// Finds out whose process is at the other end of a connection from this machine.
///
/// The kernel lists each socket with the login that owns it (proc(5), `/proc/net/tcp`). Only a
/// socket that some process still holds tells the truth, which its inode shows: one that was
/// closed is listed as root's.
enum LoopbackPeer {
    /// Established, or half closed by a program that has said everything.
    private static let states: Set<Substring> = ["01", "04", "05"]
    private static let listByteCountMaximum = 64 << 20

    /// The login at the other end, or nil if the kernel does not show it.
    static func uid(of descriptor: Int32) -> UInt32? {
        guard let peer = name(of: descriptor, getpeername),
            let own = name(of: descriptor, getsockname)
        else { return nil }
        // Each list is read once: the answer may be another a moment later.
        for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
            if let uid = uid(from: peer, to: own, in: read(path)) { return uid }
        }
        return nil
    }

    /// Searches a list of the kernel's.
    static func uid(from peer: [String], to own: [String], in list: String) -> UInt32? {
        for line in list.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            guard words.count > 9, peer.contains(String(words[1])), own.contains(String(words[2])),
                states.contains(words[3]), words[9] != "0"
            else { continue }
            return UInt32(words[7])
        }
        return nil
    }

    private typealias Naming = (
        Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>
    ) -> Int32

    /// An address as the kernel's lists write it, in both families' ways.
    private static func name(of descriptor: Int32, _ naming: Naming) -> [String]? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let bytes: [UInt8]? = withUnsafeMutableBytes(of: &storage) { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                naming(descriptor, start, &length) == 0
            else { return nil }
            return Array(bytes.prefix(Int(length)))
        }
        guard let bytes, bytes.count >= 8 else { return nil }
        let port = hexadecimal(bytes[2..<4])
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = hexadecimal(bytes[4..<8].reversed())
            // A program that asks for both families gets a socket of the other one.
            return ["\(address):\(port)", "0000000000000000FFFF0000\(address):\(port)"]
        case AF_INET6 where bytes.count >= 24:
            let words = (0..<4).map { hexadecimal(bytes[(8 + 4 * $0)..<(12 + 4 * $0)].reversed()) }
            return ["\(words.joined()):\(port)"]
        default: return nil
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    private static func read(_ path: String) -> String {
        let file = cunix_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count < listByteCountMaximum {
            let count = Glibc.read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
