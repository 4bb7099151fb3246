import Foundation
import Glibc

@testable import Agent

/// A TCP connection to this machine that blocks its thread.
struct PlainSocket: ~Copyable {
    struct Failure: Error {}

    private let descriptor: Int32

    init(port: UInt16) throws {
        let descriptor = cunixSocket()
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafeBytes(of: &name) { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return false
            }
            return connect(descriptor, address, length) == 0
        }
        guard isConnected else {
            close(descriptor)
            throw Failure()
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends bytes and the end of the input, and returns what comes until the other side ends.
    func exchange(_ bytes: [UInt8]) throws -> String {
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure()
        }
        shutdown(descriptor, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += piece[..<count]
        }
    }
}

private func cunixSocket() -> Int32 { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
