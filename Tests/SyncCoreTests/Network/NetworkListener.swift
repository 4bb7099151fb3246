import Dispatch
import Glibc
import Synchronization

/// A listener on loopback that treats every connection as its script says.
final class NetworkListener: Sendable {
    enum Script: Sendable {
        /// Reads the head of a request, sends these bytes, and closes.
        case reply(String)
        /// Reads what comes first, sends these bytes, and closes.
        case interrupt(String)
        /// Reads a little and closes with a reset.
        case reset
        /// Accepts nothing: the backlog is full, so that a connection is silently dropped.
        case drop
        /// Accepts and never says a word.
        case silence
    }

    let port: UInt16
    private let descriptor: Int32
    private let fillers: [Int32]
    private let requests = Mutex<[String]>([])

    init(_ script: Script) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let backlog: Int32 = if case .drop = script { 0 } else { 64 }
        var fillers: [Int32] = []
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length)
                listen(listener, backlog)
                getsockname(listener, address, &length)
                guard backlog == 0 else { return }
                for _ in 0..<2 {
                    let filler = socket(
                        AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
                    connect(filler, address, length)
                    fillers.append(filler)
                }
            }
        }
        descriptor = listener
        self.fillers = fillers
        port = UInt16(bigEndian: address.sin_port)
        if backlog > 0 {
            DispatchQueue(label: "listener").async { [self] in serve(script) }
        }
    }

    /// Ends the listener.
    ///
    /// Connections that wait are closed by the system.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        for filler in fillers { close(filler) }
    }

    /// The heads that were read.
    var heads: [String] { requests.withLock { $0 } }

    private func serve(_ script: Script) {
        var kept: [Int32] = []
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { break }
            switch script {
            case .reply(let text):
                let head = Self.readHead(connection)
                requests.withLock { $0.append(head) }
                Self.send(text, over: connection)
                close(connection)
            case .interrupt(let text):
                var piece = [UInt8](repeating: 0, count: 4096)
                _ = recv(connection, &piece, piece.count, 0)
                Self.send(text, over: connection)
                close(connection)
            case .reset:
                _ = Self.readHead(connection)
                var now = linger(l_onoff: 1, l_linger: 0)
                setsockopt(
                    connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
                close(connection)
            case .drop, .silence: kept.append(connection)
            }
        }
        for connection in kept { close(connection) }
        close(descriptor)
    }

    private static func send(_ text: String, over connection: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func readHead(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
