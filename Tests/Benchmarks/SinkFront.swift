import Glibc

/// A door before Postfix's `smtp-sink` that answers AUTH PLAIN and LOGIN, with any password.
///
/// The sink answers AUTH with 250, which is neither a challenge nor success (RFC 4954 §4), and a
/// client that insists on signing in leaves. Everything else passes unchanged, both ways.
struct SinkFront {
    /// A call of the system that failed.
    struct SystemFailure: Error {
        let call: String
        let number: Int32
    }

    /// One client and the connection to the sink made for it.
    private struct Pair {
        let client: Int32
        let sink: Int32
        /// How many answers to challenges the client still has to give until it is signed in.
        var answersLeft = 0
    }

    let port: Int
    let sink: Int

    private static let backlog: Int32 = 128
    private static let bufferBytes = 65_536

    /// Serves until the process ends.
    func run() throws -> Never {
        signal(SIGPIPE, SIG_IGN)
        let listener = try makeSocket()
        try check("bind", named(port) { bind(listener, $0, $1) })
        try check("listen", listen(listener, Self.backlog))
        var pairs: [Pair] = []
        while true {
            var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for pair in pairs {
                polled.append(pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0))
                polled.append(pollfd(fd: pair.sink, events: Int16(POLLIN), revents: 0))
            }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            for index in pairs.indices.reversed() {
                let isOpen =
                    (polled[1 + 2 * index].revents == 0 || toSink(&pairs[index]))
                    && (polled[2 + 2 * index].revents == 0 || toClient(pairs[index]))
                guard !isOpen else { continue }
                close(pairs[index].client)
                close(pairs[index].sink)
                pairs.remove(at: index)
            }
            if polled[0].revents != 0 { pairs.append(try accepted(from: listener)) }
        }
    }

    private func accepted(from listener: Int32) throws -> Pair {
        let client = accept(listener, nil, nil)
        try check("accept", client)
        let server = try makeSocket()
        try check("connect", named(sink) { connect(server, $0, $1) })
        var isOn: Int32 = 1
        for each in [client, server] {
            setsockopt(
                each, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        }
        return Pair(client: client, sink: server)
    }

    private func toSink(_ pair: inout Pair) -> Bool {
        let bytes = received(from: pair.client)
        if pair.answersLeft > 0 {
            pair.answersLeft -= 1
            return !bytes.isEmpty && challenge(pair)
        }
        // A client sends AUTH alone, because it must wait for the answer.
        if bytes.starts(with: Array("AUTH ".utf8)) {
            let words = bytes.split(separator: UInt8(ascii: " "))
            let isLogin = words[1].starts(with: Array("LOGIN".utf8))
            pair.answersLeft = (isLogin ? 2 : 1) - (words.count > 2 ? 1 : 0)
            return challenge(pair)
        }
        return !bytes.isEmpty && send(bytes, to: pair.sink)
    }

    private func challenge(_ pair: Pair) -> Bool {
        let answer = pair.answersLeft > 0 ? "334 \r\n" : "235 2.7.0 Ok\r\n"
        return send(Array(answer.utf8), to: pair.client)
    }

    private func toClient(_ pair: Pair) -> Bool {
        let bytes = received(from: pair.sink)
        return !bytes.isEmpty && send(bytes, to: pair.client)
    }

    private func received(from descriptor: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.bufferBytes) { buffer, count in
            count = max(recv(descriptor, buffer.baseAddress, buffer.count, 0), 0)
        }
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return false }
            rest.removeFirst(count)
        }
        return true
    }

    private func makeSocket() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try check("socket", descriptor)
        var isOn: Int32 = 1
        setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// Calls with the address of a port on loopback.
    private func named(
        _ port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr = in_addr(s_addr: in_addr_t(INADDR_LOOPBACK).bigEndian)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, length) }
        }
    }

    private func check(_ call: String, _ result: Int32) throws {
        guard result >= 0 else { throw SystemFailure(call: call, number: errno) }
    }
}
