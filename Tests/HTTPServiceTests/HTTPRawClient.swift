import Dispatch
import Glibc
import SyncCore
import Synchronization
import Testing

@testable import HTTPService

/// A client that sends exactly the bytes it is given.
final class HTTPRawClient: Sendable {
    private let descriptor: Int32

    init(port: UInt16, from source: String = "127.0.0.1") {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        withAddress(source, port: 0) { _ = bind(descriptor, $0, $1) }
        withAddress("127.0.0.1", port: port) { _ = connect(descriptor, $0, $1) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads until the server closes, or until a minute passed.
    func receiveAll() -> String { receive { _ in false } }

    /// Reads one reply whose length is given by `Content-Length`.
    func receiveReply() -> String {
        receive { text in
            guard let end = text.range(of: "\r\n\r\n") else { return false }
            let head = text[..<end.lowerBound]
            let length = head.split(separator: "\r\n").compactMap { line in
                line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
            }
            return text[end.upperBound...].utf8.count >= length.first ?? 0
        }
    }

    /// Reads what arrives within a time.
    func receiveWithin(milliseconds: Int32) -> String {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0 ? receiveAll() : ""
    }

    private func receive(until isWhole: (String) -> Bool) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            guard count > 0 else { break }
            bytes += piece[..<count]
            if isWhole(String(decoding: bytes, as: UTF8.self)) { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func withAddress(
        _ host: String, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void
    ) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

extension String {
    /// The status of a reply, or 0.
    var status: Int { Int(dropFirst(9).prefix(3)) ?? 0 }

    /// Finds the first occurrence of a text.
    func range(of text: String) -> Range<Index>? {
        ranges(of: text).first
    }
}

/// Runs blocking calls without holding one of the few threads that tasks share.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "client").async { continuation.resume(returning: body()) }
    }
}

/// Sends bytes to a server and reads what comes back until it closes.
func roundTrip(_ bytes: [UInt8], to server: HTTPServer) async -> String {
    let port = server.port
    return await onThread {
        let client = HTTPRawClient(port: port)
        client.send(bytes)
        return client.receiveAll()
    }
}

/// Runs a server for the length of a test.
func withServer(
    limits: HTTPLimits = HTTPLimits(), handler: any HTTPHandler = EchoHandler(),
    tls: HTTPServer.TLS? = nil, environment: Environment = .live(),
    _ body: (HTTPServer) async throws -> Void
) async throws {
    let server = try HTTPServer(
        listeningOn: "127.0.0.1:0", tls: tls, limits: limits, handler: handler,
        environment: environment)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        try await body(server)
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// Answers with what it was sent.
struct EchoHandler: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let text = "\(request.method.rawValue) \(request.path)?\(request.query) "
        return HTTPResponse(type: "text/plain", body: Array(text.utf8) + request.body)
    }
}

/// Answers nobody until it is told to, and then everybody.
///
/// Cancellation opens it too.
final class ParkingHandler: HTTPHandler {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            defer { state = State(isOpen: true) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            open()
        }
        return HTTPResponse(type: "text/plain", body: Array("news".utf8))
    }
}

/// Waits until something is so, and looks every millisecond.
///
/// Looking all the time would take the processor from what is waited for.
func until(_ condition: () -> Bool) async {
    for _ in 0..<60_000 {
        if condition() { return }
        await onThread { _ = poll(nil, 0, 1) }
    }
    Issue.record("What was waited for did not happen within a minute.")
}
